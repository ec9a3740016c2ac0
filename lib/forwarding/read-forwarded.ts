import type { AwsTwoWaySmsMessage, InboundSmsMessage } from '../messages/notification.ts';
import type { ForwardedMessage } from './outgoing.ts';
import { CANARY_ATTRIBUTE } from './subscriber.ts';

/** Message attributes by name: of SQS, or within SNS's envelope. */
type Attributes = Readonly<
  Record<string, { readonly stringValue?: string | undefined; readonly Value?: string } | undefined>
>;

/** SNS's JSON around a message that it delivers without raw delivery, or that it could not deliver raw. */
interface Envelope {
  readonly Type: 'Notification';
  readonly Message: string;
  readonly MessageAttributes?: Attributes;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a message of the topic, in either of its formats.
 *
 * @param body Of the SQS message: as published, or in SNS's envelope.
 * @returns `undefined` if it is no message of the contract (docs/message-contract.md).
 */
export function readForwarded(body: string, attributes: Attributes): ForwardedMessage | undefined {
  const fields = parse(body);
  if (fields && isEnvelope(fields)) {
    return readPublished(fields.Message, fields.MessageAttributes ?? {});
  }
  return readPublished(body, attributes);
}

function readPublished(json: string, attributes: Attributes): ForwardedMessage | undefined {
  const fields = parse(json);
  const message = fields && (inboundSms(fields) ?? awsTwoWaySms(fields));
  if (!message) return undefined;
  const replay = textOf(attributes.replay);
  return {
    ...message,
    ...(replay && { replay }),
    json,
    isCanary: textOf(attributes[CANARY_ATTRIBUTE]) !== undefined,
  };
}

type Read = Omit<ForwardedMessage, 'replay' | 'json' | 'isCanary'>;

function inboundSms(fields: Fields): Read | undefined {
  const { schema, message_id, from, sms_number, body, timestamp, received_at } =
    fields as Partial<InboundSmsMessage>;
  if (schema !== 'inbound-sms/1') return undefined;
  if (!isText(message_id) || !isText(from) || !isText(sms_number) || !isText(body))
    return undefined;
  const times = { ...number({ timestamp }), ...number({ received_at }) };
  return message_id ? { schema, message_id, from, sms_number, body, ...times } : undefined;
}

function awsTwoWaySms(fields: Fields): Read | undefined {
  const {
    inboundMessageId: message_id,
    originationNumber: from,
    destinationNumber: sms_number,
    messageBody: body,
    timestamp,
  } = fields as Partial<AwsTwoWaySmsMessage>;
  if (!isText(message_id) || !isText(from) || !isText(sms_number) || !isText(body))
    return undefined;
  const schema = 'aws-two-way-sms';
  return message_id
    ? { schema, message_id, from, sms_number, body, ...number({ timestamp }) }
    : undefined;
}

function parse(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function isEnvelope(fields: object): fields is Envelope {
  const { Type, Message } = fields as Partial<Envelope>;
  return Type === 'Notification' && isText(Message);
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** The one property, if it is a number. */
function number<Name extends string>(
  property: Record<Name, unknown>,
): Partial<Record<Name, number>> {
  const [value] = Object.values(property);
  return typeof value === 'number' ? (property as Record<Name, number>) : {};
}

const textOf = (attribute: Attributes[string]) => attribute?.stringValue ?? attribute?.Value;
