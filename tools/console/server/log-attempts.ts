import { type LogSearch, readLog } from '../../archive/read-log.ts';
import type { Attempt } from '../protocol.ts';
import { type AttemptListener, AttemptMemory, type Attempts } from './attempts.ts';
import { LOG_LAG_MS, LogConflicts, type LogPlace } from './log-conflicts.ts';
import { attemptIn } from './log-line.ts';
import type { ReportFailure } from './watching.ts';
import { startPolling } from './watching.ts';

export interface LogAttemptsOptions extends LogPlace {
  /** How often the log is read while somebody watches, ms. */
  readonly pollMs: number;
  readonly reportFailure: ReportFailure;
  /** Of the last minutes. Default: 10,000. */
  readonly maxRecent?: number;
}

/** How far back what has just happened goes. */
const RECENT_MS = 15 * 60_000;
const MAX_RECENT = 10_000;
/** The newest are read first, in portions, until there are enough. */
const PORTION_MS = 3 * 60_000;
/** The PBX gives up before; a later request with the same id is a conflict or a mistake. */
const ATTEMPTS_SPAN_MS = 3 * 86_400_000;
/** Then what was found is shown: the first attempts are found first. */
const SEARCH_LIMIT_MS = 15_000;

/** The requests to a deployed webhook, out of the lines that it logs. */
export class LogAttempts implements Attempts {
  readonly #options: LogAttemptsOptions;
  readonly #now: () => number;
  readonly #maxRecent: number;
  readonly #conflicts: LogConflicts;
  #memory: AttemptMemory;
  /** The lines that were taken in and may be read again, with their times. */
  readonly #seen = new Map<string, number>();
  readonly #listeners = new Set<AttemptListener>();
  #readTo = Number.NEGATIVE_INFINITY;
  #turn: Promise<unknown> = Promise.resolve();
  #polling: Disposable | undefined;

  constructor(options: LogAttemptsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#maxRecent = options.maxRecent ?? MAX_RECENT;
    this.#conflicts = new LogConflicts(options);
    this.#memory = this.#newMemory();
  }

  async recent(signal: AbortSignal): Promise<readonly Attempt[]> {
    await this.#catchUp(signal);
    return this.#memory.recent();
  }

  async of(messageId: string, since: number, signal: AbortSignal): Promise<readonly Attempt[]> {
    const limit = AbortSignal.timeout(SEARCH_LIMIT_MS);
    const search = {
      since,
      until: since + ATTEMPTS_SPAN_MS,
      pattern: `{ $.message_id = "${messageId.replace(/["\\]/g, '\\$&')}" }`,
    };
    const found: Attempt[] = [];
    try {
      for await (const { attempt } of this.#read(search, AbortSignal.any([signal, limit]))) {
        // A `*` of the id stands for anything in a pattern.
        if (attempt.message_id === messageId) found.push(attempt);
      }
    } catch (error) {
      if (signal.aborted || !limit.aborted) throw error;
    }
    return found.sort((a, b) => a.at - b.at);
  }

  conflicts(): Promise<ReadonlyMap<string, number>> {
    return this.#conflicts.counts();
  }

  watch(listener: AttemptListener): Disposable {
    const own: AttemptListener = (attempt) => listener(attempt);
    this.#listeners.add(own);
    const { pollMs, reportFailure } = this.#options;
    this.#polling ??= startPolling((signal) => this.#catchUp(signal), {
      intervalMs: pollMs,
      what: 'read the log of the webhook',
      reportFailure,
    });
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(own);
        if (this.#listeners.size > 0) return;
        this.#polling?.[Symbol.dispose]();
        this.#polling = undefined;
      },
    };
  }

  /** One reading after the other, whoever asks for it: no line must be taken in twice. */
  #catchUp(signal: AbortSignal): Promise<void> {
    const result = this.#turn.then(() => {
      signal.throwIfAborted();
      const isRecent = this.#now() - this.#readTo < RECENT_MS;
      return isRecent ? this.#readNew(signal) : this.#readAll(signal);
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const memory = this.#newMemory();
    const begunAt = this.#now();
    let until: number | undefined;
    let count = 0;
    this.#seen.clear();
    for (let age = PORTION_MS; age <= RECENT_MS && count < this.#maxRecent; age += PORTION_MS) {
      const since = begunAt - age;
      const portion: Attempt[] = [];
      for await (const { attempt, id } of this.#read({ since, until }, signal)) {
        if (this.#isNew(id, attempt)) portion.push(attempt);
      }
      memory.remember(portion);
      count += portion.length;
      until = since;
    }
    this.#memory = memory;
    this.#readUntil(begunAt);
  }

  async #readNew(signal: AbortSignal): Promise<void> {
    const begunAt = this.#now();
    const since = this.#readTo - LOG_LAG_MS;
    for await (const { attempt, id } of this.#read({ since }, signal)) {
      if (!this.#isNew(id, attempt)) continue;
      this.#memory.remember([attempt]);
      if (attempt.outcome === 'conflict') this.#conflicts.expectMore();
      for (const listener of this.#listeners) listener(attempt);
    }
    this.#readUntil(begunAt);
  }

  #isNew(id: string, { at }: Attempt): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, at);
    return true;
  }

  #readUntil(time: number): void {
    this.#readTo = time;
    for (const [id, at] of this.#seen) if (at < time - LOG_LAG_MS) this.#seen.delete(id);
  }

  async *#read(search: Omit<LogSearch, 'group'>, signal: AbortSignal) {
    const { client, logGroup: group } = this.#options;
    for await (const line of readLog(client, { ...search, group }, signal)) {
      const attempt = attemptIn(line);
      if (attempt) yield { attempt, id: line.id };
    }
  }

  #newMemory(): AttemptMemory {
    return new AttemptMemory({ maxCount: this.#maxRecent, maxAgeMs: RECENT_MS, now: this.#now });
  }
}
