export const METRICS_NAMESPACE = 'InboundSms';

/** What every metric is told apart by: two services, or two stages, may share an account. */
export interface Dimensions {
  readonly service: string;
  readonly stage: string;
}

/** CloudWatch's names. */
type Unit = 'Count' | 'Milliseconds' | 'Seconds';

/** Every metric there is, and its unit: alarms and dashboards go by these names. */
export const METRICS = {
  /** Messages published, by the webhook or by the sweeper. */
  Published: 'Count',
  Duplicate: 'Count',
  InFlight: 'Count',
  Unavailable: 'Count',
  Conflict: 'Count',
  Invalid: 'Count',
  NotAForm: 'Count',
  TooLarge: 'Count',
  UnknownToken: 'Count',
  SourceNotAllowed: 'Count',
  NumberNotAllowed: 'Count',
  MethodNotAllowed: 'Count',
  Failed: 'Count',
  /** A POST with the right token whose message is not accepted: `isRefusal` in outcomes.ts. */
  Refused: 'Count',
  /** The PBX has few requests left for a message that is not delivered. */
  RetryBudgetLow: 'Count',
  /** Published by the webhook or the sweeper, but not marked: the sweeper may publish it again. */
  NotMarked: 'Count',
  /** A field was not UTF-8 and was read as windows-1252. */
  DecodedAsWindows1252: 'Count',
  /** A field was UTF-8 but for some bytes, each of which became U+FFFD. */
  DecodedWithReplacements: 'Count',
  /** A form came with another content type, or with a charset that is not known. */
  UnexpectedContentType: 'Count',
  /** A field that a message can do without is malformed, repeated or nameless: it is in `extra`. */
  OptionalFieldMalformed: 'Count',
  /** The fields beyond the message were more than `extra` may hold. */
  ExtraCut: 'Count',
  /** A field other than `webhook_url` held a token of the webhook's URL. */
  TokenRedacted: 'Count',
  /** A POST came to the URL of a token other than the last one configured. */
  OldTokenUsed: 'Count',
  /** The right token came without the edge's secret, and was answered 404. */
  EdgeBypassed: 'Count',
  /** The PBX says that its Web Hook URL is another one than that which it posted to. */
  WebhookUrlMismatch: 'Count',
  /** The PBX has no Web Hook Fallback Email: what it cannot deliver, nobody reads. */
  FallbackMissing: 'Count',
  /** Of the webhook. */
  Duration: 'Milliseconds',
  /** Of the sweeper. */
  SweepDuration: 'Milliseconds',
  /** Those that the sweeper published. */
  SweepPublished: 'Count',
  SweepRefused: 'Count',
  SweepFailed: 'Count',
  /** Overdue messages that a sweep has left: pending for over a minute. */
  Pending: 'Count',
  /** Of the oldest of those. */
  OldestPendingAge: 'Seconds',
  /** A subscriber's secret is not there, may not be read, or cannot be used: nothing is delivered to it. */
  SecretMissing: 'Count',
} as const satisfies Record<string, Unit>;

export type MetricName = keyof typeof METRICS;
