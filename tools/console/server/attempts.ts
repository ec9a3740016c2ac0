import type { Attempt } from '../protocol.ts';

/** The requests to the webhook, as far as they are known. */
export interface Attempts {
  /** Those of the last hour at most, in order of time. */
  recent(signal: AbortSignal): Promise<readonly Attempt[]>;
  /**
   * Those of one message, in order of time.
   *
   * @param since There are none before, epoch ms.
   */
  of(messageId: string, since: number, signal: AbortSignal): Promise<readonly Attempt[]>;
  /** How often another message was refused under each id, the last refused at the end. */
  conflicts(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Calls back for each from now on. It costs nothing while nobody watches. */
  watch(listener: AttemptListener): Disposable;
}

export type AttemptListener = (attempt: Attempt) => void;

const DEFAULT_AGE_MS = 3_600_000;
const DEFAULT_COUNT = 10_000;
/** Ids of which conflicts are remembered: the last refused. */
const MAX_CONFLICTS = 10_000;

/** Attempts in memory: the newest, and what is left of older ones. */
export class AttemptMemory implements Attempts {
  readonly #maxCount: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  #attempts: Attempt[] = [];
  readonly #conflicts = new Map<string, number>();
  readonly #listeners = new Set<AttemptListener>();

  constructor(
    options: {
      readonly maxCount?: number;
      readonly maxAgeMs?: number;
      readonly now?: () => number;
    } = {},
  ) {
    this.#maxCount = options.maxCount ?? DEFAULT_COUNT;
    this.#maxAgeMs = options.maxAgeMs ?? DEFAULT_AGE_MS;
    this.#now = options.now ?? Date.now;
  }

  /** Remembers one that has just been answered, and tells whoever watches. */
  add(attempt: Attempt): void {
    this.remember([attempt]);
    for (const listener of this.#listeners) listener(attempt);
  }

  /** Remembers some of before, of which nobody is told. */
  remember(attempts: readonly Attempt[]): void {
    this.#attempts.push(...attempts);
    for (const { outcome, message_id } of attempts) {
      if (outcome === 'conflict' && message_id !== undefined) this.#countConflict(message_id);
    }
    // Twice as many, so that not each one moves all the others.
    if (this.#attempts.length > 2 * this.#maxCount) this.#forget();
  }

  async recent(): Promise<readonly Attempt[]> {
    this.#forget();
    return [...this.#attempts];
  }

  async of(messageId: string): Promise<readonly Attempt[]> {
    return this.#attempts.filter(({ message_id }) => message_id === messageId).toSorted(byTime);
  }

  async conflicts(): Promise<ReadonlyMap<string, number>> {
    return this.#conflicts;
  }

  watch(listener: AttemptListener): Disposable {
    // Another one each time: the same listener may be given twice.
    const own: AttemptListener = (attempt) => listener(attempt);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  #countConflict(messageId: string): void {
    const count = this.#conflicts.get(messageId) ?? 0;
    this.#conflicts.delete(messageId);
    this.#conflicts.set(messageId, count + 1);
    const [oldest] = this.#conflicts.keys();
    if (this.#conflicts.size > MAX_CONFLICTS && oldest !== undefined) {
      this.#conflicts.delete(oldest);
    }
  }

  #forget(): void {
    const since = this.#now() - this.#maxAgeMs;
    const young = this.#attempts.filter(({ at }) => at >= since);
    // Those of before may have been remembered after newer ones.
    this.#attempts = young.sort(byTime).slice(-this.#maxCount);
  }
}

function byTime(a: Attempt, b: Attempt): number {
  return a.at - b.at;
}
