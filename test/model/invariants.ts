import { fromItem } from '../../lib/aws/message-item.ts';
import type { Tries } from '../../lib/messages/delivery.ts';
import { conversationOf, type MessageRecord } from '../../lib/messages/message-record.ts';
import { MAX_HOLD_MS } from '../../lib/messages/sweep-in-order.ts';
import type { Item } from './memory-table.ts';

/** A violated invariant: the finding of a run. */
export class Violation extends Error {}

export interface StoredRecord extends MessageRecord {
  readonly expires_at: number | undefined;
  /** Whether sweeps find it. */
  readonly isInPendingIndex: boolean;
}

export function recordOf(item: Item): StoredRecord {
  const expires_at = item.expires_at?.N;
  return {
    ...fromItem(item),
    expires_at: expires_at === undefined ? undefined : Number(expires_at),
    isInPendingIndex: item.pending_shard !== undefined,
  };
}

export interface WriteContext {
  /** The owner that a mark or a release was made for. */
  readonly writer: string | undefined;
  /** How often the message has been published. */
  readonly publications: number;
  /** Whether the invocation that took the claim of this name is still at work. */
  readonly isAtWork: (owner: string) => boolean;
}

/** @throws {Violation} If a write did to a record what no write may. */
export function checkWrite(
  before: StoredRecord | undefined,
  after: StoredRecord | undefined,
  { writer, publications, isAtWork }: WriteContext,
): void {
  if (!after) throw new Violation('a record was deleted');
  const id = after.message_id;
  const isMarked = after.published_at !== undefined;
  if (isMarked && publications === 0) throw new Violation(`${id} was marked, and not published`);
  if (after.isInPendingIndex === isMarked) {
    throw new Violation(`${id} is ${isMarked ? 'still' : 'not'} in the pending index`);
  }
  if ((after.expires_at !== undefined) !== isMarked) {
    throw new Violation(
      `${id} ${isMarked ? 'never expires' : 'may expire before it is published'}`,
    );
  }
  if (!before) return;
  if (before.published_at !== undefined) throw new Violation(`${id} was changed after its mark`);
  if (before.body !== after.body) throw new Violation(`${id} has other content`);
  if (!before.claim) return;

  const { owner } = before.claim;
  if (after.claim && after.claim.owner !== owner && isAtWork(owner)) {
    throw new Violation(`the claim on ${id} was taken from an invocation that is at work`);
  }
  if (!after.claim && owner !== writer) {
    throw new Violation(`the claim of another owner on ${id} was dropped`);
  }
}

/** @throws {Violation} If a record does not count what was tried for its message. */
export function checkTries(
  record: StoredRecord | undefined,
  { requests, publish_attempts }: Tries,
): void {
  if (!record) return;
  const { message_id } = record;
  if (record.publish_attempts !== publish_attempts) {
    throw new Violation(
      `${message_id} counts ${record.publish_attempts} publish attempts, not ${publish_attempts}`,
    );
  }
  if (record.requests !== requests) {
    throw new Violation(`${message_id} counts ${record.requests} requests, not ${requests}`);
  }
}

export interface SweepContext {
  /** Only what was received before this belongs to the sweep. */
  readonly receivedBefore: number;
  /** The sweep's clock. */
  readonly now: number;
  readonly isPublished: (messageId: string) => boolean;
  /** SNS has said that it never takes this message as it is: nothing waits for it. */
  readonly isRefused: (messageId: string) => boolean;
  /** Whether the message was stored before the sweep began. */
  readonly wasThere: (messageId: string) => boolean;
}

/**
 * Checks what a sweep publishes for the first time on a topic that keeps order.
 *
 * @throws {Violation} If an earlier message of the conversation should have come first.
 */
export function checkOrder(
  messageId: string,
  records: ReadonlyMap<string, StoredRecord>,
  context: SweepContext,
): void {
  const later = records.get(messageId);
  if (!later) return;
  const conversation = conversationOf(later);
  for (const earlier of records.values()) {
    const { message_id, received_at } = earlier;
    const isDue =
      received_at < later.received_at &&
      received_at < context.receivedBefore &&
      earlier.published_at === undefined &&
      context.wasThere(message_id) &&
      context.now - received_at < MAX_HOLD_MS;
    if (!isDue || conversationOf(earlier) !== conversation) continue;
    if (context.isPublished(message_id) || context.isRefused(message_id)) continue;
    throw new Violation(
      `a sweep published ${messageId} before ${message_id}, which was received first`,
    );
  }
}
