import { describe } from 'vitest';
import { itCatches } from './catches.ts';
import { ACCEPTANCE_DEFECTS, KEEPING_DEFECTS } from './quarantine-defects.ts';

describe('the model catches', () => itCatches([...KEEPING_DEFECTS, ...ACCEPTANCE_DEFECTS]));
