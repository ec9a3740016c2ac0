/** Loaded by a function's process before its code. Gives it the test's clock, which `MOVED_CLOCK` names. */
import { readFileSync } from 'node:fs';

const file = process.env.MOVED_CLOCK ?? '';
const now = Date.now;
Date.now = () => now() + Number(readFileSync(file, 'utf8'));
