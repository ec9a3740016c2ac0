/**
 * What the console's page and its server say to each other: JSON over HTTP below {@link API_PATH}, and
 * server-sent events. Times are epoch ms, durations ms. Types and constants only: both sides load it.
 *
 * | request                  | answer                                      | where         |
 * | ------------------------ | ------------------------------------------- | ------------- |
 * | `POST session`           | {@link SessionRequest} → {@link SessionAnswer} | deployed |
 * | `GET stack`              | {@link StackInfo}                           | everywhere    |
 * | `GET setup`              | {@link StackSetup}                          | everywhere    |
 * | `GET messages?…`         | {@link MessagePage}, of a {@link MessageQuery} | everywhere |
 * | `GET messages/ID`        | {@link MessageDetail}                       | everywhere    |
 * | `GET attempts`           | {@link KnownAttempts}                       | everywhere    |
 * | `GET events`             | server-sent {@link ConsoleEvents}           | everywhere    |
 * | `POST replay`            | {@link ReplayRequest} → {@link ReplayResult} | if `canReplay` |
 * | `POST send`              | {@link SendRequest} → {@link PbxDelivery}[]    | local         |
 * | `GET deliveries`         | {@link PbxDelivery}[], the latest first        | local         |
 * | `GET outbox`             | {@link FallbackEmail}[], the latest first   | local         |
 * | `GET chaos`, `PUT chaos` | {@link Chaos}                               | local         |
 * | `POST sweep`             | 204 when the sweeper has run                | local         |
 * | `POST clear`             | {@link ClearResult}                         | local         |
 * | `GET counters`           | {@link Counters}                            | local         |
 * | `GET subscriber`         | {@link SubscriberMessage}[], the latest first | local       |
 * | `POST filter`            | {@link FilterRequest} → {@link FilterResult} | local        |
 * | `GET subscribers`        | {@link SubscriberStatus}[]                  | local         |
 * | `GET emails`             | {@link SubscriberEmail}[], the latest first | local         |
 *
 * stack-protocol.ts has those of the session and of the setup. What fails is answered with a {@link Problem} and its status.
 */
export const API_PATH = '/_console/api/';

/** What the console shows, and what it may do. */
export interface StackInfo {
  /** New each time the server starts: what it kept in memory is gone then. */
  readonly session: string;
  readonly name: string;
  readonly region: string;
  readonly isLocal: boolean;
  readonly messageFormat: string;
  /** Whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** What goes into the PBX's field; local only, because it has the token in it. */
  readonly webhookUrl?: string;
  readonly canReplay: boolean;
  /** How far back the requests to the webhook are known at most; 0 where nothing tells of them. */
  readonly activityMs: number;
}

/**
 * How far a message is.
 *
 * - `publishing`: somebody holds a live claim on it.
 * - `stored`: not published, and young: the PBX will send it again.
 * - `overdue`: not published for longer than the sweeper waits: its next run publishes it.
 */
export type MessageState = 'stored' | 'publishing' | 'overdue' | 'published';

/** A message in the list. */
export interface MessageSummary {
  readonly message_id: string;
  readonly service_id?: string;
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  /** When the provider received it, epoch seconds. */
  readonly timestamp?: number;
  readonly received_at: number;
  readonly published_at?: number;
  /** Requests of the PBX that were counted. */
  readonly requests: number;
  /** Publish attempts: tries at SNS. */
  readonly publish_attempts: number;
  readonly state: MessageState;
  /** How often another message with the same id was refused, as far as the log goes back. */
  readonly conflicts: number;
}

/** All of it may be left out; as parameters of the URL. */
export interface MessageQuery {
  /** The size of the page, 500 at most. Default 100. */
  readonly limit?: number;
  /** Only older ones than this place in the list: `next` of the page before. */
  readonly before?: string;
  /** A number in any spelling or a name, or a part of either. Empty: withheld. */
  readonly from?: string;
  /** The same. */
  readonly sms_number?: string;
  /** `from` and `sms_number` are whole, as for a conversation. `true` in a URL. */
  readonly isExact?: boolean;
  /** Words that all have to be in the body, a number or the id. */
  readonly search?: string;
  readonly state?: MessageState | 'conflict';
  readonly since?: number;
  readonly until?: number;
  /** Only what this replay published. The server knows those that it has made since it started. */
  readonly replay?: string;
}

/** Newest first. */
export interface MessagePage {
  readonly messages: readonly MessageSummary[];
  /** Give it back as `before` to go on; absent at the end. */
  readonly next?: string;
  /** How far back it looked. A search ends its page at a limit of messages read, even if few matched. */
  readonly searchedTo?: number;
}

export interface MessageDetail {
  readonly summary: MessageSummary;
  /** As it is stored. */
  readonly record: Readonly<Record<string, unknown>>;
  /** As subscribers get it; the message is JSON. */
  readonly notification: {
    readonly message: string;
    readonly subject: string;
    readonly attributes: Readonly<Record<string, string>>;
  };
  /** In order of time. */
  readonly timeline: readonly TimelineEvent[];
  /** Whether the timeline has the calls to AWS: a deployed stack does not log them. */
  readonly hasCalls: boolean;
}

export type TimelineEvent =
  | ({ readonly kind: 'attempt' } & Attempt)
  | ({ readonly kind: 'call' } & AwsCallView)
  | { readonly kind: 'delivered'; readonly at: number; readonly replay?: string }
  | ({ readonly kind: 'delivery' } & DeliveryView)
  /** What the record says, where nothing else does. */
  | { readonly kind: 'recorded'; readonly at: number; readonly what: 'received' | 'published' };

/** A request to the webhook. */
export interface Attempt {
  /** When it was answered. */
  readonly at: number;
  readonly ms: number;
  /** Absent if there was no answer. */
  readonly status?: number;
  /** See lib/http/outcomes.ts; absent if the function did not get to say. */
  readonly outcome?: string;
  /** Absent if the request had none that could be read. */
  readonly message_id?: string;
  /** What was wrong, as the answer or the log has it. */
  readonly reason?: string;
}

/** The last requests to the webhook. */
export interface KnownAttempts {
  /** What came before is not known. */
  readonly since: number;
  /** In order of time. */
  readonly attempts: readonly Attempt[];
}

/** A call that a function made to AWS. */
export interface AwsCallView {
  /** When it was made. */
  readonly at: number;
  readonly ms: number;
  readonly service: 'dynamodb' | 'sns';
  /** `PutItem`, `Publish`, ... */
  readonly operation: string;
  /** What it is for: `store and claim`, `publish`, `mark as published`, `mark the delivery`, ... */
  readonly purpose: string;
  readonly message_id: string;
  /** The subscriber that the forwarder makes it for. */
  readonly subscriber?: string;
  /** Absent if there was no answer. */
  readonly status?: number;
  /** AWS's name for what went wrong, or what the chaos did to it. */
  readonly error?: string;
}

/** How far the delivery of a message to a subscriber of settings.yml is. */
export interface DeliveryView {
  /** When it got that far; the time of the publication, while nothing is marked. */
  readonly at: number;
  /** Its name. */
  readonly subscriber: string;
  /** `handed-over`: to SNS, for a queue of one's own. `unknown`: nothing tells whether it is for it. */
  readonly state:
    | 'waiting'
    | 'failing'
    | 'delivered'
    | 'dead'
    | 'handed-over'
    | 'not-for-it'
    | 'unknown';
  /** `500 three times, delivered 4 minutes later` */
  readonly text: string;
}

/** Messages in one replay. */
export const MAX_REPLAYED = 1_000;

export interface ReplayRequest {
  /** At most {@link MAX_REPLAYED}. */
  readonly message_ids: readonly string[];
}

export interface ReplayResult {
  /** The id of the run: the attribute `replay` of what is published. */
  readonly replay: string;
  readonly published: number;
  /** Not published yet: left to the sweeper. */
  readonly pending: number;
  readonly refused: number;
}

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

/** The events of `GET events`, by name; the data is JSON. */
export interface ConsoleEvents {
  /** First of all, each time it connects. */
  readonly hello: StackInfo;
  /** New, or changed. */
  readonly message: MessageSummary;
  readonly attempt: Attempt;
  readonly delivery: PbxDelivery;
  readonly email: FallbackEmail;
  readonly chaos: Chaos;
  readonly counters: Counters;
  readonly subscriber: SubscriberMessage;
  /** All of them, when something has changed. */
  readonly subscribers: readonly SubscriberStatus[];
  readonly subscriberEmail: SubscriberEmail;
  /** Something new in the timeline of a message. */
  readonly timeline: { readonly message_id: string };
}

/** RFC 9457, as far as it is used here. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}
