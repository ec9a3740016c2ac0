import { hash } from 'node:crypto';
import { type FieldFault, RequestRefused } from './outcomes.ts';
import { redactToken, redactWebhookUrl } from './redact.ts';

/** An SMS as the PBX posts it, under the provider's own field names. */
export interface SmsMessage {
  /** 1 to 128 visible ASCII characters, unique a message; a UUID is in lower case. */
  readonly message_id: string;
  readonly service_id?: string;
  /** The name or number that sent it. */
  readonly from: string;
  /** The customer's own number that it was sent to. */
  readonly sms_number: string;
  /** The text, exactly as sent; may be empty. */
  readonly body: string;
  /** When the PBX received it, epoch seconds. */
  readonly timestamp?: number;
  /** Every other field of the form, with the URL's token redacted. Has no prototype. */
  readonly extra: Readonly<Record<string, string>>;
}

/** Characters (code points) of a text; a multipart SMS has about 1,600. */
export const MAX_BODY_CHARACTERS = 10_000;
/** Code points of `from`, `sms_number` and `service_id`. */
const MAX_ATTRIBUTE_CHARACTERS = 256;
/** 9999-12-31: a time in milliseconds is beyond it. */
const MAX_TIMESTAMP = 253_402_300_799;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/**
 * What XML 1.0, and so an attribute that SNS hands to SQS, cannot carry, and every other control:
 * https://www.w3.org/TR/xml/#charsets
 */
const UNFIT_FOR_ATTRIBUTE = /[\x00-\x1f\x7f-\x9f\uFFFE\uFFFF]|\p{Surrogate}/u;

/**
 * Reads a message from a form's fields.
 *
 * @param token The token of the URL that the form came to: it is redacted wherever it is echoed.
 * @throws {RequestRefused} `invalid`, with every fault of the form, none of which holds a value.
 */
export function readSmsMessage(fields: ReadonlyMap<string, string>, token: string): SmsMessage {
  const faults: FieldFault[] = [];
  const check = (field: string, reason: string | undefined) => {
    if (reason) faults.push({ field, reason });
  };

  const message_id = fields.get('message_id') ?? '';
  const from = restorePlus(fields.get('from') ?? '');
  const sms_number = restorePlus(fields.get('sms_number') ?? '');
  const service_id = fields.get('service_id') ?? '';
  const body = fields.get('body');
  const timestamp = fields.get('timestamp') ?? '';

  check('message_id', faultOfPresence(fields, 'message_id') ?? faultOfMessageId(message_id));
  check('from', faultOfPresence(fields, 'from') ?? faultOfAttribute(from));
  check('sms_number', faultOfPresence(fields, 'sms_number') ?? faultOfAttribute(sms_number));
  check('body', faultOfBody(body));
  check('service_id', faultOfAttribute(service_id));
  check('timestamp', faultOfTimestamp(timestamp));
  if (faults.length > 0 || body === undefined) {
    throw new RequestRefused('invalid', 'Fields are missing or malformed', faults);
  }
  return {
    message_id: UUID.test(message_id) ? message_id.toLowerCase() : message_id,
    ...(service_id && { service_id }),
    from,
    sms_number,
    body,
    ...(timestamp && { timestamp: Number(timestamp) }),
    extra: readExtra(fields, token),
  };
}

/**
 * What tells two messages under one id apart: SHA-256 (hex) over sender, recipient and text. Not the
 * timestamp: a sender that stamps each attempt anew must not look like a conflict.
 */
export function fingerprint(message: Pick<SmsMessage, 'from' | 'sms_number' | 'body'>): string {
  const { from, sms_number, body } = message;
  return hash('sha256', JSON.stringify([from, sms_number, body]));
}

/** The fields of the form that make the message; every other one is extra. */
export const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  'message_id',
  'service_id',
  'from',
  'sms_number',
  'body',
  'timestamp',
]);

function readExtra(fields: ReadonlyMap<string, string>, token: string): Record<string, string> {
  const extra: Record<string, string> = Object.create(null);
  for (const [field, value] of fields) {
    if (MESSAGE_FIELDS.has(field)) continue;
    let name = redactToken(field, token);
    // Two names that are alike without the token stay two fields.
    while (name in extra) name += '_';
    extra[name] =
      field === 'webhook_url' ? redactWebhookUrl(value, token) : redactToken(value, token);
  }
  return extra;
}

/** An unescaped `+61…` reaches us as ` 61…`: form decoding makes a space of a plus. A name keeps it. */
function restorePlus(value: string): string {
  return value.replace(/^ (?=\d[\d ()-]*$)/, '+');
}

function faultOfPresence(fields: ReadonlyMap<string, string>, field: string): string | undefined {
  const value = fields.get(field);
  if (value === undefined) return 'is missing';
  return value === '' ? 'is empty' : undefined;
}

function faultOfMessageId(value: string): string | undefined {
  return /^[\x21-\x7e]{1,128}$/.test(value)
    ? undefined
    : 'must be 1 to 128 visible ASCII characters';
}

function faultOfAttribute(value: string): string | undefined {
  if (isLonger(value, MAX_ATTRIBUTE_CHARACTERS)) {
    return `must have ${MAX_ATTRIBUTE_CHARACTERS} characters at most`;
  }
  return UNFIT_FOR_ATTRIBUTE.test(value)
    ? 'must not hold control characters or others that XML 1.0 excludes'
    : undefined;
}

function faultOfBody(value: string | undefined): string | undefined {
  if (value === undefined) return 'is missing';
  return isLonger(value, MAX_BODY_CHARACTERS)
    ? `must have ${MAX_BODY_CHARACTERS} characters at most`
    : undefined;
}

/** Counts code points, and those only if the UTF-16 length leaves it open. */
function isLonger(value: string, max: number): boolean {
  return value.length > max && [...value].length > max;
}

function faultOfTimestamp(value: string): string | undefined {
  const isSeconds = /^\d*$/.test(value) && Number(value) <= MAX_TIMESTAMP;
  return isSeconds
    ? undefined
    : 'must be whole seconds since 1970 (not milliseconds), in digits only';
}
