import { hash } from 'node:crypto';

/** The ends of a request whose body is kept: the rows of these names in outcomes.ts. */
export const QUARANTINE_REASONS = [
  'invalid',
  'not-a-form',
  'too-large',
  'source-not-allowed',
  'number-not-allowed',
  'conflict',
] as const;

export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

export const isQuarantineReason = (outcome: string): outcome is QuarantineReason =>
  QUARANTINE_REASONS.some((reason) => reason === outcome);

/** The part of a form that is kept, in bytes: all of the largest form that can be a message. */
export const MAX_KEPT_BYTES = 65_536;

/** What a request held that was refused, without the tokens of the webhook's URL. */
export interface RefusedRequest {
  readonly quarantine_id: string;
  readonly reason: QuarantineReason;
  /** With `invalid`: the fields and what is wrong with each, as the log has it. Holds no value. */
  readonly faults?: string;
  /** The body as it was sent, {@link MAX_KEPT_BYTES} at most. */
  readonly form: Uint8Array;
  /** Visible ASCII. */
  readonly content_type?: string;
  /** More was sent than is kept. What is left cannot be accepted. */
  readonly is_cut: boolean;
  /** The form's own, if it is a valid one. */
  readonly sent_message_id?: string;
  readonly from?: string;
  readonly sms_number?: string;
  /** Of the message that the form is, if it is one: over what was sent, before tokens were taken out. */
  readonly fingerprint?: string;
}

/**
 * What an operator has decided to deliver. It is written before it is delivered. It is taken back only if
 * another message turns out to have the id.
 */
export interface Acceptance {
  readonly message_id: string;
  readonly fingerprint: string;
  /** The values that the operator gave fields of the form. */
  readonly set: Readonly<Record<string, string>>;
}

/** One refused message, however often the PBX tried to deliver it. */
export interface QuarantineEntry extends Omit<RefusedRequest, 'form'> {
  /** Absent once the entry is discarded, as are `content_type`, `from` and `sms_number`. */
  readonly form?: Uint8Array;
  /** The first attempt, epoch ms. */
  readonly received_at: number;
  /** The last attempt, epoch ms. `reason` and `faults` are those of this one; the rest is of the first. */
  readonly last_received_at: number;
  /** Attempts. */
  readonly requests: number;
  /** Lambda's request id of the last attempt: a write that the SDK sent twice counts once. */
  readonly last_request: string;
  /** When the entry may be deleted, epoch seconds. */
  readonly expires_at: number;
  readonly acceptance?: Acceptance;
  /** When the accepted message was published, epoch ms. */
  readonly accepted_at?: number;
  /** Epoch ms. */
  readonly discarded_at?: number;
}

/**
 * The id of a message that came with a `message_id`: 32 hex digits. The PBX's ten attempts have one id, even
 * if each has another `timestamp`.
 *
 * @param content Tells apart two messages under one `message_id`: a fingerprint, or another hash.
 */
export function quarantineIdOfMessage(message_id: string, content: string): string {
  return idOf(['message', message_id, content]);
}

/**
 * The id of a body without a valid `message_id`: 32 hex digits. Two that differ in anything stay two.
 *
 * @param content A hash of the whole body.
 */
export function quarantineIdOfBody(content: string): string {
  return idOf(['request', content]);
}

function idOf(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 32);
}
