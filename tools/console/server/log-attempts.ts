import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt, KnownAttempts } from '../protocol.ts';
import {
  ATTEMPTS_SPAN_MS,
  AttemptMemory,
  type Attempts,
  byTime,
  countConflict,
} from './attempts.ts';
import { createQueue, type ReportFailure, startPolling } from './watching.ts';
import { LOG_LAG_MS, type LogPlace, WebhookLog } from './webhook-log.ts';

export interface LogAttemptsOptions extends LogPlace {
  /** How often the log is read while somebody watches, ms. */
  readonly pollMs: number;
  readonly reportFailure: ReportFailure;
  /** Attempts of the last minutes that are kept. Default: 10,000. */
  readonly maxRecent?: number;
}

/** How far back the recent attempts go. */
const RECENT_MS = 15 * 60_000;
/** The newest attempts are read first, in portions, until there are enough. */
const PORTION_MS = 3 * 60_000;
/** After this time, a search returns what it has found. The first attempts are found first. */
const SEARCH_LIMIT_MS = 15_000;

/** The requests to a deployed webhook, from its log. */
export class LogAttempts implements Attempts {
  readonly #options: LogAttemptsOptions & Required<Pick<LogAttemptsOptions, 'now' | 'maxRecent'>>;
  readonly #log: WebhookLog;
  readonly #conflicts: LogConflicts;
  readonly #memory: AttemptMemory;
  /** Reads run one after the other, so that no line is counted twice. */
  readonly #inTurn = createQueue();

  constructor(options: LogAttemptsOptions) {
    const { now = Date.now, maxRecent = 10_000, pollMs, reportFailure } = options;
    this.#options = { ...options, now, maxRecent };
    this.#log = new WebhookLog(options);
    this.#conflicts = new LogConflicts(options);
    const polling = { intervalMs: pollMs, what: 'read the log of the webhook', reportFailure };
    const whileWatched = () => startPolling((signal) => this.#catchUp(signal), polling);
    const memory = { maxCount: maxRecent, maxAgeMs: RECENT_MS, now };
    this.#memory = new AttemptMemory({ ...memory, whileWatched });
  }

  readonly spanMs = RECENT_MS;

  async recent(signal: AbortSignal): Promise<KnownAttempts> {
    await this.#catchUp(signal);
    return this.#memory.recent();
  }

  of(messageId: string, since: number, signal: AbortSignal): Promise<readonly Attempt[]> {
    const times = { since, until: since + ATTEMPTS_SPAN_MS };
    return this.#search('message_id', messageId, times, signal);
  }

  ofRefused(
    quarantineId: string,
    times: { readonly since: number; readonly until: number },
    signal: AbortSignal,
  ): Promise<readonly Attempt[]> {
    return this.#search('quarantine_id', quarantineId, times, signal);
  }

  conflicts(): Promise<ReadonlyMap<string, number>> {
    return this.#conflicts.counts();
  }

  watch(listener: (attempt: Attempt) => void): Disposable {
    return this.#memory.watch(listener);
  }

  /** The attempts with this value in a field that are found in time. */
  async #search(
    field: 'message_id' | 'quarantine_id',
    value: string,
    times: { readonly since: number; readonly until: number },
    signal: AbortSignal,
  ): Promise<readonly Attempt[]> {
    const limit = AbortSignal.timeout(SEARCH_LIMIT_MS);
    const pattern = `{ $.${field} = "${value.replace(/["\\]/g, '\\$&')}" }`;
    const found: Attempt[] = [];
    try {
      const log = new WebhookLog(this.#options);
      const search = { ...times, pattern };
      for await (const attempt of log.read(search, AbortSignal.any([signal, limit]))) {
        // In a pattern, a `*` of an id would match anything.
        if (attempt[field] === value) found.push(attempt);
      }
    } catch (error) {
      if (signal.aborted || !limit.aborted) throw error;
    }
    return found.sort(byTime);
  }

  #catchUp(signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => {
      signal.throwIfAborted();
      const isRecent = this.#options.now() - this.#log.readTo < RECENT_MS;
      return isRecent ? this.#readNew(signal) : this.#readAll(signal);
    });
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const { now, maxRecent } = this.#options;
    const begunAt = now();
    let until: number | undefined;
    let count = 0;
    this.#memory.clear();
    this.#log.restart(Number.NEGATIVE_INFINITY);
    for (let age = PORTION_MS; age <= RECENT_MS && count < maxRecent; age += PORTION_MS) {
      const since = begunAt - age;
      const portion: Attempt[] = [];
      for await (const attempt of this.#log.read({ since, until }, signal)) portion.push(attempt);
      this.#memory.remember(portion, since);
      count += portion.length;
      until = since;
    }
    this.#log.readUntil(begunAt);
  }

  async #readNew(signal: AbortSignal): Promise<void> {
    for await (const attempt of this.#log.readOn(signal)) {
      if (attempt.outcome === 'conflict') this.#conflicts.expectMore();
      this.#memory.add(attempt);
    }
  }
}

const CONFLICTS = '{ $.outcome = "conflict" }';
/** The same as for `inbound-sms list --conflicts`, because a search reads all of the log. */
const SPAN_MS = 7 * 86_400_000;
/** After this time, the log is searched again. */
const FRESH_MS = 10_000;
/** After this time, the page shows the conflicts found so far, and the search continues. */
const WAIT_MS = 2_000;

/** The conflicts in the webhook's log, counted by id. */
export class LogConflicts {
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #log: WebhookLog;
  readonly #counts = new Map<string, number>();
  #startedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(place: LogPlace) {
    this.#signal = place.signal;
    this.#now = place.now ?? Date.now;
    this.#log = new WebhookLog(place);
    this.#log.restart(this.#now() - SPAN_MS + LOG_LAG_MS);
  }

  /** The known conflicts. Waits for the log, but not for long. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    if (!this.#reading && this.#now() - this.#startedAt >= FRESH_MS) {
      this.#startedAt = this.#now();
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
      this.#reading.catch(() => {});
    }
    const waited = new AbortController();
    const { signal } = waited;
    await Promise.race([this.#reading, delay(WAIT_MS, undefined, { signal }).catch(() => {})]);
    waited.abort();
    return this.#counts;
  }

  /** The log has a new conflict, so the next call searches again. */
  expectMore(): void {
    this.#startedAt = Number.NEGATIVE_INFINITY;
  }

  async #read(): Promise<void> {
    for await (const { outcome, message_id } of this.#log.readOn(this.#signal, CONFLICTS)) {
      if (outcome === 'conflict' && message_id !== undefined) {
        countConflict(this.#counts, message_id);
      }
    }
  }
}
