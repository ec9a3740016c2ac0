import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ANSWERS, type Outcome } from '../../../lib/http/outcomes.ts';
import { type LogLine, type LogSearch, readLog } from '../../archive/read-log.ts';
import type { Attempt } from '../protocol.ts';

export interface LogPlace {
  readonly client: CloudWatchLogsClient;
  /** The log group of the webhook's function. */
  readonly logGroup: string;
  /** Ends reads that do not belong to one request, when the console ends. */
  readonly signal: AbortSignal;
  /** Epoch ms. Default: the clock. */
  readonly now?: () => number;
}

/** The time that CloudWatch may need until a line can be read. */
export const LOG_LAG_MS = 30_000;

/** Reads the requests in the webhook's log, each once. */
export class WebhookLog {
  readonly #place: LogPlace;
  /** All lines up to this time were read, except late ones. */
  #readTo = Number.NEGATIVE_INFINITY;
  /** Lines that may be read a second time, with their times. */
  readonly #seen = new Map<string, number>();

  constructor(place: LogPlace) {
    this.#place = place;
  }

  get readTo(): number {
    return this.#readTo;
  }

  /** Starts again from this time. */
  restart(readTo: number): void {
    this.#readTo = readTo;
    this.#seen.clear();
  }

  async *read(search: Omit<LogSearch, 'group'>, signal: AbortSignal): AsyncGenerator<Attempt> {
    const { client, logGroup: group } = this.#place;
    for await (const line of readLog(client, { ...search, group }, signal)) {
      const attempt = attemptIn(line);
      if (!attempt || this.#seen.has(line.id)) continue;
      this.#seen.set(line.id, line.time);
      yield attempt;
    }
  }

  /** The new requests since the last read. After a failure, the next read starts at the same time. */
  async *readOn(signal: AbortSignal, pattern?: string): AsyncGenerator<Attempt> {
    const begunAt = (this.#place.now ?? Date.now)();
    const since = this.#readTo - LOG_LAG_MS;
    yield* this.read({ since, ...(pattern !== undefined && { pattern }) }, signal);
    this.readUntil(begunAt);
  }

  readUntil(time: number): void {
    this.#readTo = time;
    for (const [id, at] of this.#seen) if (at < time - LOG_LAG_MS) this.#seen.delete(id);
  }
}

/** The fields of the webhook's log line: see lib/telemetry/observability.ts. */
type Fields = Readonly<Record<string, unknown>>;

/** Lambda's text for a timeout. */
const TIMED_OUT = /Task timed out after ([\d.]+) seconds/;

/** The request of a line of the webhook's log. Nothing if the line is about something else. */
export function attemptIn({ time, text }: Pick<LogLine, 'time' | 'text'>): Attempt | undefined {
  const [, seconds] = TIMED_OUT.exec(text) ?? [];
  if (seconds)
    return { at: time, ms: Number(seconds) * 1000, reason: 'The function took too long' };
  const fields = fieldsOf(text);
  const { outcome, message_id, duration_ms, quarantine_id } = fields;
  if (typeof outcome !== 'string' || typeof duration_ms !== 'number') return undefined;
  const reason = reasonOf(fields);
  return {
    at: time,
    ms: duration_ms,
    ...(Object.hasOwn(ANSWERS, outcome) && { status: ANSWERS[outcome as Outcome].status }),
    outcome,
    ...(typeof message_id === 'string' && { message_id }),
    ...(reason && { reason }),
    ...(typeof quarantine_id === 'string' && { quarantine_id }),
  };
}

function fieldsOf(text: string): Fields {
  try {
    return text.startsWith('{') ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}

function reasonOf({ reason, faults, step, error }: Fields): string {
  const isText = (part: unknown): part is string => typeof part === 'string' && part !== '';
  return [reason, faults, isText(error) && failureText(step, error)].filter(isText).join('; ');
}

/** The service that each step of lib/messages/delivery.ts calls. */
const SERVICES = new Map<unknown, string>([
  ['claim', 'DynamoDB'],
  ['publish', 'SNS'],
]);

/** The error of a delivery, in words. */
function failureText(step: unknown, error: string): string {
  const service = SERVICES.get(step);
  if (service === undefined) return error;
  if (/Timeout|Abort/.test(error)) return `${service} did not answer in time`;
  // Node names the error of a refused connection only `Error`.
  return error === 'Error' ? `${service} could not be reached` : `${service} answered ${error}`;
}
