import { storedId } from '../../lib/http/read-sms-message.ts';
import type { CallOptions } from './abortable.ts';
import type { KnownSubscriber } from './addressees.ts';
import type { ArchiveQuery } from './archive-query.ts';
import { deliveryText, markOf } from './deliveries.ts';
import type { ArchivedMessage, MessageArchive } from './message-archive.ts';
import { inBatches } from './pacing.ts';

/** A younger message may still be on its way. SQS needs about a minute to count a queue right. */
export const RECENT_MS = 5 * 60_000;
/** No queue keeps a message longer: infra/subscribers.js. */
const QUEUE_KEEPS_MS = 14 * 86_400_000;
/** Ids per lookup: one call's. */
const LOOKED_UP = 100;

/** The `message_id`s of the other side. */
export class ReceivedIds {
  /** The other side's spelling, by the stored one. */
  readonly #given = new Map<string, string>();
  readonly #met = new Set<string>();

  add(id: string): void {
    const stored = storedId(id);
    if (!this.#given.has(stored)) this.#given.set(stored, id);
  }

  get size(): number {
    return this.#given.size;
  }

  /** Whether the other side has this stored message. It is then no longer {@link unmet}. */
  meet(messageId: string): boolean {
    const stored = storedId(messageId);
    if (!this.#given.has(stored)) return false;
    this.#met.add(stored);
    return true;
  }

  /** The ids that no stored message has met, in the other side's spelling. */
  *unmet(): Generator<string> {
    for (const [stored, id] of this.#given) if (!this.#met.has(stored)) yield id;
  }
}

/** The side that the messages are compared with. */
export interface OtherSide {
  /** The ids that it has. Without them, the subscriber's delivery marks count. */
  readonly ids?: ReceivedIds | undefined;
  /** Without it, every published message is for it. */
  readonly subscriber?: KnownSubscriber | undefined;
  /**
   * The approximate number of messages in the subscriber's queue, with those that wait for their next
   * attempt.
   */
  readonly waiting: number;
}

/** The state of a message that the other side has not named. */
export type Standing =
  /** The delivery marks say that it was delivered. */
  | { readonly state: 'delivered' }
  /** Its filter left it out, or it was published before the subscriber existed. */
  | { readonly state: 'not-for-it'; readonly why: 'filtered' | 'before-it' }
  /** It may still come, so it is not missing. */
  | {
      readonly state: 'on-the-way';
      readonly why: 'unpublished' | 'recent' | 'failing' | 'replay-failing' | 'queued';
      readonly reason?: string | undefined;
    }
  | {
      readonly state: 'missing';
      readonly why: 'published' | 'accepted' | 'dead' | 'failed' | 'unmarked';
      readonly reason?: string | undefined;
    };

/**
 * The state of a message that is not among the ids, or of any message if there are no ids.
 *
 * @param now Epoch ms.
 */
export function standingOf(message: ArchivedMessage, side: OtherSide, now: number): Standing {
  const { published_at } = message;
  if (published_at === undefined) return { state: 'on-the-way', why: 'unpublished' };
  const isRecent = now - published_at < RECENT_MS;
  const { subscriber, ids } = side;
  if (!subscriber) {
    return isRecent
      ? { state: 'on-the-way', why: 'recent' }
      : { state: 'missing', why: 'published' };
  }
  // A mark may be from an earlier subscriber with this name.
  if (subscriber.addressing(message) === 'before-it') {
    return { state: 'not-for-it', why: 'before-it' };
  }
  const { state, reason } = deliveryText(message, subscriber, now);
  if (state === 'not-for-it') return { state, why: 'filtered' };
  if (state === 'delivered') return ids ? notKept(message, side, now) : { state };
  if (state === 'dead') return { state: 'missing', why: 'dead', reason };
  const isFailing = state === 'failing';
  if (isRecent) return { state: 'on-the-way', why: isFailing ? 'failing' : 'recent', reason };
  if (side.waiting > 0 && now - published_at < QUEUE_KEEPS_MS) {
    return { state: 'on-the-way', why: isFailing ? 'failing' : 'queued', reason };
  }
  return { state: 'missing', why: isFailing ? 'failed' : 'unmarked', reason };
}

/** The state of a message that the subscriber has accepted but does not have. */
function notKept(
  message: ArchivedMessage,
  { subscriber, waiting }: OtherSide,
  now: number,
): Standing {
  const {
    delivered_at = 0,
    replayed_at = 0,
    replay_failed_at,
    replay_dead_at,
    replay_reason,
  } = markOf(subscriber?.name ?? '', message.deliveries) ?? {};
  if (now - Math.max(delivered_at, replayed_at) < RECENT_MS) {
    return { state: 'on-the-way', why: 'recent' };
  }
  const isTriedAgain = replay_failed_at !== undefined && replay_dead_at === undefined;
  if (isTriedAgain && waiting > 0 && now - replay_failed_at < QUEUE_KEEPS_MS) {
    return { state: 'on-the-way', why: 'replay-failing', reason: replay_reason };
  }
  return { state: 'missing', why: 'accepted' };
}

/** The results so far. They are updated while the comparison runs. */
export class ReconciliationTally {
  /** Stored messages of the range. */
  compared = 0;
  /** Messages that both sides have. */
  both = 0;
  missing = 0;
  onTheWay = 0;
  /** Messages that the subscriber's filter leaves out. */
  filtered = 0;
  /** Messages that were published before the subscriber existed. */
  beforeIt = 0;
  /** Ids of stored messages outside of the range. */
  outside = 0;
  /** Ids of messages that are not stored. */
  unknown = 0;
}

export interface Range extends Pick<ArchiveQuery, 'after'> {
  /** Epoch ms, inclusive. */
  readonly since: number;
  /** Epoch ms, exclusive. */
  readonly until: number;
}

/** A message that the other side does not have. It may still come. */
export interface Lacking {
  readonly message: ArchivedMessage;
  readonly standing: Extract<Standing, { readonly state: 'missing' | 'on-the-way' }>;
}

export interface ReconcileOptions {
  readonly now: number;
  readonly signal: AbortSignal;
  /** Called for each stored message of the range. */
  readonly onCompared?: () => void;
}

/**
 * The messages of a range that the other side does not have, oldest first, with those that may still come.
 * Memory does not grow with the range, because messages that are among the ids are not read.
 */
export async function* lackingMessages(
  archive: Pick<MessageArchive, 'list'>,
  range: Range,
  side: OtherSide,
  tally: ReconciliationTally,
  { now, signal, onCompared }: ReconcileOptions,
): AsyncGenerator<Lacking> {
  const isWanted = ({ message_id }: { readonly message_id: string }) => {
    tally.compared++;
    onCompared?.();
    const isThere = side.ids?.meet(message_id) === true;
    if (isThere) tally.both++;
    return !isThere;
  };
  const query = { ...range, order: 'oldest-first', whereKey: isWanted } as const;
  for await (const message of archive.list(query, { signal })) {
    const standing = standingOf(message, side, now);
    if (standing.state === 'delivered') tally.both++;
    else if (standing.state === 'not-for-it') {
      tally[standing.why === 'filtered' ? 'filtered' : 'beforeIt']++;
    } else {
      tally[standing.state === 'missing' ? 'missing' : 'onTheWay']++;
      yield { message, standing };
    }
  }
}

/**
 * The ids that no stored message has. Call it after {@link lackingMessages} has ended. An id outside of the
 * range counts as known, because the other side may have more than the range.
 */
export async function* unknownIds(
  archive: Pick<MessageArchive, 'findAll'>,
  { since, until }: Range,
  ids: ReceivedIds,
  tally: ReconciliationTally,
  options: CallOptions,
): AsyncGenerator<string> {
  for await (const batch of inBatches(ids.unmet(), LOOKED_UP)) {
    const keys = batch.flatMap((id) => [id, storedId(id)]);
    const found = await archive.findAll(keys, options);
    const times = new Map(found.map((each) => [storedId(each.message_id), each.received_at]));
    for (const id of batch) {
      const time = times.get(storedId(id));
      if (time === undefined) {
        tally.unknown++;
        yield id;
      } else if (time >= since && time < until) {
        // The index lagged behind, or the message came after the comparison began.
        tally.both++;
      } else tally.outside++;
    }
  }
}
