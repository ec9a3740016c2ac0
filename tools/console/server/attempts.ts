import type { Attempt, KnownAttempts } from '../protocol.ts';
import { Listeners } from './watching.ts';

/** The PBX gives up within this time; a later request with the same id is a conflict or a mistake. */
export const ATTEMPTS_SPAN_MS = 3 * 86_400_000;

/** The requests to the webhook that are known. */
export interface Attempts {
  /** How far back {@link recent} goes at most, ms; 0 where nothing tells of requests. */
  readonly spanMs: number;
  recent(signal: AbortSignal): Promise<KnownAttempts>;
  /**
   * Those of one message, in order of time.
   *
   * @param since There are none before, epoch ms.
   */
  of(messageId: string, since: number, signal: AbortSignal): Promise<readonly Attempt[]>;
  /**
   * Those of a request that was refused and kept, in order of time.
   *
   * @param since There are none before, epoch ms.
   * @param until There are none from then on, epoch ms.
   */
  ofRefused(
    quarantineId: string,
    times: { readonly since: number; readonly until: number },
    signal: AbortSignal,
  ): Promise<readonly Attempt[]>;
  /** How often a different message was refused under each id, the last refused at the end. */
  conflicts(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Calls back for each from now on. It costs nothing while nobody watches. */
  watch(listener: (attempt: Attempt) => void): Disposable;
}

interface AttemptMemoryOptions {
  /** Default: 10,000. */
  readonly maxCount?: number;
  /** Default: an hour. */
  readonly maxAgeMs?: number;
  readonly now?: () => number;
  /** Starts what runs from the first who watches to the last. */
  readonly whileWatched?: () => Disposable;
}

/** Ids of which conflicts are remembered: the last refused. */
const MAX_CONFLICTS = 10_000;

/** The newest attempts, in memory. Conflicts stay counted when their attempts are forgotten. */
export class AttemptMemory implements Attempts {
  readonly #options: Required<Pick<AttemptMemoryOptions, 'maxCount' | 'maxAgeMs' | 'now'>>;
  readonly #listeners: Listeners<[Attempt]>;
  readonly #conflicts = new Map<string, number>();
  #attempts: Attempt[] = [];
  /** What came before is not known. */
  #since: number;

  constructor({ whileWatched, ...options }: AttemptMemoryOptions = {}) {
    this.#options = { maxCount: 10_000, maxAgeMs: 3_600_000, now: Date.now, ...options };
    this.#listeners = new Listeners(whileWatched);
    this.#since = this.#options.now();
  }

  get spanMs(): number {
    return this.#options.maxAgeMs;
  }

  /** Remembers a request that has just been answered, and tells the listeners. */
  add(attempt: Attempt): void {
    this.remember([attempt]);
    this.#listeners.tell(attempt);
  }

  /**
   * Remembers earlier requests without telling the listeners.
   *
   * @param since They are all there were since then, epoch ms.
   */
  remember(attempts: readonly Attempt[], since = this.#since): void {
    this.#since = Math.min(this.#since, since);
    this.#attempts.push(...attempts);
    for (const { outcome, message_id } of attempts) {
      if (outcome !== 'conflict' || message_id === undefined) continue;
      countConflict(this.#conflicts, message_id);
      const [oldest = ''] = this.#conflicts.keys();
      if (this.#conflicts.size > MAX_CONFLICTS) this.#conflicts.delete(oldest);
    }
    // At twice the maximum, so that not every new attempt sorts all of them.
    if (this.#attempts.length > 2 * this.#options.maxCount) this.#forget();
  }

  /** Begins anew: nothing from before is known. */
  clear(): void {
    this.#attempts = [];
    this.#since = this.#options.now();
  }

  async recent(): Promise<KnownAttempts> {
    this.#forget();
    return { since: this.#since, attempts: [...this.#attempts] };
  }

  async of(messageId: string): Promise<readonly Attempt[]> {
    return this.#attempts.filter(({ message_id }) => message_id === messageId).toSorted(byTime);
  }

  async ofRefused(quarantineId: string): Promise<readonly Attempt[]> {
    return this.#attempts
      .filter(({ quarantine_id }) => quarantine_id === quarantineId)
      .toSorted(byTime);
  }

  async conflicts(): Promise<ReadonlyMap<string, number>> {
    return this.#conflicts;
  }

  watch(listener: (attempt: Attempt) => void): Disposable {
    return this.#listeners.add(listener);
  }

  #forget(): void {
    const { now, maxAgeMs, maxCount } = this.#options;
    const since = now() - maxAgeMs;
    const young = this.#attempts.filter(({ at }) => at >= since);
    // Earlier requests may have been remembered after newer ones.
    this.#attempts = young.sort(byTime).slice(-maxCount);
    this.#since = Math.max(this.#since, since);
    const [oldest] = this.#attempts;
    if (oldest && young.length > maxCount) this.#since = Math.max(this.#since, oldest.at);
  }
}

/** The last refused is last. */
export function countConflict(counts: Map<string, number>, messageId: string): void {
  const count = counts.get(messageId) ?? 0;
  counts.delete(messageId);
  counts.set(messageId, count + 1);
}

export function byTime(a: { readonly at: number }, b: { readonly at: number }): number {
  return a.at - b.at;
}
