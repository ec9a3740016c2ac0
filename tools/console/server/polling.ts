import { setTimeout as delay } from 'node:timers/promises';
import type { ReportFailure } from './report-failure.ts';

const MAX_DELAY_MS = 60_000;

interface PollingOptions {
  readonly intervalMs: number;
  /** What the work is: completes "The console cannot …". */
  readonly what: string;
  readonly reportFailure: ReportFailure;
}

/**
 * Does the work again and again until it is disposed of. While the work fails it waits longer and
 * longer, and reports the first failure only.
 */
export function startPolling(
  work: (signal: AbortSignal) => Promise<void>,
  { intervalMs, what, reportFailure }: PollingOptions,
): Disposable {
  const ending = new AbortController();
  const { signal } = ending;
  const run = async () => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await work(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (failures++ === 0) reportFailure(what, error);
      }
      const wait = Math.max(intervalMs, Math.min(intervalMs * 2 ** failures, MAX_DELAY_MS));
      await delay(wait, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  void run();
  return { [Symbol.dispose]: () => ending.abort() };
}
