import { publicationOf, release } from './delivery.ts';
import { type MessageRecord, type PendingKey, UnreadableRecord } from './message-record.ts';
import type { Notification } from './notification.ts';
import type { BatchEntryResult, PendingClaim } from './ports.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * After this many failed publish attempts of sweeps, a record is published in its own call. One entry can
 * make a call fail in a way that looks like a failure of the topic.
 */
const ALONE_AFTER = 5;

/**
 * From this age of a message on, ms, an unknown error counts as final. Its tries began when it was
 * received.
 */
const UNKNOWN_FOR_MS = 6 * 3_600_000;

/** A claimed record and its notification. */
export interface Publishable {
  readonly record: MessageRecord;
  readonly notification: Notification;
}

/** The result of one key's claim. */
export type BatchClaim =
  | { readonly status: 'claimed'; readonly one: Publishable }
  | Exclude<PendingClaim, { status: 'claimed' }>
  /** The stored item is not a message, so SNS could never take it. */
  | { readonly status: 'unreadable' }
  /** The call failed. */
  | { readonly status: 'failed' };

/** Claims, publishes and marks the records of one batch. Never rejects for a call that failed. */
export async function publishBatch(keys: readonly PendingKey[], run: SweepRun): Promise<void> {
  const owner = run.dependencies.newOwner();
  const claims = await claimBatch(keys, owner, run);
  const claimed = claims.flatMap((claim) => (claim.status === 'claimed' ? [claim.one] : []));
  await publishClaimed(claimed, owner, run);
}

/**
 * Claims the records, and counts those that it could not claim. @returns One result for each key, in order.
 */
export async function claimBatch(
  keys: readonly PendingKey[],
  owner: string,
  { dependencies, tally, deadlines }: SweepRun,
): Promise<BatchClaim[]> {
  const { store, now, leaseMs, toNotification } = dependencies;
  const claims = await Promise.allSettled(
    keys.map(({ message_id }) => {
      const mine = { owner, until: now() + leaseMs };
      return store.claimPending(message_id, mine, now(), deadlines.work);
    }),
  );
  return keys.map((key, index) => {
    const claim = resultOf(claims[index]);
    if (claim.status === 'claimed') {
      const { record } = claim;
      return { status: 'claimed', one: { record, notification: toNotification(record) } };
    }
    tally.leave(key);
    if (claim.status === 'unreadable') tally.refused++;
    if (claim.status === 'failed') tally.failed++;
    return claim;
  });
}

function resultOf(
  settled: PromiseSettledResult<PendingClaim> | undefined,
): PendingClaim | { readonly status: 'unreadable' | 'failed' } {
  if (settled?.status === 'fulfilled') return settled.value;
  return { status: settled?.reason instanceof UnreadableRecord ? 'unreadable' : 'failed' };
}

/**
 * Publishes records that have not failed often in one call, and the rest one by one. Marks or releases each
 * record as soon as its own call is answered.
 *
 * @returns The records that failed for now.
 */
export async function publishClaimed(
  due: readonly Publishable[],
  owner: string,
  run: SweepRun,
): Promise<MessageRecord[]> {
  const { topic } = run.dependencies;
  const together = due.filter(({ record }) => !failedOften(record));
  const alone = due.filter(({ record }) => failedOften(record));
  const publish = (some: readonly Publishable[]) =>
    topic.publishBatch(
      some.map(({ notification }) => notification),
      run.deadlines.work,
    );
  const resultsTogether = together.length > 0 ? publish(together) : [];
  const results = [...resultsTogether, ...alone.flatMap((one) => publish([one]))];
  const failed = await Promise.all(
    [...together, ...alone].map(async ({ record }, index) => {
      const result = (await results[index]) ?? { error: 'NoResult', fault: 'unknown' };
      return (await settle(record, result, owner, run)) ? [] : [record];
    }),
  );
  await countTopicFailure(resultsTogether, run);
  return failed.flat();
}

/** Marks or releases a record. False if its publishing failed for now. */
async function settle(
  record: MessageRecord,
  result: BatchEntryResult,
  owner: string,
  run: SweepRun,
): Promise<boolean> {
  const { dependencies, tally, deadlines } = run;
  if ('sns_message_id' in result) {
    tally.published++;
    const publication = publicationOf(result.sns_message_id, dependencies);
    const isMarked = await dependencies.store
      .markPublished(record.message_id, owner, publication, deadlines.cleanUp)
      .catch(() => false);
    if (!isMarked) {
      tally.notMarked++;
      tally.leave(record);
    }
    return true;
  }
  const age = dependencies.now() - record.received_at;
  const isRefused =
    result.fault === 'entry' || (result.fault === 'unknown' && age >= UNKNOWN_FOR_MS);
  if (isRefused) tally.refused++;
  else tally.failed++;
  await giveBack(record, owner, run);
  return isRefused;
}

/** Counts calls whose entries all failed for the topic. The next call may fail, too. */
async function countTopicFailure(
  results: readonly Promise<BatchEntryResult>[],
  { tally }: SweepRun,
): Promise<void> {
  if (results.length === 0) return;
  const isTopic = (result: BatchEntryResult) => 'fault' in result && result.fault === 'topic';
  const hasFailed = (await Promise.all(results)).every(isTopic);
  tally.topicFailures = hasFailed ? tally.topicFailures + 1 : 0;
}

function failedOften({ requests, publish_attempts }: MessageRecord): boolean {
  // The current attempt is counted already.
  return publish_attempts - requests > ALONE_AFTER;
}

/** Leaves claimed records pending that wait for an earlier message of their conversation. */
export async function holdBack(
  waiting: readonly Publishable[],
  owner: string,
  run: SweepRun,
): Promise<void> {
  run.tally.heldBack += waiting.length;
  await Promise.all(waiting.map(({ record }) => giveBack(record, owner, run)));
}

/** Leaves a claimed record pending for the next publish attempt. */
async function giveBack(record: MessageRecord, owner: string, run: SweepRun): Promise<void> {
  run.tally.leave(record);
  const { dependencies, deadlines } = run;
  await release(dependencies.store, record.message_id, owner, deadlines.cleanUp);
}
