import type { Claim, MessageRecord, PendingKey } from './message-record.ts';
import type { Notification } from './notification.ts';

export interface Publication {
  readonly published_at: number;
  readonly sns_message_id: string;
  /** When the record may be deleted, epoch seconds (DynamoDB TTL's unit). */
  readonly expires_at: number;
}

/** A page of one shard's pending keys, oldest first. */
export interface PendingPage {
  readonly keys: readonly PendingKey[];
  /** Give it back as `after` to read on; absent on the last page. */
  readonly next?: PendingKey;
}

export interface PendingQuery {
  /** Only records received before this, epoch ms. */
  readonly receivedBefore: number;
  readonly after?: PendingKey;
}

/** What a sweep's claim came to. */
export type PendingClaim =
  | { readonly status: 'claimed'; readonly record: MessageRecord }
  /** Another attempt holds a live claim. */
  | { readonly status: 'held'; readonly record: MessageRecord }
  /** It is published, or not there. */
  | { readonly status: 'not-pending' };

/**
 * Where messages are kept. A call rejects as soon as its deadline aborts. Every write is conditional, so
 * concurrent attempts cannot undo each other. A write that the SDK sent twice, because its answer was
 * lost, counts as one.
 */
export interface MessageStore {
  /** Stores the record with its claim, unless its `message_id` is taken: then the record in place. */
  putNew(record: MessageRecord, deadline?: AbortSignal): Promise<MessageRecord | 'stored'>;

  /**
   * Claims a pending record for a request of the PBX, if its claim is still the one that was seen
   * (`undefined`: unclaimed), and counts the request and the publish attempt. `undefined` if anybody
   * else was faster.
   */
  takeOver(
    seen: Pick<MessageRecord, 'message_id' | 'claim'>,
    claim: Claim,
    deadline?: AbortSignal,
  ): Promise<MessageRecord | undefined>;

  /**
   * Claims a record for a sweep, if it is pending and nobody holds a live claim on it at `now`, and
   * counts the publish attempt.
   */
  claimPending(
    messageId: string,
    claim: Claim,
    now: number,
    deadline?: AbortSignal,
  ): Promise<PendingClaim>;

  /** Records the publication and drops the claim. False if `owner` does not hold the claim. */
  markPublished(
    messageId: string,
    owner: string,
    publication: Publication,
    deadline?: AbortSignal,
  ): Promise<boolean>;

  /** Drops the claim, so that the next attempt need not wait. False if `owner` does not hold it. */
  release(messageId: string, owner: string, deadline?: AbortSignal): Promise<boolean>;

  /** A page of one shard's pending records. May lag behind the records (an index). */
  findPending(shard: string, query: PendingQuery, deadline?: AbortSignal): Promise<PendingPage>;

  /** How many of one shard's records are pending. May lag behind the records (an index). */
  countPending(
    shard: string,
    query: Pick<PendingQuery, 'receivedBefore'>,
    deadline?: AbortSignal,
  ): Promise<number>;
}

/**
 * Why a notification was not published:
 * - `entry`: for what it holds. Another try of the same notification fails, too.
 * - `topic`: for something that every notification would meet now: the topic, its key, our
 *   permissions, the service, the network, our time.
 * - `unknown`: the service's error is none that we know.
 */
export type PublishFault = 'entry' | 'topic' | 'unknown';

export interface NotPublished {
  /** The service's own code, or the name of the error. */
  readonly error: string;
  readonly fault: PublishFault;
}

/** What became of one notification in a batch. */
export type BatchEntryResult = { readonly sns_message_id: string } | NotPublished;

/** Where messages are published. A call rejects, or fails, as soon as its deadline aborts. */
export interface MessageTopic {
  /** Whether subscribers get a conversation's messages in the order in which they are published. */
  readonly keepsOrder: boolean;

  /** Resolves with SNS's own message id. Rejects if the message may not have been published. */
  publish(notification: Notification, deadline?: AbortSignal): Promise<string>;

  /**
   * Publishes any number of notifications in as few calls as the service's limits allow.
   *
   * @returns A result for each entry, in order. It never rejects, and it is there as soon as the
   * entry's own call is answered, whatever becomes of the others.
   */
  publishBatch(
    notifications: readonly Notification[],
    deadline?: AbortSignal,
  ): readonly Promise<BatchEntryResult>[];
}
