import { createHash } from 'node:crypto';
import { conversationOf, type MessageRecord } from './message-record.ts';

/** SNS refuses more in one call, attributes included; a batch shares it. */
export const MAX_NOTIFICATION_BYTES = 262_144;

/** What subscribers receive, ready to publish. */
export interface Notification {
  readonly message_id: string;
  /** See `conversationOf` in message-record.ts. */
  readonly conversation: string;
  /** What a FIFO topic knows it by, if not by its `message_id`. */
  readonly deduplication_id?: string;
  /** JSON. Holds only characters that XML 1.0, and so SQS, can carry. */
  readonly message: string;
  /** Readable ASCII, under 100 characters: the subject of the e-mail that e-mail subscribers get. */
  readonly subject: string;
  /** For filter policies. Never an empty value: SNS refuses those. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a record looks like to subscribers. Pure: the same record gives the same bytes. */
export type ToNotification = (record: MessageRecord) => Notification;

/**
 * The message in the format `inbound-sms`. What each field means and may hold: docs/message.schema.json,
 * which a test holds this type against.
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
  /** The message attribute of this name: tells subscribers what they read. */
  readonly schema: string;
  readonly payloadOf: (record: MessageRecord) => InboundSmsMessage | AwsTwoWaySmsMessage;
}

/** What the SNS message may look like: docs/message-contract.md. */
const FORMATS = {
  'inbound-sms': { schema: 'inbound-sms/1', payloadOf: inboundSms },
  'aws-two-way-sms': { schema: 'aws-two-way-sms', payloadOf: awsTwoWaySms },
} as const satisfies Record<string, Format>;

export type MessageFormat = keyof typeof FORMATS;

export const MESSAGE_FORMATS = Object.keys(FORMATS) as MessageFormat[];

/** How records become notifications in a format. */
export function notificationsIn(format: MessageFormat): ToNotification {
  const { schema, payloadOf }: Format = FORMATS[format];
  return (record) => {
    const { message_id, service_id, from, sms_number } = record;
    return {
      message_id,
      // Only a FIFO topic asks for it.
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
 * The payload of AWS End User Messaging's two-way SMS, with two fields more:
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
    // Not known here, but a function written for AWS may take it for a string.
    previousPublishedMessageId: '',
    timestamp,
    service_id,
  };
}

/** AWS's limit: https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords.html */
const MAX_KEYWORD_CHARACTERS = 30;

/** The first word, in upper case; empty if there is none that could be a keyword. */
function keywordOf(body: string): string {
  const [word = ''] = body.match(/[\p{L}\p{M}\p{N}]+/u) ?? [];
  const keyword = word.toUpperCase();
  return keyword.length > MAX_KEYWORD_CHARACTERS ? '' : keyword;
}

/**
 * The same message once more: the attribute `replay` tells subscribers so, and a FIFO topic takes it.
 *
 * @param replay The id of the run that publishes it: visible ASCII. Published twice within one run, a
 * FIFO topic still takes it for one.
 */
export function replayOf(notification: Notification, replay: string): Notification {
  const { message_id, attributes } = notification;
  return {
    ...notification,
    // Hashed: SNS takes 128 characters, and a message_id may have as many.
    deduplication_id: createHash('sha256')
      .update(JSON.stringify([replay, message_id]))
      .digest('hex'),
    attributes: { ...attributes, replay },
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

/** What SNS takes as a subject: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export function asciiSubject(text: string): string {
  return text.replace(/[^\x20-\x7E]/gu, '?').slice(0, 99);
}
