import { setTimeout as delay } from 'node:timers/promises';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { readLog } from '../../archive/read-log.ts';
import { attemptIn } from './log-line.ts';

export interface LogPlace {
  readonly client: CloudWatchLogsClient;
  /** Of the webhook's function. */
  readonly logGroup: string;
  /** Ends what is under way for nobody in particular. */
  readonly signal: AbortSignal;
  /** Epoch ms. Default: the clock. */
  readonly now?: () => number;
}

/** What CloudWatch may take until a line can be read. */
export const LOG_LAG_MS = 30_000;

const PATTERN = '{ $.outcome = "conflict" }';
/** As `inbound-sms list --conflicts`: the logs are searched from one end to the other. */
const SPAN_MS = 7 * 86_400_000;
/** Logs are looked at again after this time. */
const FRESH_MS = 10_000;
/** A long search goes on while people see what has been found so far. */
const WAIT_MS = 2_000;

/** The refused messages of the webhook's log, counted by their ids. */
export class LogConflicts {
  readonly #log: LogPlace;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  /** The lines that were counted and may be read again. */
  readonly #seen = new Map<string, number>();
  #readTo: number;
  #startedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(log: LogPlace) {
    this.#log = log;
    this.#now = log.now ?? Date.now;
    this.#readTo = this.#now() - SPAN_MS + LOG_LAG_MS;
  }

  /** What is known so far: it waits for the logs, but not for long. */
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

  /** There is one more in the log. */
  expectMore(): void {
    this.#startedAt = Number.NEGATIVE_INFINITY;
  }

  async #read(): Promise<void> {
    const { client, logGroup, signal } = this.#log;
    const begunAt = this.#now();
    const search = { group: logGroup, since: this.#readTo - LOG_LAG_MS, pattern: PATTERN };
    for await (const line of readLog(client, search, signal)) {
      const { outcome, message_id } = attemptIn(line) ?? {};
      if (outcome !== 'conflict' || message_id === undefined || this.#seen.has(line.id)) continue;
      this.#seen.set(line.id, line.time);
      const count = this.#counts.get(message_id) ?? 0;
      // The last refused is last.
      this.#counts.delete(message_id);
      this.#counts.set(message_id, count + 1);
    }
    this.#readTo = begunAt;
    for (const [id, time] of this.#seen) {
      if (time < begunAt - LOG_LAG_MS) this.#seen.delete(id);
    }
  }
}
