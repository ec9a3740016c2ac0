/**
 * What the console's page and its server say to each other about the local stack alone: what is sent, what goes wrong, and
 * what its subscribers get. protocol.ts has the rest.
 */

/** What the simulated PBX is to send. */
export interface SendRequest {
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  /** Default: a new one. */
  readonly message_id?: string;
  /** Identical posts at once; 1 to 10. Default 1. */
  readonly copies?: number;
  /** Different messages, 1 to 1,000, each with an id of its own. Default 1. */
  readonly count?: number;
  /** Between attempts. Default 1,000. */
  readonly retryDelayMs?: number;
}

/** After so many failed attempts the PBX gives up, and e-mails the message: the provider's guide. */
export const PBX_ATTEMPTS = 10;

/** A message that the simulated PBX delivers, or has delivered. */
export interface PbxDelivery {
  readonly id: string;
  readonly message_id: string;
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  /** The request, as it goes over the wire. */
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
  /** The answer's body, or why there was none. */
  readonly answer: string;
}

/** What the PBX sends when it gives up. The provider does not say what it looks like. */
export interface FallbackEmail {
  readonly at: number;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly message_id: string;
}

/** What goes wrong, as long as it is on. */
export interface Chaos {
  /** SNS cannot be reached. */
  readonly snsDown: boolean;
  /** How much longer each call to DynamoDB takes; 0 to 10,000. */
  readonly dynamodbDelayMs: number;
  /** The answer to each message's first put is lost: it is stored, and the function does not know. */
  readonly dropPutAnswer: boolean;
  /** The function is killed before it publishes a message for the first time. */
  readonly killBeforePublish: boolean;
}

/** Messages, by their ids, since the server started. */
export interface Counters {
  /** Posted to the webhook. */
  readonly sent: number;
  /** Answered 200. */
  readonly accepted: number;
  /** Of those sent, in the table. */
  readonly stored: number;
  /** Of those sent, published as the table says. */
  readonly published: number;
  /** Of those sent, seen by a subscriber of the topic. */
  readonly delivered: number;
  /** E-mailed by the simulated PBX. */
  readonly emailed: number;
  /** Of those sent, deleted from the table by a client, such as `forget` or `doctor`. */
  readonly deleted: number;
  /** Answered 200, but neither deleted nor in the table, or not delivered {@link LOST_AFTER_MS} later. */
  readonly lost: number;
}

/** How long a delivery to a local subscriber takes at the very most. */
export const LOST_AFTER_MS = 10_000;

/** What a queue that is subscribed to the topic got. */
export interface SubscriberMessage {
  /** The id of this delivery: a message that is published again comes under a new one. */
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
  /** The `id`s of those at `GET subscriber` that a subscription with this policy would get. */
  readonly matching: readonly string[];
  /** The `id`s of those that it would not get. Those that arrived meanwhile are in neither. */
  readonly others: readonly string[];
}

/** A subscriber that settings.yml has made, and how its deliveries go. */
export interface SubscriberStatus {
  readonly name: string;
  /** `email`, `slack`, `teams`, `https` or `queue`. */
  readonly kind: string;
  /** Where it goes: an address, a host, a queue, or the name of a secret. Never a secret. */
  readonly target?: string;
  /** The filter policy in a few words. Absent: it gets every message. */
  readonly filter?: string;
  /** Messages in its queue, those between two attempts included. */
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

/** What an `email` subscriber gets. */
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

/** How much of it the local stack keeps, the latest; and so the page. */
export const LAB_KEEPS = { deliveries: 500, emails: 200, arrived: 500 } as const;
