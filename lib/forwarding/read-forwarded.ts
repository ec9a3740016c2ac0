import type { AwsTwoWaySmsMessage, InboundSmsMessage } from '../messages/notification.ts';
import type { ForwardedMessage } from './outgoing.ts';
import { CANARY_ATTRIBUTE } from './subscriber.ts';

/** Message attributes by name, from SQS or from SNS's envelope. */
type Attributes = Readonly<
  Record<string, { readonly stringValue?: string | undefined; readonly Value?: string } | undefined>
>;

/**
 * SNS's JSON around a message that it delivers without raw delivery, or could not deliver raw.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
export interface Envelope {
  readonly Message: string;
  readonly Subject?: string;
  readonly MessageAttributes?: Readonly<
    Record<string, { readonly Type: string; readonly Value: string }>
  >;
}

type Fields = Readonly<Record<string, unknown>>;
type Unchecked<T> = Readonly<Partial<Record<keyof T, unknown>>>;

/**
 * Reads a message of the topic in either format.
 *
 * @param body The SQS message's body: as published, or in SNS's envelope.
 * @returns `undefined` if it is no message of the contract (docs/message-contract.md).
 */
export function readForwarded(body: string, attributes: Attributes): ForwardedMessage | undefined {
  const envelope = readEnvelope(body);
  return envelope
    ? readPublished(envelope.Message, envelope.MessageAttributes ?? {})
    : readPublished(body, attributes);
}

/** @returns `undefined` if the body of an SQS message has no SNS envelope. */
export function readEnvelope(body: string): Envelope | undefined {
  const fields = parse(body);
  const isEnvelope = fields?.Type === 'Notification' && isText(fields.Message);
  return isEnvelope ? (fields as unknown as Envelope) : undefined;
}

function readPublished(json: string, attributes: Attributes): ForwardedMessage | undefined {
  const fields = parse(json);
  if (!fields) return undefined;
  const { schema, message_id, from, sms_number, body, timestamp, received_at } = named(fields);
  if (!isText(message_id) || message_id === '') return undefined;
  if (!isText(from) || !isText(sms_number) || !isText(body)) return undefined;
  const replay = textOf(attributes.replay);
  return {
    ...{ schema, message_id, from, sms_number, body },
    ...(isTime(timestamp, 1_000) && { timestamp }),
    ...(isTime(received_at, 1) && { received_at }),
    ...(replay && { replay }),
    json,
    isCanary: textOf(attributes[CANARY_ATTRIBUTE]) !== undefined,
  };
}

/** The fields of both formats with the same names. */
function named(fields: Fields) {
  const schema = 'inbound-sms/1' satisfies InboundSmsMessage['schema'];
  if (fields.schema === schema) {
    const { message_id, from, sms_number, body, timestamp, received_at } =
      fields as Unchecked<InboundSmsMessage>;
    return { schema, message_id, from, sms_number, body, timestamp, received_at };
  }
  const message = fields as Unchecked<AwsTwoWaySmsMessage>;
  return {
    schema: 'aws-two-way-sms',
    message_id: message.inboundMessageId,
    from: message.originationNumber,
    sms_number: message.destinationNumber,
    body: message.messageBody,
    timestamp: message.timestamp,
  };
}

function parse(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Whether a `Date` can hold it. @param unitMs The unit of the value, ms. */
const isTime = (value: unknown, unitMs: number): value is number =>
  typeof value === 'number' && !Number.isNaN(new Date(value * unitMs).getTime());

const textOf = (attribute: Attributes[string]) => attribute?.stringValue ?? attribute?.Value;
