import { ANSWERS, type Outcome } from '../../../lib/http/outcomes.ts';
import type { LogLine } from '../../archive/read-log.ts';
import type { Attempt } from '../protocol.ts';

/** What the webhook's line of an invocation has: lib/telemetry/observability.ts. */
type Fields = Readonly<Record<string, unknown>>;

/** Lambda's own words for a function that took too long. */
const TIMED_OUT = /Task timed out after ([\d.]+) seconds/;

/** The request that a line of the webhook's log is about. Nothing, if it is about something else. */
export function attemptIn({ time, text }: Pick<LogLine, 'time' | 'text'>): Attempt | undefined {
  const [, seconds] = TIMED_OUT.exec(text) ?? [];
  if (seconds)
    return { at: time, ms: Number(seconds) * 1000, reason: 'The function took too long' };
  const fields = fieldsOf(text);
  const { outcome, message_id, duration_ms } = fields;
  if (typeof outcome !== 'string' || typeof duration_ms !== 'number') return undefined;
  const reason = reasonOf(fields);
  return {
    at: time,
    ms: duration_ms,
    ...(isOutcome(outcome) && { status: ANSWERS[outcome].status }),
    outcome,
    ...(typeof message_id === 'string' && { message_id }),
    ...(reason && { reason }),
  };
}

function fieldsOf(text: string): Fields {
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function isOutcome(text: string): text is Outcome {
  return Object.hasOwn(ANSWERS, text);
}

function reasonOf({ reason, faults, step, error }: Fields): string {
  const failure = [step, error].filter((part) => typeof part === 'string').join(': ');
  return [reason, faults, failure]
    .filter((part) => typeof part === 'string' && part !== '')
    .join('; ');
}
