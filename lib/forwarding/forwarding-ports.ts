import type { DeliveryMark } from './delivery-mark.ts';
import type { Outgoing } from './outgoing.ts';

/** Stores the marks in the records of messages. A call rejects as soon as its deadline aborts. */
export interface DeliveryMarkStore {
  /** A consistent read. `undefined` if the record has no mark of this subscriber or does not exist. */
  read(
    messageId: string,
    subscriber: string,
    deadline?: AbortSignal,
  ): Promise<DeliveryMark | undefined>;

  /**
   * Replaces the mark. False if the record does not exist, because a mark never makes one. Also false if
   * the mark is about failures only and the record's is about a delivery.
   */
  write(
    messageId: string,
    subscriber: string,
    mark: DeliveryMark,
    deadline?: AbortSignal,
  ): Promise<boolean>;
}

/** The result of reading a secret. */
export type SecretReading =
  | { readonly secret: string }
  | {
      readonly reason: 'secret missing' | 'secret not readable' | 'secret unavailable';
      readonly error?: unknown;
    };

/** Reads a secret. Never rejects. */
export type ReadSecret = (name: string, deadline?: AbortSignal) => Promise<SecretReading>;

/** The receiver's answer, or why there was none. */
export type Answer =
  | {
      /** The HTTP status. */
      readonly status: number;
      /** The header `Retry-After`. */
      readonly retryAfter?: string | undefined;
    }
  | {
      /** A few words without a URL or a secret, such as `timeout`. */
      readonly fault: string;
    };

/** Sends to the receiver. Never rejects, and ends as soon as its deadline aborts. */
export type Send = (outgoing: Outgoing, deadline: AbortSignal) => Promise<Answer>;

/** The queue that a message came from. */
export interface SubscriberQueue {
  /** Makes the queue deliver the message again after this time: 0 to 43,200 seconds. */
  pause(receiptHandle: string, seconds: number, deadline: AbortSignal): Promise<void>;
}
