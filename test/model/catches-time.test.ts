import { describe } from 'vitest';
import { itCatches } from './catches.ts';
import { TIME_DEFECTS } from './sweep-defects.ts';

describe('the model catches', () => itCatches(TIME_DEFECTS));
