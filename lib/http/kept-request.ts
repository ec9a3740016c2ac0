import { hash } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import {
  MAX_KEPT_BYTES,
  type QuarantineReason,
  quarantineIdOfBody,
  quarantineIdOfMessage,
  type RefusedRequest,
} from '../messages/quarantine.ts';
import { REDACTED } from './find-tokens.ts';
import { decodeForm, unescapeBytes } from './form.ts';
import { describeFaults, type FieldFault } from './outcomes.ts';
import { readSentFields } from './read-sms-message.ts';
import { printable, type Redactor } from './redact.ts';
import { readBody } from './webhook-request.ts';

/** In characters. The charset follows the first type, and a boundary has 70 at most. */
const MAX_CONTENT_TYPE = 256;

/**
 * Bytes behind the cut that are also searched for tokens, so that no half of a token stays before
 * it. A token of 1,000 characters that is escaped three times has 7,000.
 */
const MARGIN = 8_192;

/** Makes what is kept of a refused request. It holds no token. */
export function refusedRequest(
  event: APIGatewayProxyEventV2,
  reason: QuarantineReason,
  faults: readonly FieldFault[],
  redactor: Redactor,
): RefusedRequest {
  const { bytes, isForm, charset, contentType } = readBody(event);
  const isWhole = bytes.length <= MAX_KEPT_BYTES;
  // Cut between two fields.
  const end = isWhole ? bytes.length : Math.max(0, bytes.lastIndexOf('&', MAX_KEPT_BYTES));
  const {
    message_id,
    from,
    sms_number,
    fingerprint = undefined,
  } = isForm ? readSentFields(decodeForm(bytes.subarray(0, end), charset), redactor) : {};
  const isMessage = isWhole && fingerprint !== undefined;
  return {
    quarantine_id:
      message_id === undefined
        ? quarantineIdOfBody(hash('sha256', bytes))
        : quarantineIdOfMessage(message_id, isMessage ? fingerprint : hashWithoutTime(bytes)),
    reason,
    ...(faults.length > 0 && { faults: describeFaults(faults) }),
    ...keptBody(bytes, isForm, redactor),
    ...(contentType && { content_type: printable(redactor.text(contentType), MAX_CONTENT_TYPE) }),
    ...(message_id !== undefined && { sent_message_id: message_id }),
    ...(from !== undefined && { from }),
    ...(sms_number !== undefined && { sms_number }),
    ...(isMessage && { fingerprint }),
  };
}

/** A sender may change the timestamp with each attempt. Everything else tells messages apart. */
function hashWithoutTime(bytes: Buffer): string {
  return hash('sha256', bytes.toString('latin1').replace(/(^|&)timestamp=[^&]*/g, '$1'));
}

interface KeptBody {
  readonly form: Buffer;
  /** More was sent than is kept, or the whole body was redacted. */
  readonly is_cut: boolean;
}

/**
 * A body without the tokens of the webhook's URL. A field of a form that holds no token stays byte for
 * byte, so that it can be decoded later as if it had just been sent.
 *
 * @param isForm Whether to read it as a form.
 */
export function keptBody(bytes: Buffer, isForm: boolean, redactor: Redactor): KeptBody {
  const searched = bytes.toString('latin1', 0, MAX_KEPT_BYTES + MARGIN);
  const redacted = isForm ? redactPairs(searched, redactor) : redactText(searched, redactor);
  // The end of what was searched may be the beginning of a token.
  const known = redacted.length - (searched.length < bytes.length ? MARGIN : 0);
  const isDropped = redacted === REDACTED && searched !== REDACTED;
  return {
    form: Buffer.from(redacted.slice(0, Math.max(0, Math.min(known, MAX_KEPT_BYTES))), 'latin1'),
    is_cut: isDropped || Math.max(bytes.length, redacted.length) > MAX_KEPT_BYTES,
  };
}

/** A token has neither `&` nor `=`, so it is within a name or a value. */
function redactPairs(form: string, redactor: Redactor): string {
  const redactPair = (pair: string) => {
    const equals = pair.indexOf('=');
    if (equals < 0) return redactComponent(pair, redactor.text);
    const name = pair.slice(0, equals);
    const redact = unescapeBytes(name) === 'webhook_url' ? redactor.url : redactor.text;
    const value = redactComponent(pair.slice(equals + 1), redact);
    return `${redactComponent(name, redactor.text)}=${value}`;
  };
  return form.split('&').map(redactPair).join('&');
}

function redactComponent(component: string, redact: (text: string) => string): string {
  const sent = unescapeBytes(component);
  const redacted = redact(sent);
  return redacted === sent ? component : escapeBytes(redacted);
}

/** Escapes the characters that have a meaning in a form. */
function escapeBytes(text: string): string {
  return text.replace(/[%&+=]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
}

/** Drops the whole text if it spells a token with JSON escapes. */
function redactText(text: string, redactor: Redactor): string {
  const redacted = redactor.text(text);
  const unescaped = redacted.replace(/\\u00([0-7][0-9a-f])/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return redactor.text(unescaped) === unescaped ? redacted : REDACTED;
}
