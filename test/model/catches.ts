import { expect, it } from 'vitest';
import { checkGuarantee } from './check.ts';
import type { Defect } from './defect.ts';
import { Violation } from './invariants.ts';

const SEED = 20260101;
/** Enough schedules to find each defect. Most need far fewer. */
const RUNS = 6_000;
/** On a machine that does other things as well. */
const TIMEOUT_MS = 400_000;

/** The model finds each defect, by an invariant and not by code that no longer runs. */
export function itCatches(defects: readonly Defect[]): void {
  it.each(defects)(
    'code that $name',
    async (defect) => {
      const checking = checkGuarantee({ runs: RUNS, seed: SEED, shrinks: false, defect });
      const found = await checking.then(
        () => undefined,
        (error: Error) => error.cause,
      );
      expect(found).toBeInstanceOf(Violation);
    },
    TIMEOUT_MS,
  );
}
