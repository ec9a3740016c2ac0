import type { Claim, MessageRecord, PendingKey } from './message-record.ts';
import type { Notification } from './notification.ts';

/** Ends a call that takes too long: the call rejects as soon as the signal aborts. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

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

/**
 * Where messages are kept. Every write is conditional, so that it holds whatever else goes on, and
 * a write that the SDK sent twice because its answer was lost counts as one.
 */
export interface MessageStore {
  /** Stores the record with its claim, unless its `message_id` is taken: then the record in place. */
  putNew(record: MessageRecord, options?: CallOptions): Promise<MessageRecord | 'stored'>;

  /**
   * Claims a pending record for a request of the PBX, if its claim is still the one that was seen
   * (`undefined`: unclaimed), and counts the request and the attempt. `undefined` if anybody else was
   * faster.
   */
  takeOver(
    seen: Pick<MessageRecord, 'message_id' | 'claim'>,
    claim: Claim,
    options?: CallOptions,
  ): Promise<MessageRecord | undefined>;

  /**
   * Claims a record for a sweep, if it is pending and nobody holds a live claim on it at `now`, and
   * counts the attempt. Whose claim the record carries tells whether it is ours: a store may give back what
   * another holds. `undefined` if it does not, or if there is no such record.
   */
  claimPending(
    messageId: string,
    claim: Claim,
    now: number,
    options?: CallOptions,
  ): Promise<MessageRecord | undefined>;

  /** Records the publication and drops the claim. False if `owner` does not hold the claim. */
  markPublished(
    messageId: string,
    owner: string,
    publication: Publication,
    options?: CallOptions,
  ): Promise<boolean>;

  /** Drops the claim, so that the next attempt need not wait. False if `owner` does not hold it. */
  release(messageId: string, owner: string, options?: CallOptions): Promise<boolean>;

  /** A page of one shard's pending records. May lag behind the records (an index). */
  findPending(shard: string, query: PendingQuery, options?: CallOptions): Promise<PendingPage>;

  /** How many of one shard's records are pending. May lag behind the records (an index). */
  countPending(
    shard: string,
    query: Pick<PendingQuery, 'receivedBefore'>,
    options?: CallOptions,
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

/** Where messages are published. */
export interface MessageTopic {
  /** Whether subscribers get a conversation's messages in the order in which they are published. */
  readonly keepsOrder: boolean;

  /** Resolves with SNS's own message id. Rejects if the message may not have been published. */
  publish(notification: Notification, options?: CallOptions): Promise<string>;

  /**
   * Publishes any number of notifications in as few calls as the service's limits allow.
   *
   * @returns A result for each entry, in order. It never rejects, and it is there as soon as the
   * entry's own call is answered, whatever becomes of the others.
   */
  publishBatch(
    notifications: readonly Notification[],
    options?: CallOptions,
  ): readonly Promise<BatchEntryResult>[];
}
