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
