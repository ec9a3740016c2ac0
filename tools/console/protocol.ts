import type {
  Chaos,
  Counters,
  FallbackEmail,
  PbxDelivery,
  SubscriberEmail,
  SubscriberMessage,
  SubscriberStatus,
} from './lab-protocol.ts';
import type { TunnelStatus } from './stack-protocol.ts';

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
 * | `GET export?…`          | a file, of an {@link ExportQuery}           | everywhere    |
 * | `GET attempts`           | {@link KnownAttempts}                       | everywhere    |
 * | `GET requests?…`         | RefusedPage, of a RefusedQuery              | everywhere    |
 * | `GET requests/ID`        | RefusedDetail                               | everywhere    |
 * | `GET events`             | server-sent {@link ConsoleEvents}           | everywhere    |
 * | `POST replay`            | {@link ReplayRequest} → {@link ReplayResult} | if `canReplay` |
 * | `GET replays`            | {@link ReplayRun}[], the latest first       | everywhere    |
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
 * stack-protocol.ts has those of the session and of the setup, lab-protocol.ts those that are local, request-protocol.ts those of
 * refused requests. What fails is answered with a {@link Problem} and its status.
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
  /** What names this stack on the command line: `--stage prod`. */
  readonly selector?: string;
  /** How far back the requests to the webhook are known at most; 0 where nothing tells of them. */
  readonly activityMs: number;
  /** The names of the subscribers whose deliveries are marked. */
  readonly subscribers: readonly string[];
}

/**
 * How far a message is.
 *
 * - `publishing`: somebody holds a live claim on it.
 * - `stored`: not published, and young: the PBX will send it again.
 * - `overdue`: not published for longer than the sweeper waits: its next run publishes it.
 */
export type MessageState = 'stored' | 'publishing' | 'overdue' | 'published';

/**
 * What a message had trouble with.
 *
 * - `late`: published a minute or more after the PBX received it.
 * - `retried`: its record counts more than one request.
 * - `conflict`: another message with its id was refused.
 */
export type MessageTrouble = 'late' | 'retried' | 'conflict';

/**
 * What a list can be narrowed down to. `pending`: not published, in whichever state. `replayed`: see
 * {@link MessageSummary}.
 */
export type MessageFilter = MessageState | MessageTrouble | 'pending' | 'replayed';

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
  /** The PBX's requests that the record counts. There may be more: see lib/messages/message-record.ts. */
  readonly requests: number;
  /** Publish attempts: tries at SNS. */
  readonly publish_attempts: number;
  readonly state: MessageState;
  /** While the state is `publishing`: when the claim ends, epoch ms. */
  readonly claimed_until?: number;
  /** How often another message with the same id was refused, as far as the log goes back. */
  readonly conflicts: number;
  /** It was published again, as far as this is known. */
  readonly isReplayed?: true;
  /** The subscribers to which its delivery fails or was given up. */
  readonly undelivered?: readonly string[];
  /** The subscribers whose delivery of it has no outcome yet, however short a time it has waited. */
  readonly waiting?: readonly string[];
}

/** All of it may be left out; as parameters of the URL. */
export interface MessageQuery {
  /** The size of the page, 500 at most. Default 100. */
  readonly limit?: number;
  /** Only older ones than this place in the list: `next` of the page before, or `RECEIVED_AT/ID` of a message. */
  readonly before?: string;
  /** A number in any spelling or a name, or a part of either. Empty: withheld. */
  readonly from?: string;
  /** The same. */
  readonly sms_number?: string;
  /** `from` and `sms_number` are whole, as for a conversation. `true` in a URL. */
  readonly isExact?: boolean;
  /** Words that all have to be in the body, a number or the id. */
  readonly search?: string;
  readonly state?: MessageFilter;
  /** The name of a subscriber: what its delivery fails for, or was given up for. */
  readonly undelivered?: string;
  readonly since?: number;
  readonly until?: number;
  /** Only what this replay published. The server knows those that it has made since it started. */
  readonly replay?: string;
}

/** `csv` is for spreadsheets: see `inbound-sms export`. */
export type ExportFormat = 'csv' | 'jsonl';

/** Which messages to write, the newest first. */
export interface ExportQuery extends Omit<MessageQuery, 'limit' | 'before'> {
  readonly format: ExportFormat;
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
  /** When the PBX received the message: by its own clock, in whole seconds. */
  | { readonly kind: 'sent'; readonly at: number }
  | ({ readonly kind: 'attempt' } & Attempt)
  | ({ readonly kind: 'call' } & AwsCallView)
  | { readonly kind: 'delivered'; readonly at: number; readonly replay?: string }
  | ({ readonly kind: 'delivery' } & DeliveryView)
  /** The PBX has given up, and has e-mailed the message. */
  | { readonly kind: 'emailed'; readonly at: number }
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
  /** Of a refused request that was kept. */
  readonly quarantine_id?: string;
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
  /** The replay that publishes the message again. */
  readonly replay?: string;
  /** Absent if there was no answer. */
  readonly status?: number;
  /** AWS's name for what went wrong, or what the chaos did to it. */
  readonly error?: string;
  /** How much longer the chaos made it take. A slow call may succeed: this alone is no error. */
  readonly slowed_ms?: number;
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

/** A replay of this console. */
export interface ReplayRun extends ReplayResult {
  /** When it began. */
  readonly at: number;
  /** How many messages it is of. */
  readonly messages: number;
  readonly isUnderWay: boolean;
  /** Why it ended early. */
  readonly error?: string;
}

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
  readonly tunnel: TunnelStatus;
  /** It has begun, or has ended. */
  readonly replay: ReplayRun;
  /** Something new in the timeline of a message. */
  readonly timeline: { readonly message_id: string };
}

/** RFC 9457, as far as it is used here. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}
