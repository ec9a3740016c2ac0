import { conversationOf, type MessageRecord, type PendingKey } from './message-record.ts';
import type { PendingReader } from './pending-reader.ts';
import { claimBatch, holdBack, type Publishable, publishClaimed } from './sweep-batch.ts';
import { type SweepRun, type SweepWay, timeIsOver, topicFailed } from './sweep-run.ts';

/**
 * How long after its receipt an unpublished message holds back the later ones of its conversation, ms. The
 * time is limited, because delivery matters more than order.
 */
export const MAX_HOLD_MS = 3_600_000;

/**
 * For a topic that keeps order: publishes one batch after the other, oldest first. A shard or record that
 * cannot be read ends the sweep, because it may hold an earlier message of any conversation.
 */
export function sweepInOrder(reader: Pick<PendingReader, 'error'>, run: SweepRun): SweepWay {
  const held = new HeldConversations();
  const indexFailed = () => (reader.error === undefined ? undefined : 'index unavailable');
  const recordFailed = () => (held.holdsAll ? 'record unavailable' : undefined);
  return {
    workers: 1,
    publish: async (keys) => {
      if (!indexFailed()) return publishBatchInOrder(keys, held, run);
      for (const key of keys) run.tally.leave(key);
    },
    reasonToStop: () => topicFailed(run) ?? indexFailed() ?? recordFailed() ?? timeIsOver(run),
  };
}

/**
 * Claims, publishes and marks the records of one batch in the order of each conversation. A message that
 * cannot be published now holds back the later ones of its conversation, in this and later batches.
 *
 * @param held The conversations that earlier batches of this sweep hold back. This batch adds its own.
 */
async function publishBatchInOrder(
  keys: readonly PendingKey[],
  held: HeldConversations,
  run: SweepRun,
): Promise<void> {
  const owner = run.dependencies.newOwner();
  const { free, waiting } = await claimInOrder(keys, owner, held, run);
  await holdBack(waiting, owner, run);

  let conversations = byConversation(free);
  for (let round = 0; conversations.length > 0; round++) {
    if (round > 0 && timeIsOver(run)) {
      return holdBack(conversations.flat(), owner, run);
    }
    // SNS accepts or fails each entry of a call on its own, so two messages of one conversation in one call
    // could change places.
    const first = conversations.map(([one]) => one);
    const failed = new Set(await publishClaimed(first, owner, run));
    const next: Conversation[] = [];
    for (const [one, ...later] of conversations) {
      const { record } = one;
      if (failed.has(record) && held.waitFor(record, run.dependencies.now())) {
        await holdBack(later, owner, run);
      } else if (isConversation(later)) {
        next.push(later);
      }
    }
    conversations = next;
  }
}

/** Claims the records and finds those that wait for an earlier message. */
async function claimInOrder(
  keys: readonly PendingKey[],
  owner: string,
  held: HeldConversations,
  run: SweepRun,
): Promise<{ readonly free: Publishable[]; readonly waiting: Publishable[] }> {
  const claims = await claimBatch(keys, owner, run);
  const now = run.dependencies.now();
  const free: Publishable[] = [];
  const waiting: Publishable[] = [];
  for (const [index, key] of keys.entries()) {
    const claim = claims[index];
    if (claim?.status === 'claimed') (held.holds(claim.one) ? waiting : free).push(claim.one);
    if (claim?.status === 'held') held.waitFor(claim.record, now);
    if (claim?.status === 'failed') held.waitForUnknown(key, now);
  }
  return { free, waiting };
}

/** Messages of one conversation, in order. */
type Conversation = [Publishable, ...Publishable[]];

function byConversation(some: readonly Publishable[]): Conversation[] {
  const grouped = Map.groupBy(some, ({ notification }) => notification.conversation);
  return [...grouped.values()].filter(isConversation);
}

function isConversation(some: Publishable[]): some is Conversation {
  return some.length > 0;
}

/** Conversations whose later messages wait, because an earlier one is not published yet. */
class HeldConversations {
  readonly #held = new Set<string>();
  /** An unreadable record may belong to any conversation, so all wait. */
  holdsAll = false;

  holds({ notification }: Publishable): boolean {
    return this.holdsAll || this.#held.has(notification.conversation);
  }

  /** From now on, later messages wait for this one. False if it is too old to wait for. */
  waitFor(record: MessageRecord, now: number): boolean {
    const isWaited = isWaitedFor(record, now);
    if (isWaited) this.#held.add(conversationOf(record));
    return isWaited;
  }

  /** From now on, all messages wait, because this record may belong to any conversation. */
  waitForUnknown(key: PendingKey, now: number): void {
    this.holdsAll ||= isWaitedFor(key, now);
  }
}

function isWaitedFor({ received_at }: PendingKey, now: number): boolean {
  return now - received_at < MAX_HOLD_MS;
}
