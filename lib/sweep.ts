import { type DeliveryDependencies, publicationOf, release } from './delivery.ts';
import { ALL_PENDING_SHARDS, type MessageRecord, type PendingKey } from './message-record.ts';
import { toNotification } from './notification.ts';
import { createPendingReader } from './pending-reader.ts';
import type { CallOptions } from './ports.ts';

/** Records a worker claims, publishes and marks together: what one PublishBatch holds. */
const BATCH = 10;

export interface SweepDependencies extends DeliveryDependencies {
  /** Younger records are left to the webhook: longer than its lease, ms. */
  readonly graceMs: number;
  /** How many batches are under way at once. */
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
  /** Records still pending at the end, as far as the index tells. */
  readonly pending: number;
  /** Age of the oldest of those, ms; 0 if there are none. */
  readonly oldestPendingMs: number;
  readonly stopped: 'finished' | 'deadline' | 'topic unavailable';
}

/** Publishes what was stored but not published, the oldest first, in batches side by side. */
export async function sweep(
  dependencies: SweepDependencies,
  deadlines: SweepDeadlines = {},
): Promise<Sweep> {
  const { store, now } = dependencies;
  const options: CallOptions = deadlines.end ? { signal: deadlines.end } : {};
  const query = { receivedBefore: now() - dependencies.graceMs };
  const reader = createPendingReader(store, query, options);
  const tally = new Tally();

  const worker = async () => {
    while (!deadlines.stop?.aborted && !tally.topicUnavailable) {
      const keys = await reader.take(BATCH);
      if (keys.length === 0) return;
      await publishKeys(keys, dependencies, tally, options);
    }
  };
  await Promise.all(Array.from({ length: dependencies.concurrency }, worker));

  const unread = await reader.peek();
  const oldest = Math.min(tally.oldestLeft, unread?.received_at ?? Number.POSITIVE_INFINITY);
  return {
    published: tally.published,
    refused: tally.refused,
    failed: tally.failed,
    pending: unread ? await countPending(dependencies, query, options) : tally.left,
    oldestPendingMs: Number.isFinite(oldest) ? now() - oldest : 0,
    stopped: !unread ? 'finished' : tally.topicUnavailable ? 'topic unavailable' : 'deadline',
  };
}

class Tally {
  published = 0;
  refused = 0;
  failed = 0;
  left = 0;
  oldestLeft = Number.POSITIVE_INFINITY;
  topicUnavailable = false;

  leave({ received_at }: PendingKey): void {
    this.left++;
    this.oldestLeft = Math.min(this.oldestLeft, received_at);
  }
}

async function publishKeys(
  keys: readonly PendingKey[],
  dependencies: SweepDependencies,
  tally: Tally,
  options: CallOptions,
): Promise<void> {
  const { store, topic, now, leaseMs } = dependencies;
  const owner = dependencies.newOwner();
  const claimed: MessageRecord[] = [];
  const claims = await Promise.allSettled(
    keys.map(({ message_id }) =>
      store.claimPending(message_id, { owner, until: now() + leaseMs }, now(), options),
    ),
  );
  for (const [index, key] of keys.entries()) {
    const claim = claims[index];
    const record = claim?.status === 'fulfilled' ? claim.value : undefined;
    if (record) claimed.push(record);
    else tally.leave(key);
    if (claim?.status === 'rejected') tally.failed++;
  }
  if (claimed.length === 0) return;

  const results = await topic
    .publishBatch(claimed.map(toNotification), options)
    .catch((error: Error) => claimed.map(() => ({ error: error.name, refused: false })));
  // Every entry failed, and none for what it holds: the topic is down, and the next would fail too.
  tally.topicUnavailable ||= results.every((result) => 'error' in result && !result.refused);

  await Promise.all(
    claimed.map(async (record, index) => {
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
      tally.leave(record);
      await release(store, record.message_id, owner, options);
    }),
  );
}

async function countPending(
  { store }: SweepDependencies,
  query: { readonly receivedBefore: number },
  options: CallOptions,
): Promise<number> {
  const counts = await Promise.all(
    ALL_PENDING_SHARDS.map((shard) => store.countPending(shard, query, options)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
