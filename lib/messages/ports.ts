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
  /** Pass it as `after` to read on. Absent on the last page. */
  readonly next?: PendingKey;
}

export interface PendingQuery {
  /** Only records received before this, epoch ms. */
  readonly receivedBefore: number;
  readonly after?: PendingKey;
}

/** The result of a sweep's claim. */
export type PendingClaim =
  | { readonly status: 'claimed'; readonly record: MessageRecord }
  /** Another attempt holds a live claim. */
  | { readonly status: 'held'; readonly record: MessageRecord }
  /** It is published or does not exist. */
  | { readonly status: 'not-pending' };

/**
 * Stores messages. A call rejects as soon as its deadline aborts. Every write is conditional, so concurrent
 * attempts cannot undo each other. A write that the SDK sent twice, because its answer was lost, counts
 * once.
 */
export interface MessageStore {
  /** Stores the record with its claim. If its `message_id` is taken, returns the record in place. */
  putNew(record: MessageRecord, deadline?: AbortSignal): Promise<MessageRecord | 'stored'>;

  /**
   * Claims a pending record for a request of the PBX if its claim has not changed since it was `seen`
   * (`undefined`: unclaimed). Counts the request and the publish attempt. Returns `undefined` if another
   * attempt was faster.
   */
  takeOver(
    seen: Pick<MessageRecord, 'message_id' | 'claim'>,
    claim: Claim,
    deadline?: AbortSignal,
  ): Promise<MessageRecord | undefined>;

  /**
   * Claims a record for a sweep if it is pending and has no live claim at `now`. Counts the publish
   * attempt.
   */
  claimPending(
    messageId: string,
    claim: Claim,
    now: number,
    deadline?: AbortSignal,
  ): Promise<PendingClaim>;

  /** Records the publication and removes the claim. False if `owner` does not hold the claim. */
  markPublished(
    messageId: string,
    owner: string,
    publication: Publication,
    deadline?: AbortSignal,
  ): Promise<boolean>;

  /** Removes the claim, so that the next attempt need not wait. False if `owner` does not hold it. */
  release(messageId: string, owner: string, deadline?: AbortSignal): Promise<boolean>;

  /** A page of one shard's pending records. It reads an index, which may lag behind the records. */
  findPending(shard: string, query: PendingQuery, deadline?: AbortSignal): Promise<PendingPage>;

  /** Counts one shard's pending records. It reads an index, which may lag behind the records. */
  countPending(
    shard: string,
    query: Pick<PendingQuery, 'receivedBefore'>,
    deadline?: AbortSignal,
  ): Promise<number>;
}

/**
 * Why a notification was not published:
 * - `entry`: its content. Another try of the same notification fails, too.
 * - `topic`: a fault that every notification would meet now. It is in the topic, its key, our permissions,
 * the service, the network or our time.
 * - `unknown`: we do not know the service's error.
 */
export type PublishFault = 'entry' | 'topic' | 'unknown';

export interface NotPublished {
  /** The service's error code, or the name of the error. */
  readonly error: string;
  readonly fault: PublishFault;
}

/** The result for one notification of a batch. */
export type BatchEntryResult = { readonly sns_message_id: string } | NotPublished;

/** Publishes messages. A call rejects, or fails, as soon as its deadline aborts. */
export interface MessageTopic {
  /** Whether subscribers get a conversation's messages in the order of publishing. */
  readonly keepsOrder: boolean;

  /** Resolves with SNS's own message id. Rejects if the message may not have been published. */
  publish(notification: Notification, deadline?: AbortSignal): Promise<string>;

  /**
   * Publishes any number of notifications in as few calls as the service's limits allow.
   *
   * @returns A result for each entry, in order. A result never rejects, and settles as soon as the entry's
   * own call is answered.
   */
  publishBatch(
    notifications: readonly Notification[],
    deadline?: AbortSignal,
  ): readonly Promise<BatchEntryResult>[];
}
