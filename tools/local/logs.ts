import type { IncomingHttpHeaders } from 'node:http';
import { type HttpAnswer, jsonAnswer } from './http-answer.ts';

/** At this path, the gateway answers as CloudWatch Logs. */
export const LOGS_PATH = '/_logs/';

/** Lines that are kept of each group: the newest. */
const MAX_LINES = 10_000;
const PAGE_SIZE = 1_000;

interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

interface FilterLogEventsInput {
  readonly logGroupName: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly filterPattern?: string;
  readonly nextToken?: string;
}

/** The functions' log lines, in place of CloudWatch Logs. */
export class FunctionLogs {
  readonly #groups = new Map<string, LogEvent[]>();

  /** @param timestamp Epoch ms. */
  append(group: string, message: string, timestamp = Date.now()): void {
    const events = this.#groups.get(group) ?? [];
    this.#groups.set(group, events);
    events.push({ timestamp, message });
    if (events.length > MAX_LINES) events.shift();
  }

  /**
   * Answers a request as CloudWatch Logs does. It supports only FilterLogEvents with a pattern of one
   * field: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
   */
  respond(headers: IncomingHttpHeaders, body: Buffer): HttpAnswer {
    const target = String(headers['x-amz-target'] ?? '');
    if (!target.endsWith('.FilterLogEvents')) {
      const message = `The local stack knows no ${target || 'target'}`;
      return answer(400, { __type: 'UnknownOperationException', message });
    }
    const input = JSON.parse(String(body)) as FilterLogEventsInput;
    const events = this.#groups.get(input.logGroupName);
    // A group appears here only with its function's first line.
    if (!events) return answer(200, { events: [] });
    const matches = matcherOf(input.filterPattern);
    if (!matches) {
      const message = `Not known here: ${input.filterPattern}`;
      return answer(400, { __type: 'InvalidParameterException', message });
    }
    const { startTime = 0, endTime = Number.POSITIVE_INFINITY } = input;
    const first = Number(input.nextToken ?? 0);
    const found = events.filter(
      ({ timestamp, message }) => timestamp >= startTime && timestamp < endTime && matches(message),
    );
    const next = first + PAGE_SIZE;
    return answer(200, {
      events: found.slice(first, next),
      ...(next < found.length && { nextToken: String(next) }),
    });
  }
}

/** For a pattern such as `{ $.outcome = "conflict" }`, or an empty one. Undefined for other patterns. */
function matcherOf(pattern = ''): ((message: string) => boolean) | undefined {
  if (pattern.trim() === '') return () => true;
  const [, field, value] = /^\{ *\$\.(\w+) *= *"([^"]*)" *\}$/.exec(pattern) ?? [];
  if (field === undefined) return undefined;
  return (message) => fieldOf(message, field) === value;
}

function fieldOf(message: string, field: string): unknown {
  try {
    return JSON.parse(message)?.[field];
  } catch {
    return undefined;
  }
}

const answer = (status: number, body: unknown) =>
  jsonAnswer(status, body, 'application/x-amz-json-1.1');
