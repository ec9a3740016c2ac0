import { describe } from 'vitest';
import { itCatches } from './catches.ts';
import { STORE_DEFECTS } from './delivery-defects.ts';

describe('the model catches', () => itCatches(STORE_DEFECTS));
