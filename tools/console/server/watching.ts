import { setTimeout as delay } from 'node:timers/promises';

/** Reports a failure that the console survives. `what` is what it was about to do. */
export type ReportFailure = (what: string, error: unknown) => void;

/** For the operator, who sees the terminal; the page says only that something failed. */
export const reportOnStderr: ReportFailure = (what, error) => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  console.error(`The console cannot ${what}: ${name}: ${message}`);
};

/** Listeners to one thing. `start` runs when the first comes, and is disposed of when the last goes. */
export class Listeners<Told extends unknown[]> {
  readonly #listeners = new Set<(...told: Told) => void>();
  readonly #start: (() => Disposable) | undefined;
  #running: Disposable | undefined;

  constructor(start?: () => Disposable) {
    this.#start = start;
  }

  readonly tell = (...told: Told): void => {
    for (const listener of this.#listeners) listener(...told);
  };

  readonly add = (listener: (...told: Told) => void): Disposable => {
    // A new function each time: the same listener may be given twice.
    const own = (...told: Told) => listener(...told);
    this.#listeners.add(own);
    this.#running ??= this.#start?.();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(own);
        if (this.#listeners.size > 0) return;
        this.#running?.[Symbol.dispose]();
        this.#running = undefined;
      },
    };
  };
}

/** Runs what it is given one after the other. */
export function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}

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
