import { setTimeout as delay } from 'node:timers/promises';

type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>;

/** Limits work to a rate per second, evenly. */
export class Pacer {
  readonly #intervalMs: number;
  readonly #now: () => number;
  readonly #sleep: Sleep;
  #nextAt = Number.NEGATIVE_INFINITY;

  /** @param perSecond Above 0; `Infinity` does not wait at all. */
  constructor(
    perSecond: number,
    now: () => number = () => performance.now(),
    sleep: Sleep = (ms, signal) => delay(ms, undefined, { signal }),
  ) {
    this.#intervalMs = 1000 / perSecond;
    this.#now = now;
    this.#sleep = sleep;
  }

  /** Resolves when `count` more items may begin. @throws Once the signal has aborted. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = this.#now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + count * this.#intervalMs;
    if (at > now) await this.#sleep(at - now, signal);
  }
}

/**
 * Does the work for each item, up to `atOnce` in parallel. It reads the source no faster than that.
 *
 * @throws The first error, after the running work has ended.
 */
export async function inParallel<T>(
  source: Iterable<T> | AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  // All workers share one generator. Each takes the next item, and the first failure ends it.
  const items = (async function* () {
    yield* source;
  })();
  const worker = async () => {
    for await (const item of items) await work(item);
  };
  await Promise.all(
    Array.from({ length: atOnce }, () => worker().catch((error) => failures.push(error))),
  );
  if (failures.length > 0) throw failures[0];
}

/** The source's items in arrays of this size. The last one may be smaller. */
export async function* inBatches<T>(
  source: Iterable<T> | AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
