import type { MetricName } from '../telemetry/metrics.ts';

/** Field names that a log may show. Any other name may be part of a text: see {@link loggedName}. */
const LOGGED_FIELDS = [
  'message_id',
  'service_id',
  'from',
  'sms_number',
  'body',
  'timestamp',
  'webhook_url',
  'webhook_url_fallback',
] as const;

type LoggedField = (typeof LOGGED_FIELDS)[number] | 'another field';

/** A field's name for the log. After an unescaped `&` in a text, the rest of the text looks like a name. */
export function loggedName(field: string): LoggedField {
  return LOGGED_FIELDS.find((name) => name === field) ?? 'another field';
}

/**
 * An oddity of a request that does not change the answer. The log's `warnings` names it, a metric counts
 * it.
 */
export interface Warning {
  readonly metric: Extract<
    MetricName,
    | 'WebhookUrlMismatch'
    | 'FallbackMissing'
    | 'DecodedAsWindows1252'
    | 'DecodedWithReplacements'
    | 'UnexpectedContentType'
    | 'OptionalFieldMalformed'
    | 'ExtraCut'
    | 'TokenRedacted'
  >;
  /** All possible texts, so that no text from outside gets into the log. */
  readonly warning:
    | 'webhook_url is no web address'
    | 'webhook_url has another host'
    | 'webhook_url has another path'
    | 'webhook_url_fallback is missing'
    | 'webhook_url_fallback is blank'
    | 'the content type is not that of a form'
    | 'the charset is unknown'
    | 'a field has no name'
    | 'extra is cut'
    | `${LoggedField} ${FieldWarning}`;
}

type FieldWarning =
  | 'was read as windows-1252'
  | 'has bytes that are not UTF-8'
  | 'is there more than once'
  | 'is in milliseconds'
  | 'is malformed'
  | 'held a token';

/** Reports a warning at once, because the request may still be refused. */
export type Warn = (warning: Warning) => void;
