import { ANSWERS } from '../../../lib/http/outcomes.ts';
import type { Attempt } from '../protocol.ts';
import { type Refusal, type RefusedRequest, refusalOf } from '../request-protocol.ts';
import { byTime } from './attempts.ts';

/** The known attempts of one refused request, in order of time. */
export interface RefusedAttempts {
  readonly id: string;
  /** Present if it was kept. */
  readonly quarantine_id: string | undefined;
  readonly attempts: readonly [Attempt, ...Attempt[]];
}

/** A status between 400 and 499. */
export function statusOf(reason: Refusal): number {
  return reason === 'throttled' ? 429 : ANSWERS[reason].status;
}

/**
 * The refused requests among attempts, each with its attempts. Kept requests differ by their quarantine_id. Other
 * attempts are one request if reason and `message_id` are the same. Without a `message_id`, each attempt is a request.
 */
export function refusedAmong(attempts: readonly Attempt[]): RefusedAttempts[] {
  const refused = attempts.filter((attempt) => refusalOf(attempt) !== undefined).sort(byTime);
  const keptIds = keptIdsOf(refused);
  const groups = Map.groupBy(refused, (attempt) => {
    const { message_id, quarantine_id } = attempt;
    if (quarantine_id !== undefined) return quarantine_id;
    const key = keyOf(attempt);
    const [kept, ...others] = keptIds.get(key) ?? [];
    // The attempt could not be kept, but others of the same request were.
    if (kept !== undefined && others.length === 0) return kept;
    return message_id === undefined ? attempt : key;
  });
  const times = new Map<number, number>();
  return [...groups].flatMap(([key, [first, ...others]]) => {
    if (!first) return [];
    const place = times.get(first.at) ?? 0;
    if (typeof key !== 'string') times.set(first.at, place + 1);
    const id = typeof key === 'string' ? key : `${refusalOf(first)}@${first.at}-${place}`;
    const all = [first, ...others] as const;
    const quarantine_id = all.find((each) => each.quarantine_id !== undefined)?.quarantine_id;
    return { id, quarantine_id, attempts: all };
  });
}

function keptIdsOf(attempts: readonly Attempt[]): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>();
  for (const attempt of attempts) {
    const { message_id, quarantine_id } = attempt;
    if (message_id === undefined || quarantine_id === undefined) continue;
    const known = ids.get(keyOf(attempt)) ?? [];
    if (!known.includes(quarantine_id)) ids.set(keyOf(attempt), [...known, quarantine_id]);
  }
  return ids;
}

const keyOf = (attempt: Attempt) => `${refusalOf(attempt)}:${attempt.message_id}`;

/** The `RefusalReason`, which comes before the faults in an answer and in the log. */
const BEFORE_FAULTS = /^Fields are missing or malformed[:;] /;

/** A request that is known only by its attempts. */
export function requestOf({ id, attempts }: RefusedAttempts): RefusedRequest {
  const [first] = attempts;
  const last = attempts.at(-1) ?? first;
  const reason = refusalOf(last) as Refusal;
  const faults = reason === 'invalid' && last.reason?.replace(BEFORE_FAULTS, '');
  const { message_id } = attempts.find((each) => each.message_id !== undefined) ?? {};
  return {
    id,
    reason,
    status: last.status ?? statusOf(reason),
    ...(faults && { faults }),
    ...(message_id !== undefined && { message_id }),
    received_at: first.at,
    last_received_at: last.at,
    requests: attempts.length,
  };
}
