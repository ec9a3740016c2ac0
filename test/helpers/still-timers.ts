import { onTestFinished, vi } from 'vitest';

/**
 * Timers that never fire, until the test ends. These are not Vitest's, which a spy on them would bring back
 * when the next file begins.
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
    /** The times of all started timers, ms. */
    limits: () => begun.mock.calls.map(([, ms]) => ms),
    /** Fires the started timers with this time, ms. */
    fire: (limit: number) => {
      for (const [callback, ms] of begun.mock.calls) if (ms === limit) callback();
    },
    /** The timers that are still running. */
    left: () => {
      const over = new Set<unknown>(cleared.mock.calls.map(([timer]) => timer));
      return begun.mock.results.filter(({ value }) => !over.has(value)).length;
    },
  };
}
