import { describe, expect, it } from 'vitest';
import { checkGuarantee } from './check.ts';

const RUNS = 10_000;

describe('the guarantee', () => {
  it(`holds in ${RUNS} schedules of attempts, sweeps, faults, crashes and time`, async () => {
    const seed = Number(process.env.GUARANTEE_SEED ?? Date.now() % 2 ** 31);
    console.log(`${RUNS} schedules, GUARANTEE_SEED=${seed}`);
    await expect(checkGuarantee({ runs: RUNS, seed })).resolves.toBeUndefined();
  }, 600_000);
});
