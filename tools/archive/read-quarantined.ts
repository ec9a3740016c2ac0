import { decodeForm, type Form } from '../../lib/http/form.ts';
import { RequestRefused, type FieldFault as SentFault } from '../../lib/http/outcomes.ts';
import { type Reading, readSmsMessage } from '../../lib/http/read-sms-message.ts';
import { readForm } from '../../lib/http/webhook-request.ts';
import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { SmsMessage } from '../../lib/messages/sms-message.ts';

/** Fields that an operator may set, in the order in which they are stored. */
export const SETTABLE = [
  'message_id',
  'from',
  'sms_number',
  'body',
  'service_id',
  'timestamp',
] as const;
export type Settable = (typeof SETTABLE)[number];

/** Values that take the place of what was sent. */
export type FieldValues = Readonly<Partial<Record<Settable, string>>>;

/** What is wrong with a field, as it was sent or set. Never holds its value. */
export interface FieldFault {
  readonly field: Settable;
  readonly reason:
    | SentFault['reason']
    | 'is malformed'
    | 'cannot be set: the PBX may still deliver the message under the id that it has';
}

/** Characters of a sent `message_id` and of a quarantine_id that a conflict's new id holds: below 128 in all. */
const NEW_ID = { sent: 100, quarantined: 16 };
/** The field of `extra` that names the message whose id a conflict came under. */
const CONFLICTS_WITH = 'conflicts_with';

/** Nothing is redacted again, and what the webhook warns of has been logged. */
const READING: Reading = { redactor: { url: (url) => url, text: (text) => text }, warn: () => {} };

/**
 * The message that an entry becomes, read by the webhook's own code. The allow lists are not asked.
 *
 * What was sent as a message keeps its fingerprint, whatever is set: the PBX's next attempt is a duplicate.
 *
 * @param values What takes the place of fields, or makes a message of what is no form.
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

/** The fields that were sent. Without any, if it is no form. */
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

/** The same for every operator: two who accept an entry make one message of it. */
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

/** With a field more, which comes first, so that it is not cut. A sent field of the same name is kept. */
function naming(form: Form, sent: string): Form {
  const same = form.fields.get(CONFLICTS_WITH);
  return {
    ...form,
    fields: new Map([[CONFLICTS_WITH, sent], ...form.fields, [CONFLICTS_WITH, sent]]),
    repeated: [...(same === undefined ? [] : [[CONFLICTS_WITH, same] as const]), ...form.repeated],
  };
}

/** An operator must not set in vain what the webhook would put into `extra`, nor make two messages of one. */
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
