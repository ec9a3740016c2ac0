/** Loaded by a process of a function before its code: gives it the clock of the test, which `MOVED_CLOCK` holds. */
import { readFileSync } from 'node:fs';

const file = process.env.MOVED_CLOCK ?? '';
const now = Date.now;
Date.now = () => now() + Number(readFileSync(file, 'utf8'));
