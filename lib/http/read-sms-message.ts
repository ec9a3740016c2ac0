import { fingerprint, type SmsMessage, type Undecoded } from '../messages/sms-message.ts';
import { fitExtra } from './extra.ts';
import type { Form } from './form.ts';
import { type FieldFault, RequestRefused } from './outcomes.ts';
import type { Redactor } from './redact.ts';
import { loggedName, type Warn } from './warnings.ts';

/** In characters (code points). A multipart SMS has about 1,600. */
export const MAX_BODY_CHARACTERS = 10_000;
/** In code points, for `from`, `sms_number` and `service_id`. */
const MAX_ATTRIBUTE_CHARACTERS = 256;
/** 9999-12-31. A larger number is a time in milliseconds. */
const MAX_TIMESTAMP = 253_402_300_799;

/** Every SMS has these. They identify and carry it. */
export const REQUIRED_FIELDS = ['message_id', 'from', 'sms_number', 'body'] as const;

/** The fields that have their own place in the message. Any other field goes to `extra`. */
const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  ...REQUIRED_FIELDS,
  'service_id',
  'timestamp',
]);

/** A valid `message_id`. */
export const MESSAGE_ID = /^[\x21-\x7e]{1,128}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/**
 * Characters that XML 1.0, and so an SNS attribute in SQS, cannot carry, and all other controls:
 * https://www.w3.org/TR/xml/#charsets
 */
const UNFIT_FOR_ATTRIBUTE = /[\x00-\x1f\x7f-\x9f\uFFFE\uFFFF]|\p{Surrogate}/u;

/** An id as it is stored. A UUID is in lower case. */
export const storedId = (message_id: string): string =>
  UUID.test(message_id) ? message_id.toLowerCase() : message_id;

/** The parts of a request that reading its message needs. */
export interface Reading {
  readonly redactor: Redactor;
  readonly warn: Warn;
}

/**
 * Reads a message from a form. Only a fault in a required field costs the message. Any other odd field is
 * kept in `extra`, with a warning.
 *
 * @throws {RequestRefused} `invalid`, with every such fault. None holds a value.
 */
export function readSmsMessage(form: Form, { redactor, warn }: Reading): SmsMessage {
  warnOfEncoding(form, warn);
  warnOfNames(form, warn);
  const sent = sentTexts(form.fields);
  const faults = faultsOf(form, sent, redactor);
  if (faults.length > 0) {
    throw new RequestRefused('invalid', 'Fields are missing or malformed', { faults });
  }
  const redact = (field: string, text: string): string => {
    const redacted = redactor.text(text);
    if (redacted !== text) warnOfToken(field, warn);
    return redacted;
  };
  const { message_id, from, sms_number, body } = sent;
  const service = readServiceId(form.fields.get('service_id') ?? '');
  const time = readTimestamp(form.fields.get('timestamp') ?? '');
  return {
    message_id: storedId(message_id),
    ...(service.value && { service_id: redact('service_id', service.value) }),
    from: redact('from', from),
    sms_number: redact('sms_number', sms_number),
    body: redact('body', body),
    ...(time.value !== undefined && { timestamp: time.value }),
    extra: readExtra(form, { service_id: service, timestamp: time }, { redactor, warn }),
    fingerprint: fingerprintOf(form, sent),
  };
}

/** The valid fields of a form that may be no message. A field with a fault is absent. Holds no token. */
export interface SentFields {
  readonly message_id?: string;
  readonly from?: string;
  readonly sms_number?: string;
  /** The message's fingerprint, if the form is a message. */
  readonly fingerprint?: string;
}

/** Reads the valid fields of a refused form. */
export function readSentFields(form: Form, redactor: Redactor): SentFields {
  const sent = sentTexts(form.fields);
  const faults = faultsOf(form, sent, redactor);
  const isFaulty = (field: keyof Texts) => faults.some((fault) => fault.field === field);
  return {
    ...(!isFaulty('message_id') && { message_id: storedId(sent.message_id) }),
    ...(!isFaulty('from') && { from: redactor.text(sent.from) }),
    ...(!isFaulty('sms_number') && { sms_number: redactor.text(sent.sms_number) }),
    ...(faults.length === 0 && { fingerprint: fingerprintOf(form, sent) }),
  };
}

function fingerprintOf(form: Form, { from, sms_number, body }: Texts): string {
  return fingerprint({
    from: undecoded(form, 'from') ?? from,
    sms_number: undecoded(form, 'sms_number') ?? sms_number,
    body: undecoded(form, 'body') ?? body,
  });
}

function undecoded({ inexact }: Form, field: string): Undecoded | undefined {
  const bytes = inexact.find(({ name }) => name === field)?.bytes;
  return bytes === undefined ? undefined : { bytes };
}

type Texts = Readonly<Record<(typeof REQUIRED_FIELDS)[number], string>>;

function sentTexts(fields: ReadonlyMap<string, string>): Texts {
  return {
    message_id: fields.get('message_id') ?? '',
    from: restorePlus(fields.get('from') ?? ''),
    sms_number: restorePlus(fields.get('sms_number') ?? ''),
    body: fields.get('body') ?? '',
  };
}

/** Form decoding turns an unescaped `+61…` into ` 61…`. This undoes it for numbers, not for names. */
function restorePlus(value: string): string {
  return value.replace(/^ (?=\d[\d ()-]*$)/, '+');
}

function faultsOf({ fields, repeated }: Form, texts: Texts, redactor: Redactor): FieldFault[] {
  return REQUIRED_FIELDS.flatMap((field) => {
    const isRepeated = repeated.some(([name]) => name === field);
    const reason = isRepeated
      ? 'is there more than once'
      : fields.has(field)
        ? faultOf(field, texts[field], redactor)
        : 'is missing';
    return reason ? [{ field, reason }] : [];
  });
}

type FaultReason = FieldFault['reason'] | undefined;

function faultOf(field: keyof Texts, text: string, redactor: Redactor): FaultReason {
  if (field === 'message_id') return faultOfMessageId(text, redactor);
  if (field === 'body') return faultOfLength(text, MAX_BODY_CHARACTERS);
  return faultOfAttribute(text);
}

/** A redacted id would be another id, and the id is logged, answered and published. */
function faultOfMessageId(value: string, redactor: Redactor): FaultReason {
  if (value === '') return 'is empty';
  if (!MESSAGE_ID.test(value)) return 'must be 1 to 128 visible ASCII characters';
  return redactor.text(value) === value ? undefined : 'holds a token of the webhook’s URL';
}

function faultOfAttribute(value: string): FaultReason {
  const tooLong = faultOfLength(value, MAX_ATTRIBUTE_CHARACTERS);
  if (tooLong) return tooLong;
  return UNFIT_FOR_ATTRIBUTE.test(value)
    ? 'must not hold control characters or others that XML 1.0 excludes'
    : undefined;
}

/** Counts code points only if the UTF-16 length is too large. */
function faultOfLength(value: string, max: number): FaultReason {
  const isLonger = value.length > max && [...value].length > max;
  return isLonger ? `must have ${max} characters at most` : undefined;
}

/** An optional field: its value if it has one, and what is wrong with how it was sent. */
interface Optional<T> {
  readonly value?: T;
  readonly fault?: 'is malformed' | 'is in milliseconds';
}

function readServiceId(sent: string): Optional<string> {
  return faultOfAttribute(sent) ? { fault: 'is malformed' } : { value: sent };
}

function readTimestamp(sent: string): Optional<number> {
  if (sent === '') return {};
  if (!/^\d+$/.test(sent)) return { fault: 'is malformed' };
  const time = Number(sent);
  if (time <= MAX_TIMESTAMP) return { value: time };
  const seconds = Math.floor(time / 1000);
  return seconds <= MAX_TIMESTAMP
    ? { value: seconds, fault: 'is in milliseconds' }
    : { fault: 'is malformed' };
}

/** Malformed fields go first, then the PBX's settings. */
function readExtra(
  { fields, repeated }: Form,
  optional: Readonly<Record<string, Optional<unknown>>>,
  { redactor, warn }: Reading,
): Record<string, string> {
  const malformed = Object.entries(optional).flatMap(([field, { fault }]) => {
    if (!fault) return [];
    warn({ metric: 'OptionalFieldMalformed', warning: `${loggedName(field)} ${fault}` });
    return field;
  });
  const first = new Set([...malformed, 'webhook_url', 'webhook_url_fallback']);
  const entries = [
    ...[...first].flatMap((field) => {
      const value = fields.get(field);
      return value === undefined ? [] : [[field, value] as const];
    }),
    ...[...fields].filter(([field]) => !first.has(field) && !MESSAGE_FIELDS.has(field)),
    ...repeated,
  ];
  const { extra, isCut } = fitExtra(entries, ([field, value]) => {
    const name = redactor.text(field);
    if (field === 'webhook_url') return [name, redactor.url(value)];
    const text = redactor.text(value);
    if (name !== field || text !== value) warnOfToken(field, warn);
    return [name, text];
  });
  if (isCut) warn({ metric: 'ExtraCut', warning: 'extra is cut' });
  return extra;
}

function warnOfToken(field: string, warn: Warn): void {
  warn({ metric: 'TokenRedacted', warning: `${loggedName(field)} held a token` });
}

function warnOfEncoding({ inexact }: Form, warn: Warn): void {
  for (const { name, readAs } of inexact) {
    const field = loggedName(name);
    if (readAs === 'windows-1252') {
      warn({ metric: 'DecodedAsWindows1252', warning: `${field} was read as windows-1252` });
    } else {
      warn({ metric: 'DecodedWithReplacements', warning: `${field} has bytes that are not UTF-8` });
    }
  }
}

function warnOfNames({ fields, repeated }: Form, warn: Warn): void {
  const metric = 'OptionalFieldMalformed';
  if (fields.has('')) warn({ metric, warning: 'a field has no name' });
  for (const [name] of repeated) {
    if (REQUIRED_FIELDS.some((field) => field === name)) continue;
    warn({ metric, warning: `${loggedName(name)} is there more than once` });
  }
}
