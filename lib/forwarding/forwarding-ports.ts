import type { DeliveryMark } from './delivery-mark.ts';
import type { Outgoing } from './outgoing.ts';

/** The marks on the records of messages. A call rejects as soon as its deadline aborts. */
export interface DeliveryMarkStore {
  /** As of the last write. `undefined` if the record has none of this subscriber, or is not there. */
  read(
    messageId: string,
    subscriber: string,
    deadline?: AbortSignal,
  ): Promise<DeliveryMark | undefined>;

  /**
   * Replaces the mark. False if the record is not there: a mark never makes one. False also if the mark is
   * of failures only and the record's is of a delivery.
   */
  write(
    messageId: string,
    subscriber: string,
    mark: DeliveryMark,
    deadline?: AbortSignal,
  ): Promise<boolean>;
}

/** What reading a secret came to. */
export type SecretReading =
  | { readonly secret: string }
  | {
      readonly reason: 'secret missing' | 'secret not readable' | 'secret unavailable';
      readonly error?: unknown;
    };

/** Where secrets are. It never rejects. */
export type ReadSecret = (name: string, deadline?: AbortSignal) => Promise<SecretReading>;

/** What the other side answered, or why there was no answer. */
export type Answer =
  | {
      /** Of HTTP. */
      readonly status: number;
      /** The header `Retry-After`. */
      readonly retryAfter?: string | undefined;
    }
  | {
      /** A few words without a URL or a secret, such as `timeout`. */
      readonly fault: string;
    };

/** Sends to the other side. It never rejects, and ends as soon as its deadline aborts. */
export type Send = (outgoing: Outgoing, deadline: AbortSignal) => Promise<Answer>;

/** The queue that a message came from. */
export interface SubscriberQueue {
  /** Hands the message over again after so many seconds: 0 to 43,200. */
  pause(receiptHandle: string, seconds: number, deadline: AbortSignal): Promise<void>;
}
