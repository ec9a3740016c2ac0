import type { MetricName } from '../telemetry/metrics.ts';
import type { Level } from '../telemetry/observability.ts';

/**
 * How a webhook request can end: the answer, what the PBX does next, and how it is logged and counted. Only
 * a 200 counts as delivered for the PBX. It retries anything else, 10 attempts in all, and then e-mails the
 * message to the fallback address (the provider's guide).
 *
 * docs/errors.md lists the same rows, and a test compares the two.
 */
export interface Answer {
  readonly status: number;
  readonly title: string;
  /** Seconds, for the `Retry-After` header. */
  readonly retryAfter?: number;
  /** What the PBX does next. */
  readonly next: 'done' | 'retries' | 'retries, then e-mails' | 'nothing';
  /** The level of the log line. */
  readonly level: Level;
  /** A POST with the right token that is not accepted. It counts as `Refused`, too, for one alarm. */
  readonly isRefusal?: true;
}

export const ANSWERS = {
  published: { status: 200, title: 'Stored and published', next: 'done', level: 'INFO' },
  duplicate: { status: 200, title: 'Already published', next: 'done', level: 'INFO' },
  'in-flight': {
    status: 503,
    title: 'Another attempt is publishing this message right now',
    retryAfter: 5,
    next: 'retries',
    level: 'WARN',
  },
  unavailable: {
    status: 503,
    title: 'The message could not be stored and published in time',
    retryAfter: 5,
    next: 'retries',
    level: 'ERROR',
  },
  conflict: {
    status: 409,
    title: 'Another message has this message_id',
    next: 'retries, then e-mails',
    level: 'WARN',
  },
  invalid: refusal(400, 'The form has faults'),
  'not-a-form': refusal(415, 'The body is not a form'),
  'too-large': refusal(413, 'The message is too large'),
  'source-not-allowed': refusal(403, 'Requests from this address are not allowed'),
  'number-not-allowed': refusal(403, 'Messages to this number are not allowed'),
  'unknown-token': {
    status: 404,
    title: 'Not found',
    next: 'retries, then e-mails',
    level: 'WARN',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Only POST is allowed',
    next: 'nothing',
    level: 'WARN',
  },
  failed: {
    status: 500,
    title: 'Internal error',
    next: 'retries, then e-mails',
    level: 'ERROR',
  },
} as const satisfies Record<string, Answer>;

/**
 * From this one of the PBX's 10 attempts on, an undelivered message is reported. There is still time to act
 * before the fallback e-mail.
 */
export const LOW_RETRY_BUDGET_AT = 7;

export type Outcome = keyof typeof ANSWERS;

function refusal<Status extends number, Title extends string>(status: Status, title: Title) {
  const next = 'retries, then e-mails';
  return { status, title, next, level: 'WARN', isRefusal: true } as const;
}

type PascalCase<Text extends string> = Text extends `${infer Word}-${infer Rest}`
  ? `${Capitalize<Word>}${PascalCase<Rest>}`
  : Capitalize<Text>;

/** The metric that counts an outcome: `in-flight` is `InFlight`. */
export function metricOf(outcome: Outcome): MetricName {
  const name = outcome.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return name as PascalCase<Outcome>;
}

/** Why a request is refused, for the log. The texts are fixed, so that no text from outside gets into it. */
export type RefusalReason =
  | 'There is nothing at this URL'
  | 'The parameter allowedSourceCidrs does not contain the address that this request came from'
  | 'The parameter allowedSourceCidrs needs the header CloudFront-Viewer-Address, which the edge does not send'
  | 'The parameter allowedSmsNumbers does not contain the sms_number of this message'
  | 'The method is not POST'
  | 'The form is too large'
  | 'The body is not a form'
  | 'The body is not valid base64'
  | 'Fields are missing or malformed';

/** What is wrong with one field of the form. Never holds the field's value. */
export interface FieldFault {
  readonly field: 'message_id' | 'from' | 'sms_number' | 'body';
  readonly reason:
    | 'is missing'
    | 'is empty'
    | 'is there more than once'
    | 'holds a token of the webhook’s URL'
    | 'must be 1 to 128 visible ASCII characters'
    | 'must not hold control characters or others that XML 1.0 excludes'
    | `must have ${number} characters at most`;
}

/** The faults as the log shows them. */
export function describeFaults(faults: readonly FieldFault[]): string {
  return faults.map(({ field, reason }) => `${field} ${reason}`).join('; ');
}

interface RefusalDetails {
  /** For the caller, instead of the reason. May repeat what the caller sent, but no secret. */
  readonly detail?: string;
  readonly faults?: readonly FieldFault[];
}

/** A refused request. The reading code throws it, and `answerErrors` of answers.ts answers it. */
export class RequestRefused extends Error {
  readonly outcome: Outcome;
  readonly reason: RefusalReason;
  /** Only for the caller. A log must not hold it. */
  readonly detail: string;
  readonly faults: readonly FieldFault[];

  /** @param outcome A row of {@link ANSWERS}. */
  constructor(
    outcome: Outcome,
    reason: RefusalReason,
    { detail = reason, faults = [] }: RefusalDetails = {},
  ) {
    super(reason);
    this.name = 'RequestRefused';
    this.outcome = outcome;
    this.reason = reason;
    this.detail = detail;
    this.faults = faults;
  }
}
