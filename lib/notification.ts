import type { MessageRecord } from './message-record.ts';

/** The version of the message contract: docs/message-contract.md. */
export const SCHEMA = 'inbound-sms/1';

/** SNS refuses more in one call, attributes included; a batch shares it. */
export const MAX_NOTIFICATION_BYTES = 262_144;

/** What subscribers receive, ready to publish. */
export interface Notification {
  readonly message_id: string;
  /** JSON: see {@link SCHEMA}. Holds only characters that XML 1.0, and so SQS, can carry. */
  readonly message: string;
  /** Readable ASCII, under 100 characters: the subject of the e-mail that e-mail subscribers get. */
  readonly subject: string;
  /** For filter policies. Never an empty value: SNS refuses those. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a record looks like to subscribers. Pure: the same record gives the same bytes. */
export function toNotification(record: MessageRecord): Notification {
  const { message_id, service_id, from, sms_number, body, timestamp, received_at, extra } = record;
  return {
    message_id,
    message: xmlSafeJson({
      schema: SCHEMA,
      message_id,
      service_id,
      from,
      sms_number,
      body,
      timestamp,
      received_at,
      extra,
    }),
    subject: asciiSubject(`SMS from ${from} to ${sms_number}`),
    attributes: {
      schema: SCHEMA,
      message_id,
      from,
      sms_number,
      ...(service_id === undefined ? {} : { service_id }),
    },
  };
}

/** What SNS counts against {@link MAX_NOTIFICATION_BYTES}: the message and its attributes. */
export function notificationBytes({ message, subject, attributes }: Notification): number {
  let bytes = Buffer.byteLength(message) + Buffer.byteLength(subject);
  for (const [name, value] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + 'String'.length + Buffer.byteLength(value);
  }
  return bytes;
}

/**
 * JSON.stringify escapes control characters and lone surrogates already. What is left of the
 * characters that XML 1.0 excludes are these two, and SQS takes no others than XML 1.0's.
 */
function xmlSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (char) =>
    char === '\uFFFE' ? '\\ufffe' : '\\uffff',
  );
}

function asciiSubject(text: string): string {
  return text.replace(/[^\x20-\x7E]/gu, '?').slice(0, 99);
}
