import { describe } from 'vitest';
import { itCatches } from './catches.ts';
import { SWEEP_DEFECTS } from './sweep-defects.ts';

describe('the model catches', () => itCatches(SWEEP_DEFECTS));
