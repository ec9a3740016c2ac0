import { ALL_SHARDS } from './message-record.ts';
import { createPendingReader, type PendingReader } from './pending-reader.ts';
import { publishBatch } from './sweep-batch.ts';
import { sweepInOrder } from './sweep-in-order.ts';
import {
  type StopReason,
  type SweepDeadlines,
  type SweepDependencies,
  type SweepRun,
  type SweepWay,
  Tally,
  timeIsOver,
  topicFailed,
} from './sweep-run.ts';

/** Records that a worker claims, publishes and marks together. One PublishBatch holds as many. */
const BATCH = 10;

/** A sweep takes only older records. Longer than the webhook's lease. */
export const SWEEP_GRACE_MS = 60_000;

export interface Sweep {
  readonly published: number;
  /** Published but not marked. A later sweep publishes them again. */
  readonly notMarked: number;
  /** Records that SNS refuses for their content. They stay pending, and somebody should look. */
  readonly refused: number;
  /** Records whose publishing failed for now. */
  readonly failed: number;
  /** Records that wait for an earlier one of their conversation. */
  readonly heldBack: number;
  /** Overdue records at the end, by the index. Undefined if it could not be read. */
  readonly overdue: number | undefined;
  /** Age of the oldest of those, ms; 0 if there are none, undefined if unknown. */
  readonly oldestOverdueMs: number | undefined;
  readonly stopped: 'finished' | StopReason;
  /** The first failure to read the index, or else a defect. The rest was swept. */
  readonly error?: unknown;
}

/**
 * Publishes stored messages that are not published, oldest first, in parallel batches. No call is under way
 * when it resolves. It does not reject for a call that failed.
 *
 * On a topic that keeps order, a conversation's messages are published in the order of receipt. A message
 * that fails for now holds the later ones back until the next sweep. A message that SNS refuses for its
 * content does not. A shard that cannot be read ends the sweep.
 */
export async function sweep(
  dependencies: SweepDependencies,
  deadlines: SweepDeadlines = {},
): Promise<Sweep> {
  const { store, topic, now } = dependencies;
  const query = { receivedBefore: now() - dependencies.graceMs };
  const reader = createPendingReader(store, query, deadlines.work);
  const run: SweepRun = { dependencies, deadlines, tally: new Tally() };
  const { tally } = run;
  const way = topic.keepsOrder ? sweepInOrder(reader, run) : sweepSideBySide(run);
  const defect = await publishAll(reader, way);

  // Publishing may have ended early. Report what is left.
  const unread = await reader.peek(deadlines.cleanUp);
  const { isWhole } = reader;
  const error = reader.error ?? defect;
  const overdue =
    unread || !isWhole ? await countOverdue(dependencies, query, deadlines.cleanUp) : tally.left;
  const oldest = Math.min(tally.oldestLeft, unread?.received_at ?? Number.POSITIVE_INFINITY);
  const knownAge = Number.isFinite(oldest) ? now() - oldest : undefined;
  return {
    published: tally.published,
    notMarked: tally.notMarked,
    refused: tally.refused,
    failed: tally.failed,
    heldBack: tally.heldBack,
    overdue,
    oldestOverdueMs: knownAge ?? (isWhole ? 0 : undefined),
    stopped: isWhole ? ((unread && way.reasonToStop()) ?? 'finished') : reasonOfGap(reader),
    ...(error !== undefined && { error }),
  };
}

/** Publishes what the reader holds until there is a reason to stop. @returns The first defect, if any. */
async function publishAll(reader: PendingReader, way: SweepWay): Promise<unknown> {
  let defect: unknown;
  const worker = async () => {
    while (!way.reasonToStop()) {
      const keys = await reader.take(BATCH);
      if (keys.length === 0) return;
      await way.publish(keys).catch((error: unknown) => {
        defect ??= error;
      });
    }
  };
  await Promise.all(Array.from({ length: way.workers }, worker));
  return defect;
}

/** Publishes several batches at once, for a topic that does not keep order. */
function sweepSideBySide(run: SweepRun): SweepWay {
  return {
    workers: run.dependencies.concurrency,
    publish: (keys) => publishBatch(keys, run),
    reasonToStop: () => topicFailed(run) ?? timeIsOver(run),
  };
}

/** Says why a part of the index was not read. */
function reasonOfGap({ error }: { readonly error: unknown }): Sweep['stopped'] {
  return error === undefined ? 'deadline' : 'index unavailable';
}

/** Undefined if a shard could not be counted. */
async function countOverdue(
  { store }: SweepDependencies,
  query: { readonly receivedBefore: number },
  deadline: AbortSignal | undefined,
): Promise<number | undefined> {
  const counts = await Promise.all(
    ALL_SHARDS.map((shard) => store.countPending(shard, query, deadline).catch(() => undefined)),
  );
  return counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
}
