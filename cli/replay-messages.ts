import { setTimeout as delay } from 'node:timers/promises';
import type { ArchivedMessage } from '../lib/message-archive.ts';
import { type Notification, replayOf, type ToNotification } from '../lib/notification.ts';
import type { BatchEntryResult, MessageTopic } from '../lib/ports.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import { explainError } from './explain-error.ts';
import { Pacer } from './pacer.ts';
import type { Position } from './position.ts';

/** SNS's limit on one PublishBatch. */
const BATCH = 10;
const RETRIES = 4;
const FIRST_RETRY_MS = 200;

/** What became of one message. `pending`: it was never published, and the sweeper will do it. */
export type ReplayOutcome = 'published' | 'pending' | 'refused';

/** How far a replay is. It is brought up to date while the replay runs, for whoever has to end it. */
export class ReplayTally {
  readonly counts: Record<ReplayOutcome, number> = { published: 0, pending: 0, refused: 0 };
  /** Every message up to this one is done. */
  after: Position | undefined;

  get done(): number {
    return this.counts.published + this.counts.pending + this.counts.refused;
  }
}

export interface Replay {
  /** Its id: what subscribers get in the attribute `replay`. */
  readonly id: string;
  readonly messages: AsyncIterable<ArchivedMessage>;
  readonly toNotification: ToNotification;
  /** Without it, nothing is published: a dry run. */
  readonly topic: MessageTopic | undefined;
  /** Messages a second, at most. */
  readonly rate: number;
  readonly tally: ReplayTally;
  readonly onMessage: (message: ArchivedMessage, outcome: ReplayOutcome) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Publishes messages again, one batch after the other, in their order. What is stored stays as it is.
 *
 * @throws {CliError} If SNS keeps failing. What it refuses for good does not stop the others.
 */
export async function replayMessages(replay: Replay): Promise<void> {
  // In a batch, an entry may fail while a later one of the same conversation does not.
  const batchSize = replay.topic?.keepsOrder ? 1 : Math.min(BATCH, replay.rate);
  const pacer = new Pacer(replay.rate);
  let batch: ArchivedMessage[] = [];
  for await (const message of replay.messages) {
    batch.push(message);
    if (batch.length < batchSize) continue;
    await replayBatch(batch, replay, pacer);
    batch = [];
  }
  if (batch.length > 0) await replayBatch(batch, replay, pacer);
}

async function replayBatch(
  batch: readonly ArchivedMessage[],
  { id, topic, toNotification, tally, onMessage, signal }: Replay,
  pacer: Pacer,
): Promise<void> {
  const published = batch.filter(({ published_at }) => published_at !== undefined);
  const refused = new Set<ArchivedMessage>();
  if (topic && published.length > 0) {
    await pacer.take(published.length, signal);
    const notifications = published.map((message) => replayOf(toNotification(message), id));
    const results = await publish(notifications, topic, signal);
    for (const [index, message] of published.entries()) {
      if ('error' in (results[index] ?? {})) refused.add(message);
    }
  }
  for (const message of batch) {
    const outcome = outcomeOf(message, refused);
    tally.counts[outcome]++;
    const { received_at, message_id } = message;
    tally.after = { received_at, message_id };
    await onMessage(message, outcome);
  }
}

function outcomeOf(message: ArchivedMessage, refused: ReadonlySet<ArchivedMessage>): ReplayOutcome {
  if (message.published_at === undefined) return 'pending';
  return refused.has(message) ? 'refused' : 'published';
}

/** @returns A result each: an id, or an error for which SNS would refuse it every time. */
async function publish(
  notifications: readonly Notification[],
  topic: MessageTopic,
  signal: AbortSignal,
): Promise<BatchEntryResult[]> {
  const results: BatchEntryResult[] = [];
  let left = notifications.map((_, index) => index);
  for (let tries = 0; ; tries++) {
    const entries = left.map((index) => notifications[index] as Notification);
    const answers = await topic.publishBatch(entries, { signal });
    signal.throwIfAborted();
    for (const [place, index] of left.entries()) {
      results[index] = answers[place] ?? { error: 'NoResult', refused: false };
    }
    left = left.filter((index) => mayWorkLater(results[index]));
    const failure = left.map((index) => results[index]).find((result) => result !== undefined);
    if (!failure || !('error' in failure)) return results;
    if (tries === RETRIES || isFinal(failure.error)) throw failedWith(failure.error);
    await delay(FIRST_RETRY_MS * 2 ** tries, undefined, { signal });
  }
}

function mayWorkLater(result: BatchEntryResult | undefined): boolean {
  return result !== undefined && 'error' in result && !result.refused;
}

/** No credentials, or not allowed: waiting does not help. */
function isFinal(error: string): boolean {
  return explainError(namedError(error))?.exitCode === EXIT.notAllowed;
}

function failedWith(error: string): CliError {
  return (
    explainError(namedError(error)) ??
    new CliError(EXIT.failed, `SNS does not take the messages: ${error}`, 'Try again later.')
  );
}

/** The topic hands over the names of errors only. */
function namedError(name: string): Error {
  return Object.assign(new Error(`sns:Publish failed (${name})`), { name });
}
