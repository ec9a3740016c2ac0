import { onTestFinished, vi } from 'vitest';

/**
 * Timers that never fire, until the test is over. Not Vitest's: a spy on those brings them back when the next
 * file begins.
 */
export function stillTimers() {
  const begun = vi
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation((() => ({})) as unknown as typeof setTimeout);
  const cleared = vi.spyOn(globalThis, 'clearTimeout').mockImplementation(() => {});
  onTestFinished(() => {
    begun.mockRestore();
    cleared.mockRestore();
  });
  return {
    /** Of each that was begun, ms. */
    limits: () => begun.mock.calls.map(([, ms]) => ms),
    /** Has those that were begun with this limit fire, ms. */
    fire: (limit: number) => {
      for (const [callback, ms] of begun.mock.calls) if (ms === limit) callback();
    },
    /** Those that run on. */
    left: () => {
      const over = new Set<unknown>(cleared.mock.calls.map(([timer]) => timer));
      return begun.mock.results.filter(({ value }) => !over.has(value)).length;
    },
  };
}
