import { createHash } from 'node:crypto';
import { conversationOf, type MessageRecord } from './message-record.ts';

/** SNS's limit for one call, attributes included. The entries of a batch share it. */
export const MAX_NOTIFICATION_BYTES = 262_144;

/** What subscribers receive, ready to publish. */
export interface Notification {
  readonly message_id: string;
  /** See `conversationOf` in message-record.ts. */
  readonly conversation: string;
  /** The id by which a FIFO topic deduplicates, if it is not the `message_id`. */
  readonly deduplication_id?: string;
  /** JSON. Holds only characters that XML 1.0, and so SQS, can carry. */
  readonly message: string;
  /** Readable ASCII, under 100 characters. The subject of the e-mail to e-mail subscribers. */
  readonly subject: string;
  /** For filter policies. No value is empty, because SNS refuses that. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Makes a record's notification. The same record always gives the same bytes. */
export type ToNotification = (record: MessageRecord) => Notification;

/**
 * The message in the format `inbound-sms`. docs/message.schema.json describes each field, and a test
 * compares it with this type.
 */
export interface InboundSmsMessage {
  readonly schema: 'inbound-sms/1';
  readonly message_id: string;
  readonly service_id?: string | undefined;
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  readonly timestamp?: number | undefined;
  readonly received_at: number;
  readonly extra: Readonly<Record<string, string>>;
}

/** The message in the format `aws-two-way-sms`, from the same schema. */
export interface AwsTwoWaySmsMessage {
  readonly originationNumber: string;
  readonly destinationNumber: string;
  readonly messageKeyword: string;
  readonly messageBody: string;
  readonly inboundMessageId: string;
  readonly previousPublishedMessageId: string;
  readonly timestamp?: number | undefined;
  readonly service_id?: string | undefined;
}

interface Format {
  /** The message attribute `schema`. It tells subscribers the format. */
  readonly schema: string;
  readonly payloadOf: (record: MessageRecord) => InboundSmsMessage | AwsTwoWaySmsMessage;
}

/** The formats of the SNS message: docs/message-contract.md. */
const FORMATS = {
  'inbound-sms': { schema: 'inbound-sms/1', payloadOf: inboundSms },
  'aws-two-way-sms': { schema: 'aws-two-way-sms', payloadOf: awsTwoWaySms },
} as const satisfies Record<string, Format>;

export type MessageFormat = keyof typeof FORMATS;

export const MESSAGE_FORMATS = Object.keys(FORMATS) as MessageFormat[];

/** Returns the function that makes notifications in this format. */
export function notificationsIn(format: MessageFormat): ToNotification {
  const { schema, payloadOf }: Format = FORMATS[format];
  return (record) => {
    const { message_id, service_id, from, sms_number } = record;
    return {
      message_id,
      // Only a FIFO topic reads it.
      get conversation() {
        return conversationOf(record);
      },
      message: xmlSafeJson(payloadOf(record)),
      subject: asciiSubject(`SMS from ${from || '(withheld)'} to ${sms_number || '(unknown)'}`),
      attributes: {
        schema,
        message_id,
        ...(from && { from }),
        ...(sms_number && { sms_number }),
        ...(service_id && { service_id }),
      },
    };
  };
}

function inboundSms(record: MessageRecord): InboundSmsMessage {
  const { message_id, service_id, from, sms_number, body, timestamp, received_at, extra } = record;
  const { schema } = FORMATS['inbound-sms'];
  return { schema, message_id, service_id, from, sms_number, body, timestamp, received_at, extra };
}

/**
 * The payload of AWS End User Messaging's two-way SMS, and two more fields:
 * https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
 */
function awsTwoWaySms(record: MessageRecord): AwsTwoWaySmsMessage {
  const { message_id, service_id, from, sms_number, body, timestamp } = record;
  return {
    originationNumber: from,
    destinationNumber: sms_number,
    messageKeyword: keywordOf(body),
    messageBody: body,
    inboundMessageId: message_id,
    // Unknown here. A function written for AWS may expect a string.
    previousPublishedMessageId: '',
    timestamp,
    service_id,
  };
}

/** AWS's limit: https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords.html */
const MAX_KEYWORD_CHARACTERS = 30;

/** The first word, in upper case; empty if it is no possible keyword. */
function keywordOf(body: string): string {
  const [word = ''] = body.match(/[\p{L}\p{M}\p{N}]+/u) ?? [];
  const keyword = word.toUpperCase();
  return keyword.length > MAX_KEYWORD_CHARACTERS ? '' : keyword;
}

/**
 * The notification for publishing a message again. The attribute `replay` tells subscribers, and a FIFO
 * topic does not drop it as a duplicate.
 *
 * @param replay The id of the run that publishes it, in visible ASCII. Within one run, a FIFO topic still
 * drops a duplicate.
 */
export function replayOf(notification: Notification, replay: string): Notification {
  const { message_id, attributes } = notification;
  return {
    ...notification,
    // Hashed, because SNS allows 128 characters and a message_id may have as many.
    deduplication_id: createHash('sha256')
      .update(JSON.stringify([replay, message_id]))
      .digest('hex'),
    attributes: { ...attributes, replay },
  };
}

/** The bytes that count against {@link MAX_NOTIFICATION_BYTES}: the message and its attributes. */
export function notificationBytes({ message, subject, attributes }: Notification): number {
  let bytes = Buffer.byteLength(message) + Buffer.byteLength(subject);
  for (const [name, value] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + 'String'.length + Buffer.byteLength(value);
  }
  return bytes;
}

/**
 * SQS takes only the characters of XML 1.0. JSON.stringify already escapes control characters and lone
 * surrogates. These two are the rest that XML 1.0 excludes.
 */
function xmlSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (char) =>
    char === '\uFFFE' ? '\\ufffe' : '\\uffff',
  );
}

/** Makes a text a valid subject: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export function asciiSubject(text: string): string {
  return text.replace(/[^\x20-\x7E]/gu, '?').slice(0, 99);
}
