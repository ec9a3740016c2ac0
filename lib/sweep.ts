import { HeldConversations } from './conversation-order.ts';
import { within } from './delivery.ts';
import { ALL_SHARDS } from './message-record.ts';
import { createPendingReader } from './pending-reader.ts';
import type { CallOptions } from './ports.ts';
import { publishKeys } from './sweep-batch.ts';
import { type SweepDeadlines, type SweepDependencies, type SweepRun, Tally } from './sweep-run.ts';

/** Records a worker claims, publishes and marks together: what one PublishBatch holds. */
const BATCH = 10;

/** Calls in a row that must fail for the topic before a sweep gives up. One could fail for an entry. */
const TOPIC_FAILURES = 3;

/** How old a record is at least that a sweep takes up: longer than the webhook's lease. */
export const SWEEP_GRACE_MS = 60_000;

export interface Sweep {
  readonly published: number;
  /** Published, but the record could not be marked: a later sweep publishes it again. */
  readonly notMarked: number;
  /** Records that SNS refuses as they are: they stay pending, and somebody should look. */
  readonly refused: number;
  /** Records whose publishing failed for now. */
  readonly failed: number;
  /** Records that wait for an earlier one of their conversation. */
  readonly heldBack: number;
  /** Records still pending at the end, as the index has them; undefined if it could not be read. */
  readonly pending: number | undefined;
  /** Age of the oldest of those, ms; 0 if there are none, undefined if it is not known. */
  readonly oldestPendingMs: number | undefined;
  readonly stopped:
    | 'finished'
    | 'deadline'
    | 'topic unavailable'
    | 'record unavailable'
    | 'index unavailable';
  /** The first failure to read the index, or else a defect. The rest was swept all the same. */
  readonly error?: unknown;
}

/**
 * Publishes what was stored but not published, the oldest first, in batches side by side. When it
 * resolves, nothing of it is under way any more. It does not reject for a call that failed.
 *
 * On a topic that keeps order, a conversation's messages are published in the order in which they were
 * received: one whose publishing fails for now holds the later ones back, until the next sweep; one
 * that SNS refuses as it is does not. There, a shard that cannot be read ends the sweep.
 */
export async function sweep(
  dependencies: SweepDependencies,
  deadlines: SweepDeadlines = {},
): Promise<Sweep> {
  const { store, topic, now } = dependencies;
  const query = { receivedBefore: now() - dependencies.graceMs };
  const reader = createPendingReader(store, query, within(deadlines.publish));
  const tally = new Tally();
  const held = topic.keepsOrder ? new HeldConversations() : undefined;
  const run: SweepRun = { dependencies, deadlines, tally, held };

  const reasonToStop = (): Sweep['stopped'] | undefined => {
    if (tally.topicFailures >= TOPIC_FAILURES) return 'topic unavailable';
    if (held && reader.error !== undefined) return 'index unavailable';
    if (held?.holdsAll) return 'record unavailable';
    return deadlines.stop?.aborted ? 'deadline' : undefined;
  };
  let defect: unknown;
  const worker = async () => {
    while (!reasonToStop()) {
      const keys = await reader.take(BATCH);
      if (keys.length === 0) return;
      if (held && reader.error !== undefined) {
        for (const key of keys) tally.leave(key);
        return;
      }
      await publishKeys(keys, run).catch((error: unknown) => {
        defect ??= error;
      });
    }
  };
  const workers = held ? 1 : dependencies.concurrency;
  await Promise.all(Array.from({ length: workers }, worker));

  // Publishing may be over by now; what is left is still to be told.
  const options = within(deadlines.mark);
  const unread = await reader.peek(options);
  const { isWhole } = reader;
  const error = reader.error ?? defect;
  const pending =
    unread || !isWhole ? await countPending(dependencies, query, options) : tally.left;
  const oldest = Math.min(tally.oldestLeft, unread?.received_at ?? Number.POSITIVE_INFINITY);
  const knownAge = Number.isFinite(oldest) ? now() - oldest : undefined;
  return {
    published: tally.published,
    notMarked: tally.notMarked,
    refused: tally.refused,
    failed: tally.failed,
    heldBack: tally.heldBack,
    pending,
    oldestPendingMs: knownAge ?? (isWhole ? 0 : undefined),
    stopped: isWhole ? ((unread && reasonToStop()) ?? 'finished') : reasonOfGap(reader),
    ...(error !== undefined && { error }),
  };
}

/** Why a part of the index was not read. */
function reasonOfGap({ error }: { readonly error: unknown }): Sweep['stopped'] {
  return error === undefined ? 'deadline' : 'index unavailable';
}

/** Undefined if one of the shards could not be counted. */
async function countPending(
  { store }: SweepDependencies,
  query: { readonly receivedBefore: number },
  options: CallOptions,
): Promise<number | undefined> {
  const counts = await Promise.all(
    ALL_SHARDS.map((shard) => store.countPending(shard, query, options).catch(() => undefined)),
  );
  return counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
}
