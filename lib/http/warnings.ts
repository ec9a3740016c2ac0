import type { MetricName } from '../telemetry/metrics.ts';

/** The fields that a log may name. Any other name may be a part of a text: see {@link loggedName}. */
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

/** A field's name for the log. An unescaped `&` in a text makes a field's name of what follows it. */
export function loggedName(field: string): LoggedField {
  return LOGGED_FIELDS.find((name) => name === field) ?? 'another field';
}

/** Something odd about a request that changes no answer. The log's `warnings` names it, a metric counts it. */
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
  /** Every text that there may be is listed here, so that nothing from outside gets into the log. */
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

/** Takes a warning as soon as there is one: the request may still be refused. */
export type Warn = (warning: Warning) => void;
