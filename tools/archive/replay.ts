import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fitExtra } from '../../lib/http/extra.ts';
import {
  MAX_NOTIFICATION_BYTES,
  type Notification,
  notificationBytes,
  replayOf,
  type ToNotification,
} from '../../lib/messages/notification.ts';
import type { MessageTopic, NotPublished } from '../../lib/messages/ports.ts';
import type { Position } from './archive-query.ts';
import type { ArchivedMessage } from './message-archive.ts';
import { inBatches, Pacer } from './pacing.ts';

/** SNS's limit for one PublishBatch. */
const BATCH = 10;
const RETRIES = 4;
const FIRST_RETRY_MS = 200;

/** The topic or queue does not exist, so nothing was published. */
export const NO_TOPIC = /^NotFound|^QueueDoesNotExist/;

/** No topic, no credentials, or no permission. Nothing was published, and waiting does not help. */
const REFUSAL =
  /^NotFound|^QueueDoesNotExist|^(Credentials|Token)ProviderError$|Expired|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|Signature|AccessDenied|Authorization|NotAuthorized|Forbidden/;

/** The result for one message. `pending`: it was never published, and the sweeper will publish it. */
type ReplayOutcome = 'published' | 'pending' | 'refused';

/** The progress of a replay. It is updated while the replay runs, so that it can be reported at any point. */
export class ReplayTally {
  readonly counts: Record<ReplayOutcome, number> = { published: 0, pending: 0, refused: 0 };
  /** All messages up to this one are done. */
  after: Position | undefined;
  /** Messages of the current batch that are or may be published. None of the batch is counted yet. */
  uncertain = 0;

  /** @param after Where the replay continues. */
  constructor(after?: Position) {
    this.after = after;
  }

  get done(): number {
    return this.counts.published + this.counts.pending + this.counts.refused;
  }
}

export interface Replay {
  /** Its id, which subscribers get in the attribute `replay`. */
  readonly id: string;
  readonly messages: Iterable<ArchivedMessage> | AsyncIterable<ArchivedMessage>;
  readonly toNotification: ToNotification;
  /** Without it, nothing is published: a dry run. */
  readonly topic: MessageTopic | undefined;
  /** Maximum number of messages per second. */
  readonly rate: number;
  readonly tally: ReplayTally;
  readonly onMessage: (message: ArchivedMessage, outcome: ReplayOutcome) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Publishes messages again, batch by batch, in order. The stored messages do not change.
 *
 * @throws {ReplayFailed} If SNS keeps failing. A message that it refuses for good does not stop the others.
 */
export async function replayMessages(replay: Replay): Promise<void> {
  // In a batch, an entry may fail while a later one of the same conversation succeeds.
  const batchSize = replay.topic?.keepsOrder ? 1 : Math.min(BATCH, replay.rate);
  const pacer = new Pacer(replay.rate);
  for await (const batch of inBatches(replay.messages, batchSize)) {
    await replayBatch(batch, replay, pacer);
  }
}

async function replayBatch(
  batch: readonly ArchivedMessage[],
  { id, topic, toNotification, tally, onMessage, signal }: Replay,
  pacer: Pacer,
): Promise<void> {
  const published = batch.filter(({ published_at }) => published_at !== undefined);
  let refused: ReadonlySet<ArchivedMessage> = new Set();
  if (topic && published.length > 0) {
    await pacer.take(published.length, signal);
    const entries = published.map((message) => ({
      message,
      notification: notificationOf(message, toNotification, id),
    }));
    refused = await publish(entries, topic, tally, signal);
    tally.uncertain = 0;
  }
  for (const message of batch) {
    const { received_at, message_id, published_at } = message;
    const answer = refused.has(message) ? 'refused' : 'published';
    const outcome = published_at === undefined ? 'pending' : answer;
    tally.counts[outcome]++;
    tally.after = { received_at, message_id };
    await onMessage(message, outcome);
  }
}

/**
 * The notification with the attribute of a replay. An old record may be so large that SNS does not accept
 * the attribute.
 */
function notificationOf(
  message: ArchivedMessage,
  toNotification: ToNotification,
  id: string,
): Notification {
  const whole = replayOf(toNotification(message), id);
  if (notificationBytes(whole) <= MAX_NOTIFICATION_BYTES) return whole;
  const { extra } = fitExtra(Object.entries(message.extra));
  return replayOf(toNotification({ ...message, extra }), id);
}

interface Entry {
  readonly message: ArchivedMessage;
  readonly notification: Notification;
}

/** @returns The messages that SNS refuses for good. */
async function publish(
  entries: readonly Entry[],
  topic: MessageTopic,
  tally: ReplayTally,
  signal: AbortSignal,
): Promise<Set<ArchivedMessage>> {
  const refused = new Set<ArchivedMessage>();
  const maybePublished = new Set<ArchivedMessage>();
  let left = entries;
  for (let tries = 0; left.length > 0; tries++) {
    const notifications = left.map(({ notification }) => notification);
    tally.uncertain = new Set([...maybePublished, ...left.map(({ message }) => message)]).size;
    const answers = await Promise.all(topic.publishBatch(notifications, signal));
    signal.throwIfAborted();
    const failed = left.flatMap((entry, place) => {
      const answer = answers[place] ?? { error: 'NoResult', fault: 'unknown' as const };
      return 'error' in answer ? [{ ...entry, ...answer }] : [];
    });
    const isUnpublished = ({ error, fault }: NotPublished) =>
      fault === 'entry' || REFUSAL.test(error);
    const unpublished = new Set(failed.filter(isUnpublished).map(({ message }) => message));
    for (const { message } of left) if (!unpublished.has(message)) maybePublished.add(message);
    tally.uncertain = maybePublished.size;
    const ofTopic = failed.find(({ fault }) => fault === 'topic');
    if (ofTopic && (tries === RETRIES || REFUSAL.test(ofTopic.error))) {
      throw new ReplayFailed(ofTopic.error);
    }
    // An error that only some entries keep meeting must not stop the others.
    left = tries === RETRIES ? [] : failed.filter(({ fault }) => fault !== 'entry');
    for (const entry of failed) if (!left.includes(entry)) refused.add(entry.message);
    if (left.length > 0) await delay(FIRST_RETRY_MS * 2 ** tries, undefined, { signal });
  }
  return refused;
}

/** SNS no longer accepts messages. */
export class ReplayFailed extends Error {
  override readonly name = 'ReplayFailed';
  /** AWS's name of the error. */
  readonly reason: string;

  constructor(reason: string) {
    super(`SNS does not take the messages: ${reason}`);
    this.reason = reason;
  }
}

/** An id with the time. Two runs of the same second differ. */
export function newReplayId(): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}
