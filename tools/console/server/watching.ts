import { setTimeout as delay } from 'node:timers/promises';

/** Reports a failure after which the console continues. `what` completes "The console cannot …". */
export type ReportFailure = (what: string, error: unknown) => void;

/** Reports to the operator at the terminal. The page says only that something failed. */
export const reportOnStderr: ReportFailure = (what, error) => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  console.error(`The console cannot ${what}: ${name}: ${message}`);
};

/** Listeners to one source. `start` runs for the first listener, and is disposed of after the last one. */
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
    // A new function each time, because the same listener may be added twice.
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

/** Runs tasks one after the other. */
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
  /** The name of the work. It completes "The console cannot …". */
  readonly what: string;
  readonly reportFailure: ReportFailure;
}

/**
 * Repeats the work until it is disposed of. While the work fails, the pauses grow, and only the first failure is
 * reported.
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
