/**
 * The messages between the console's page and its server that only the local stack has: sending, faults and subscribers.
 * protocol.ts has the rest.
 */

/** A message for the simulated PBX to send. */
export interface SendRequest {
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  /** Default: a new one. */
  readonly message_id?: string;
  /** Identical posts at once; 1 to 10. Default 1. */
  readonly copies?: number;
  /** The number of different messages, 1 to 1,000. Default 1. */
  readonly count?: number;
  /** Between attempts. Default 1,000. */
  readonly retryDelayMs?: number;
}

/** After this many failed attempts, the PBX e-mails the message, by the provider's guide. */
export const PBX_ATTEMPTS = 10;

/** A message that the simulated PBX delivers, or has delivered. */
export interface PbxDelivery {
  readonly id: string;
  readonly message_id: string;
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  /** The raw request. */
  readonly request: string;
  readonly started_at: number;
  readonly attempts: readonly PbxDeliveryAttempt[];
  readonly state: 'under way' | 'delivered' | 'e-mailed';
}

export interface PbxDeliveryAttempt {
  readonly at: number;
  readonly ms: number;
  /** Absent if there was no answer. */
  readonly status?: number;
  /** The body of the answer, or the reason why there was none. */
  readonly answer: string;
}

/** The fallback e-mail of the PBX. The provider does not say what it looks like. */
export interface FallbackEmail {
  readonly at: number;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly message_id: string;
}

/** The faults that are on. */
export interface Chaos {
  /** SNS cannot be reached. */
  readonly snsDown: boolean;
  /** The delay of each call to DynamoDB, 0 to 10,000 ms. */
  readonly dynamodbDelayMs: number;
  /** The answer to each message's first put is lost: the message is stored, and the function does not know it. */
  readonly dropPutAnswer: boolean;
  /** The function is killed before it publishes a message for the first time. */
  readonly killBeforePublish: boolean;
}

/** Counts of messages since the server started. */
export interface Counters {
  /** Posted to the webhook. */
  readonly sent: number;
  /** Answered 200. */
  readonly accepted: number;
  /** Sent, and in the table. */
  readonly stored: number;
  /** Sent, and published by the table. */
  readonly published: number;
  /** Sent, and received by the console's queue. */
  readonly delivered: number;
  /** E-mailed by the simulated PBX. */
  readonly emailed: number;
  /** Sent, and deleted from the table by a client, such as `forget` or `doctor`. */
  readonly deleted: number;
  /** Answered 200, but neither deleted nor in the table, or not delivered {@link LOST_AFTER_MS} later. */
  readonly lost: number;
}

/** The longest time of a delivery to a local subscriber. */
export const LOST_AFTER_MS = 10_000;

/** A message in the console's queue, which is subscribed to the topic. */
export interface SubscriberMessage {
  /** The id of this delivery. A message that is published again has a new one. */
  readonly id: string;
  readonly at: number;
  readonly message_id: string;
  readonly message: string;
  readonly subject?: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface FilterRequest {
  /** JSON: a filter policy on message attributes. */
  readonly policy: string;
}

export interface FilterResult {
  /** The `id`s of the messages of `GET subscriber` that a subscription with this policy would get. */
  readonly matching: readonly string[];
  /** The `id`s of the messages that it would not get. Messages that arrived meanwhile are in neither list. */
  readonly others: readonly string[];
}

/** A subscriber of settings.yml, and the state of its deliveries. */
export interface SubscriberStatus {
  readonly name: string;
  /** `email`, `slack`, `teams`, `https` or `queue`. */
  readonly kind: string;
  /** The destination: an address, a host, a queue, or the name of a secret. Never a secret. */
  readonly target?: string;
  /** The filter policy in a few words. Absent if it gets every message. */
  readonly filter?: string;
  /** Messages in its queue, with those between two attempts. */
  readonly waiting: number;
  /** Messages that failed at least once, and are tried again. */
  readonly failing: number;
  /** Since the start. Absent for a `queue`: only its consumer knows. */
  readonly delivered?: number;
  /** Messages in its dead-letter queue. */
  readonly dead: number;
  /** Since the start. */
  readonly lastFailure?: SubscriberFailure;
}

/** A failed attempt to deliver. */
export interface SubscriberFailure {
  readonly at: number;
  /** An HTTP status such as `500`, or `timeout`, `secret missing`, ... */
  readonly reason: string;
  readonly message_id?: string;
  /** 1 for the first. */
  readonly attempt?: number;
  /** Absent if it was the last attempt. */
  readonly next_at?: number;
}

/** An e-mail to an `email` subscriber. */
export interface SubscriberEmail {
  /** New for each e-mail. */
  readonly id: string;
  readonly at: number;
  /** The subscriber's name. */
  readonly subscriber: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly message_id?: string;
}

/** How many of the latest items the local stack and the page keep. */
export const LAB_KEEPS = { deliveries: 500, emails: 200, arrived: 500 } as const;
