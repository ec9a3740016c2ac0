import { setTimeout as delay } from 'node:timers/promises';

type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>;

/** Spreads work evenly: never more than so many a second. */
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

  /** Resolves when `count` more may begin. @throws Once the signal has aborted. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = this.#now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + count * this.#intervalMs;
    if (at > now) await this.#sleep(at - now, signal);
  }
}

/**
 * Does the work for each item, so many at once; the source is read no faster than that.
 *
 * @throws What the first work that fails throws, once those that were under way have ended.
 */
export async function inParallel<T>(
  source: Iterable<T> | AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  // All share one generator: each takes the next item, and the first that fails ends it.
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

/** What a source yields, in arrays of this size; the last may be smaller. */
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
