export const METRICS_NAMESPACE = 'InboundSms';

/** Dimensions of every metric. Two services, or two stages, may share an account. */
export interface Dimensions {
  readonly service: string;
  readonly stage: string;
}

/** CloudWatch's names. */
type Unit = 'Count' | 'Milliseconds' | 'Seconds';

/** All metrics and their units. Alarms and dashboards use these names. */
export const METRICS = {
  /** Messages that the webhook or the sweeper published. */
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
  /** Published by the webhook or the sweeper, but not marked. The sweeper may publish it again. */
  NotMarked: 'Count',
  /** A field was not UTF-8 and was read as windows-1252. */
  DecodedAsWindows1252: 'Count',
  /** A field was UTF-8 except for some bytes, which became U+FFFD. */
  DecodedWithReplacements: 'Count',
  /** A form had another content type, or an unknown charset. */
  UnexpectedContentType: 'Count',
  /** An optional field is malformed, repeated or nameless. It is in `extra`. */
  OptionalFieldMalformed: 'Count',
  /** The other fields did not fit into `extra`. */
  ExtraCut: 'Count',
  /** A field other than `webhook_url` held a token of the webhook's URL. */
  TokenRedacted: 'Count',
  /** A POST used a token other than the last one configured. */
  OldTokenUsed: 'Count',
  /** A request had the right token but not the edge's secret, and was answered 404. */
  EdgeBypassed: 'Count',
  /** The PBX's Web Hook URL differs from the URL that it posted to. */
  WebhookUrlMismatch: 'Count',
  /** The PBX has no Web Hook Fallback Email. A message that it cannot deliver is lost. */
  FallbackMissing: 'Count',
  /** Duration of the webhook. */
  Duration: 'Milliseconds',
  /** Duration of the sweeper. */
  SweepDuration: 'Milliseconds',
  /** Messages that the sweeper published. */
  SweepPublished: 'Count',
  SweepRefused: 'Count',
  SweepFailed: 'Count',
  /** Overdue messages after a sweep: pending for over a minute. */
  Pending: 'Count',
  /** Age of the oldest of those. */
  OldestPendingAge: 'Seconds',
  /** A subscriber's secret is missing, unreadable or malformed. Nothing is delivered to it. */
  SecretMissing: 'Count',
} as const satisfies Record<string, Unit>;

export type MetricName = keyof typeof METRICS;
