import { HeldConversations, type Publishable, roundsOf } from './conversation-order.ts';
import { publicationOf, release, within } from './delivery.ts';
import { type MessageRecord, type PendingKey, UnreadableRecord } from './message-record.ts';
import type { BatchEntryResult } from './ports.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Failed publish attempts of sweeps after which a record is published in a call of its own. A call can
 * fail for one of its entries in a way that looks like a failure of the topic.
 */
const ALONE_AFTER = 5;

/** How old a message is for which an error that is not known counts as final, ms: its tries began then. */
const UNKNOWN_FOR_MS = 6 * 3_600_000;

/** Claims, publishes and marks the records of one batch. Never rejects for a call that failed. */
export async function publishKeys(keys: readonly PendingKey[], run: SweepRun): Promise<void> {
  const owner = run.dependencies.newOwner();
  const claimed = await claimKeys(keys, owner, run);
  const failedBefore = new HeldConversations();
  for (const [index, round] of (run.held ? roundsOf(claimed) : [claimed]).entries()) {
    const isLate = index > 0 && run.deadlines.stop?.aborted === true;
    const waits = (one: Publishable) => isLate || failedBefore.holds(one);
    await holdBack(round.filter(waits), owner, run);
    const failed = await publishRound(
      round.filter((one) => !waits(one)),
      owner,
      run,
    );
    for (const record of failed) {
      failedBefore.waitFor(record, run.dependencies.now());
      run.held?.waitFor(record, run.dependencies.now());
    }
  }
}

/** What could be claimed, in order, but for what an earlier message of its conversation holds back. */
async function claimKeys(
  keys: readonly PendingKey[],
  owner: string,
  run: SweepRun,
): Promise<Publishable[]> {
  const { dependencies, tally, held, deadlines } = run;
  const { store, now, leaseMs, toNotification } = dependencies;
  const claims = await Promise.allSettled(
    keys.map(({ message_id }) =>
      store.claimPending(
        message_id,
        { owner, until: now() + leaseMs },
        now(),
        within(deadlines.publish),
      ),
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
    if (claim?.status !== 'rejected') continue;
    if (claim.reason instanceof UnreadableRecord) {
      tally.refused++;
    } else {
      tally.failed++;
      held?.waitForUnknown(key, now());
    }
  }
  await holdBack(waiting, owner, run);
  return claimed;
}

/**
 * Publishes in one call what has not failed often, and the rest one by one. Each record is marked, or
 * given back, as soon as its own call is answered.
 *
 * @returns The records that failed for now.
 */
async function publishRound(
  due: readonly Publishable[],
  owner: string,
  run: SweepRun,
): Promise<MessageRecord[]> {
  const { topic } = run.dependencies;
  const options = within(run.deadlines.publish);
  const together = due.filter(({ record }) => !failedOften(record));
  const alone = due.filter(({ record }) => failedOften(record));
  const publish = (some: readonly Publishable[]) =>
    topic.publishBatch(
      some.map(({ notification }) => notification),
      options,
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

/** Marks a record or gives it back. False if its publishing failed for now. */
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
      .markPublished(record.message_id, owner, publication, within(deadlines.mark))
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

/** A call all of whose entries failed for the topic: the next may fail, too. */
async function countTopicFailure(
  results: readonly Promise<BatchEntryResult>[],
  { tally }: SweepRun,
): Promise<void> {
  if (results.length === 0) return;
  const isTopic = (result: BatchEntryResult) => 'fault' in result && result.fault === 'topic';
  const hasFailed = (await Promise.all(results)).every(isTopic);
  tally.topicFailures = hasFailed ? tally.topicFailures + 1 : 0;
}

function failedOften({ requests, attempts }: MessageRecord): boolean {
  // The attempt under way is counted already.
  return attempts - requests > ALONE_AFTER;
}

async function holdBack(
  waiting: readonly Publishable[],
  owner: string,
  run: SweepRun,
): Promise<void> {
  run.tally.heldBack += waiting.length;
  await Promise.all(waiting.map(({ record }) => giveBack(record, owner, run)));
}

/** Leaves a claimed record pending, for the next attempt. */
async function giveBack(record: MessageRecord, owner: string, run: SweepRun): Promise<void> {
  run.tally.leave(record);
  const { dependencies, deadlines } = run;
  await release(dependencies.store, record.message_id, owner, within(deadlines.mark));
}
