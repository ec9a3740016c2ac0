import { HeldConversations, type Publishable, roundsOf } from './conversation-order.ts';
import { type DeliveryDependencies, publicationOf, release } from './delivery.ts';
import { ALL_SHARDS, type MessageRecord, type PendingKey } from './message-record.ts';
import { createPendingReader } from './pending-reader.ts';
import type { BatchEntryResult, CallOptions } from './ports.ts';

/** Records a worker claims, publishes and marks together: what one PublishBatch holds. */
const BATCH = 10;

/** How old a record is at least that a sweep takes up: longer than the webhook's lease. */
export const SWEEP_GRACE_MS = 60_000;

export interface SweepDependencies extends DeliveryDependencies {
  /** Younger records are left to the webhook: longer than its lease, ms. */
  readonly graceMs: number;
  /** How many batches are under way at once; one on a topic that keeps order, whatever this says. */
  readonly concurrency: number;
}

export interface SweepDeadlines {
  /** No new batch is begun once this has aborted. */
  readonly stop?: AbortSignal;
  /** Calls under way end when this aborts. */
  readonly end?: AbortSignal;
}

export interface Sweep {
  readonly published: number;
  /** Records that SNS refuses as they are: they stay pending, and somebody should look. */
  readonly refused: number;
  /** Records whose publishing failed for now. */
  readonly failed: number;
  /** Records that wait for an earlier one of their conversation. */
  readonly heldBack: number;
  /** Records still pending at the end, as far as the index tells. */
  readonly pending: number;
  /** Age of the oldest of those, ms; 0 if there are none. */
  readonly oldestPendingMs: number;
  readonly stopped: 'finished' | 'deadline' | 'topic unavailable' | 'record unavailable';
}

/**
 * Publishes what was stored but not published, the oldest first, in batches side by side.
 *
 * On a topic that keeps order, a conversation's messages are published in the order in which they were
 * received: one whose publishing fails for now holds the later ones back, until the next sweep; one
 * that SNS refuses as it is does not.
 */
export async function sweep(
  dependencies: SweepDependencies,
  deadlines: SweepDeadlines = {},
): Promise<Sweep> {
  const { store, topic, now } = dependencies;
  const options: CallOptions = deadlines.end ? { signal: deadlines.end } : {};
  const query = { receivedBefore: now() - dependencies.graceMs };
  const reader = createPendingReader(store, query, options);
  const tally = new Tally();
  const held = topic.keepsOrder ? new HeldConversations() : undefined;
  const run: Run = { dependencies, deadlines, tally, held, options };

  const worker = async () => {
    while (!deadlines.stop?.aborted && !tally.topicUnavailable && !held?.holdsAll) {
      const keys = await reader.take(BATCH);
      if (keys.length === 0) return;
      await publishKeys(keys, run);
    }
  };
  const workers = held ? 1 : dependencies.concurrency;
  await Promise.all(Array.from({ length: workers }, worker));

  const unread = await reader.peek();
  const oldest = Math.min(tally.oldestLeft, unread?.received_at ?? Number.POSITIVE_INFINITY);
  return {
    published: tally.published,
    refused: tally.refused,
    failed: tally.failed,
    heldBack: tally.heldBack,
    pending: unread ? await countPending(dependencies, query, options) : tally.left,
    oldestPendingMs: Number.isFinite(oldest) ? now() - oldest : 0,
    stopped: unread ? reasonToStop(run) : 'finished',
  };
}

class Tally {
  published = 0;
  refused = 0;
  failed = 0;
  heldBack = 0;
  left = 0;
  oldestLeft = Number.POSITIVE_INFINITY;
  topicUnavailable = false;

  leave({ received_at }: PendingKey): void {
    this.left++;
    this.oldestLeft = Math.min(this.oldestLeft, received_at);
  }
}

/** What the batches of one sweep share. */
interface Run {
  readonly dependencies: SweepDependencies;
  readonly tally: Tally;
  readonly deadlines: SweepDeadlines;
  /** On a topic that keeps order. */
  readonly held: HeldConversations | undefined;
  readonly options: CallOptions;
}

function reasonToStop({ tally, held }: Run): Sweep['stopped'] {
  if (tally.topicUnavailable) return 'topic unavailable';
  return held?.holdsAll ? 'record unavailable' : 'deadline';
}

async function publishKeys(keys: readonly PendingKey[], run: Run): Promise<void> {
  const { newOwner, now } = run.dependencies;
  const owner = newOwner();
  const claimed = await claimKeys(keys, owner, run);
  const results: BatchEntryResult[] = [];
  const failedBefore = new HeldConversations();
  for (const [index, round] of (run.held ? roundsOf(claimed) : [claimed]).entries()) {
    const isLate = index > 0 && run.deadlines.stop?.aborted === true;
    const waits = (one: Publishable) => isLate || failedBefore.holds(one);
    const due = round.filter((one) => !waits(one));
    await holdBack(round.filter(waits), owner, run);
    const roundResults = await publishRound(due, owner, run);
    for (const [n, { record }] of due.entries()) {
      if (!isFailedForNow(roundResults[n])) continue;
      failedBefore.waitFor(record, now());
      run.held?.waitFor(record, now());
    }
    results.push(...roundResults);
  }
  // Every entry failed, and none for what it holds: the topic is down, and the next would fail too.
  run.tally.topicUnavailable ||= results.length > 0 && results.every(isFailedForNow);
}

/** What could be claimed, in order, but for what an earlier message of its conversation holds back. */
async function claimKeys(
  keys: readonly PendingKey[],
  owner: string,
  run: Run,
): Promise<Publishable[]> {
  const { dependencies, tally, held, options } = run;
  const { store, now, leaseMs, toNotification } = dependencies;
  const claims = await Promise.allSettled(
    keys.map(({ message_id }) =>
      store.claimPending(message_id, { owner, until: now() + leaseMs }, now(), options),
    ),
  );
  const claimed: Publishable[] = [];
  const waiting: Publishable[] = [];
  for (const [index, key] of keys.entries()) {
    const claim = claims[index];
    const record = claim?.status === 'fulfilled' ? claim.value : undefined;
    if (record?.claim?.owner === owner) {
      const one = { record, notification: toNotification(record) };
      (held?.holds(one) ? waiting : claimed).push(one);
      continue;
    }
    tally.leave(key);
    if (record) held?.waitFor(record, now());
    if (claim?.status === 'rejected') {
      tally.failed++;
      held?.waitForUnknown(key, now());
    }
  }
  await holdBack(waiting, owner, run);
  return claimed;
}

/** Publishes and marks in one call; what could not be published is given back. */
async function publishRound(
  due: readonly Publishable[],
  owner: string,
  run: Run,
): Promise<readonly BatchEntryResult[]> {
  if (due.length === 0) return [];
  const { dependencies, tally, options } = run;
  const { store, topic } = dependencies;
  const notifications = due.map(({ notification }) => notification);
  const results = await topic
    .publishBatch(notifications, options)
    .catch((error: Error) => due.map(() => ({ error: error.name, refused: false })));
  await Promise.all(
    due.map(async ({ record }, index) => {
      const result = results[index];
      if (result && 'sns_message_id' in result) {
        tally.published++;
        const publication = publicationOf(result.sns_message_id, dependencies);
        await store
          .markPublished(record.message_id, owner, publication, options)
          .catch(() => tally.leave(record));
        return;
      }
      if (result?.refused) tally.refused++;
      else tally.failed++;
      await giveBack(record, owner, run);
    }),
  );
  return results;
}

/** Another try may work: the failure is not in what the entry holds. */
function isFailedForNow(result: BatchEntryResult | undefined): boolean {
  return result === undefined || ('error' in result && !result.refused);
}

async function holdBack(waiting: readonly Publishable[], owner: string, run: Run): Promise<void> {
  run.tally.heldBack += waiting.length;
  await Promise.all(waiting.map(({ record }) => giveBack(record, owner, run)));
}

/** Leaves a claimed record pending, for the next attempt. */
async function giveBack(record: MessageRecord, owner: string, run: Run): Promise<void> {
  run.tally.leave(record);
  await release(run.dependencies.store, record.message_id, owner, run.options);
}

async function countPending(
  { store }: SweepDependencies,
  query: { readonly receivedBefore: number },
  options: CallOptions,
): Promise<number> {
  const counts = await Promise.all(
    ALL_SHARDS.map((shard) => store.countPending(shard, query, options)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
