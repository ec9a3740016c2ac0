import { decodeForm, type Form } from '../../lib/http/form.ts';
import { RequestRefused, type FieldFault as SentFault } from '../../lib/http/outcomes.ts';
import { type Reading, readSmsMessage } from '../../lib/http/read-sms-message.ts';
import { readForm } from '../../lib/http/webhook-request.ts';
import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { SmsMessage } from '../../lib/messages/sms-message.ts';

/** Fields that an operator may set, in the stored order. */
export const SETTABLE = [
  'message_id',
  'from',
  'sms_number',
  'body',
  'service_id',
  'timestamp',
] as const;
export type Settable = (typeof SETTABLE)[number];

/** Values that replace the sent ones. */
export type FieldValues = Readonly<Partial<Record<Settable, string>>>;

/** A fault of a sent or set field. Never holds the value. */
export interface FieldFault {
  readonly field: Settable;
  readonly reason:
    | SentFault['reason']
    | 'is malformed'
    | 'cannot be set: the PBX may still deliver the message under the id that it has';
}

/**
 * Characters of the sent `message_id` and of the quarantine_id in a conflict's new id. It has fewer than
 * 128 in all.
 */
const NEW_ID = { sent: 100, quarantined: 16 };
/** The field of `extra` that names the message with whose id a conflict was sent. */
const CONFLICTS_WITH = 'conflicts_with';

/** The entry is redacted already, and the webhook has logged its warnings. */
const READING: Reading = { redactor: { url: (url) => url, text: (text) => text }, warn: () => {} };

/**
 * The message that an entry becomes. The webhook's own code reads it, but without the allow lists.
 *
 * A request that was a message keeps its fingerprint, even if values are set. So the PBX's next attempt is
 * a duplicate.
 *
 * @param values Values that replace fields, or that make a message of a body that is no form.
 */
export function messageIn(
  entry: QuarantineEntry,
  values: FieldValues,
): { readonly message: SmsMessage } | { readonly faults: readonly FieldFault[] } {
  const id = idOf(entry, values);
  const form = withFields(formIn(entry), { ...values, message_id: id });
  const sent = entry.sent_message_id;
  const isConflict = entry.reason === 'conflict' && sent !== undefined && sent !== id;
  try {
    const message = readSmsMessage(isConflict ? naming(form, sent) : form, READING);
    const faults = faultsOfValues(values, message, entry);
    if (faults.length > 0) return { faults };
    const fingerprint = entry.fingerprint ?? message.fingerprint;
    return { message: { ...message, fingerprint } };
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    return { faults: error.faults };
  }
}

/** The sent fields. Empty if it is no form. */
export function formIn({ form: bytes, content_type }: QuarantineEntry): Form {
  const event = {
    body: Buffer.from(bytes ?? '').toString('base64'),
    isBase64Encoded: true,
    headers: { ...(content_type !== undefined && { 'content-type': content_type }) },
  };
  try {
    return readForm(event, READING);
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    return decodeForm(Buffer.alloc(0));
  }
}

/** Always the same for an entry, so that two operators who accept it make one message. */
function idOf(entry: QuarantineEntry, values: FieldValues): string {
  const { quarantine_id, reason, sent_message_id: sent } = entry;
  if (values.message_id !== undefined) return values.message_id;
  if (sent === undefined) return `quarantine-${quarantine_id}`;
  if (reason !== 'conflict') return sent;
  return `${sent.slice(0, NEW_ID.sent)}.conflict-${quarantine_id.slice(0, NEW_ID.quarantined)}`;
}

/** The form as if the PBX had sent these values, each once. */
function withFields(form: Form, values: FieldValues): Form {
  const isSent = (name: string) => !Object.hasOwn(values, name);
  return {
    ...form,
    fields: new Map([...form.fields, ...Object.entries(values)]),
    repeated: form.repeated.filter(([name]) => isSent(name)),
    inexact: form.inexact.filter(({ name }) => isSent(name)),
  };
}

/** Adds a field in first place, so that it is not cut. A sent field of the same name stays. */
function naming(form: Form, sent: string): Form {
  const same = form.fields.get(CONFLICTS_WITH);
  return {
    ...form,
    fields: new Map([[CONFLICTS_WITH, sent], ...form.fields, [CONFLICTS_WITH, sent]]),
    repeated: [...(same === undefined ? [] : [[CONFLICTS_WITH, same] as const]), ...form.repeated],
  };
}

/**
 * Faults of the set values. An operator must not set a value that would only go to `extra`, nor make two
 * messages of one.
 */
function faultsOfValues(
  values: FieldValues,
  message: SmsMessage,
  { fingerprint, reason, sent_message_id }: QuarantineEntry,
): FieldFault[] {
  const { message_id, service_id, timestamp } = values;
  const isOtherId = message_id !== undefined && message_id !== sent_message_id;
  if (isOtherId && fingerprint !== undefined && reason !== 'conflict') {
    const taken = 'cannot be set: the PBX may still deliver the message under the id that it has';
    return [{ field: 'message_id', reason: taken }];
  }
  const isTaken = {
    service_id: !service_id || message.service_id === service_id,
    timestamp: !timestamp || String(message.timestamp) === timestamp,
  };
  return (['service_id', 'timestamp'] as const).flatMap((field) =>
    isTaken[field] ? [] : { field, reason: 'is malformed' as const },
  );
}
