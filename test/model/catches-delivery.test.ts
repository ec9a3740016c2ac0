import { describe } from 'vitest';
import { itCatches } from './catches.ts';
import { DELIVERY_DEFECTS } from './delivery-defects.ts';

describe('the model catches', () => itCatches(DELIVERY_DEFECTS));
