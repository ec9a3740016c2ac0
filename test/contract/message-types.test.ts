import { expect, it } from 'vitest';
import type { AwsTwoWaySmsMessage, InboundSmsMessage } from '../../lib/messages/notification.ts';
import { type Definition, type FieldSchema, MESSAGE_SCHEMA } from '../helpers/message-schema.ts';

/** A type in the text form that {@link shapeOf} makes of its schema. */
type Shape<T> = {
  readonly [F in keyof T]-?: `${NameOf<Exclude<T[F], undefined>>}${undefined extends T[F] ? '?' : ''}`;
};
type NameOf<T> = T extends string
  ? string extends T
    ? 'string'
    : `"${T}"`
  : T extends number
    ? 'integer'
    : T extends Readonly<Record<string, string>>
      ? 'object of string'
      : never;

/** The compiler compares these with the types of lib/messages/notification.ts, the tests with the schema. */
const INBOUND_SMS = {
  schema: '"inbound-sms/1"',
  message_id: 'string',
  service_id: 'string?',
  from: 'string',
  sms_number: 'string',
  body: 'string',
  timestamp: 'integer?',
  received_at: 'integer',
  extra: 'object of string',
} as const satisfies Shape<InboundSmsMessage>;

const AWS_TWO_WAY_SMS = {
  originationNumber: 'string',
  destinationNumber: 'string',
  messageKeyword: 'string',
  messageBody: 'string',
  inboundMessageId: 'string',
  previousPublishedMessageId: 'string',
  timestamp: 'integer?',
  service_id: 'string?',
} as const satisfies Shape<AwsTwoWaySmsMessage>;

const { timestamp: _, ...withoutAField } = INBOUND_SMS;
// @ts-expect-error The compiler sees a field that is missing,
withoutAField satisfies Shape<InboundSmsMessage>;
// @ts-expect-error one of another type,
({ ...INBOUND_SMS, received_at: 'string' }) as const satisfies Shape<InboundSmsMessage>;
// @ts-expect-error one that is optional here only,
({ ...INBOUND_SMS, body: 'string?' }) as const satisfies Shape<InboundSmsMessage>;
// @ts-expect-error and one that the type does not have.
({ ...INBOUND_SMS, claim: 'string' }) as const satisfies Shape<InboundSmsMessage>;

function shapeOf({ properties = {}, required = [] }: Definition): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([field, schema]) => [
      field,
      nameOf(resolved(schema)) + (required.includes(field) ? '' : '?'),
    ]),
  );
}

function resolved({ $ref = '', ...schema }: FieldSchema): FieldSchema {
  return { ...MESSAGE_SCHEMA.$defs[$ref.replace('#/$defs/', '')], ...schema };
}

function nameOf({ type, const: constant, additionalProperties }: FieldSchema): string {
  if (constant !== undefined) return JSON.stringify(constant);
  return type === 'object' ? `object of ${additionalProperties?.type}` : String(type);
}

it.each([
  ['inbound-sms', INBOUND_SMS],
  ['aws-two-way-sms', AWS_TWO_WAY_SMS],
])('the type of %s has the fields of its schema', (format, shape) => {
  const definition = MESSAGE_SCHEMA.$defs[format] ?? expect.unreachable();
  expect(shapeOf(definition)).toEqual(shape);
});

it('a changed schema has other fields than the type', () => {
  const { properties, ...definition } = MESSAGE_SCHEMA.$defs['inbound-sms'] ?? {};
  const retyped = { ...properties, body: { type: 'integer' } };
  expect(shapeOf({ ...definition, properties: retyped })).not.toEqual(INBOUND_SMS);
  expect(shapeOf({ properties: properties ?? {}, required: [] })).not.toEqual(INBOUND_SMS);
});
