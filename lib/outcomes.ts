/**
 * Every way in which a webhook request can end: what the caller is answered, and what the PBX does
 * next. Only HTTP 200 counts as delivered for the PBX; anything else it tries again, 10 attempts in
 * all, and then it e-mails the message to the fallback address (the provider's guide).
 *
 * docs/errors.md lists the same rows; a test holds the two together.
 */
export interface Answer {
  readonly status: number;
  readonly title: string;
  /** Seconds, for the `Retry-After` header. */
  readonly retryAfter?: number;
  /** What the PBX does next. */
  readonly next: 'done' | 'retries' | 'retries, then e-mails' | 'nothing';
}

export const ANSWERS = {
  published: { status: 200, title: 'Stored and published', next: 'done' },
  duplicate: { status: 200, title: 'Already published', next: 'done' },
  'in-flight': {
    status: 503,
    title: 'Another attempt is publishing this message right now',
    retryAfter: 5,
    next: 'retries',
  },
  unavailable: {
    status: 503,
    title: 'The message could not be stored and published in time',
    retryAfter: 5,
    next: 'retries',
  },
  conflict: {
    status: 409,
    title: 'Another message has this message_id',
    next: 'retries, then e-mails',
  },
  invalid: { status: 400, title: 'The form has faults', next: 'retries, then e-mails' },
  'not-a-form': {
    status: 415,
    title: 'The body is not a form',
    next: 'retries, then e-mails',
  },
  'too-large': { status: 413, title: 'The message is too large', next: 'retries, then e-mails' },
  'unknown-token': { status: 404, title: 'Not found', next: 'retries, then e-mails' },
  'source-not-allowed': {
    status: 403,
    title: 'Requests from this address are not allowed',
    next: 'retries, then e-mails',
  },
  'number-not-allowed': {
    status: 403,
    title: 'Messages to this number are not allowed',
    next: 'retries, then e-mails',
  },
  'method-not-allowed': { status: 405, title: 'Only POST is allowed', next: 'nothing' },
  failed: { status: 500, title: 'Internal error', next: 'retries, then e-mails' },
} as const satisfies Record<string, Answer>;

/**
 * Of the PBX's 10 attempts, the one from which on a message that is still not delivered is reported,
 * while there is time to act before the fallback e-mail.
 */
export const LOW_RETRY_BUDGET_AT = 7;

export type Outcome = keyof typeof ANSWERS;

/** Why a request is refused, for the log: nothing from outside can get into it. */
export type RefusalReason =
  | 'There is nothing at this URL'
  | 'The parameter allowedSourceCidrs does not hold the address that this request came from'
  | 'The parameter allowedSourceCidrs needs the header CloudFront-Viewer-Address, which the edge does not send'
  | 'The parameter allowedSmsNumbers does not hold the sms_number of this message'
  | 'The method is not POST'
  | 'The form is too large'
  | 'The body is not a form'
  | 'The body is said to be base64 and is not'
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

interface RefusalDetails {
  /** For the caller, instead of the reason. May repeat what the caller sent, but no secret. */
  readonly detail?: string;
  readonly faults?: readonly FieldFault[];
}

/** A request that is refused as it stands: thrown by whatever reads it, answered by the edge. */
export class RequestRefused extends Error {
  readonly outcome: Outcome;
  readonly reason: RefusalReason;
  /** For the caller only: a log may hold nothing of it. */
  readonly detail: string;
  readonly faults: readonly FieldFault[];

  /** @param outcome The row of {@link ANSWERS}. */
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
