import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MessageRecord } from '../../lib/messages/message-record.ts';
import {
  MESSAGE_FORMATS,
  type MessageFormat,
  notificationsIn,
} from '../../lib/messages/notification.ts';
import { incompatibilities, losses, type PinnedMessage } from '../helpers/message-compatibility.ts';
import {
  faultsOf,
  MESSAGE_SCHEMA,
  type MessageSchema,
  readSchema,
  validatorOf,
} from '../helpers/message-schema.ts';

const PINNED_SCHEMA = readSchema('test/fixtures/version-1/message.schema.json');

interface Pinned {
  readonly what: string;
  readonly record: MessageRecord;
  readonly published: Readonly<Record<MessageFormat, PinnedMessage>>;
}
const PINNED: Pinned[] = JSON.parse(
  readFileSync(new URL('../fixtures/version-1/messages.json', import.meta.url), 'utf8'),
);

/** Every pinned message, in both formats. */
const CASES = PINNED.flatMap(({ what, record, published }) =>
  MESSAGE_FORMATS.map((format) => ({ what, format, record, pinned: published[format] })),
);

const validators = (schema: MessageSchema) => ({
  'inbound-sms': validatorOf(schema, 'inbound-sms'),
  'aws-two-way-sms': validatorOf(schema, 'aws-two-way-sms'),
  attributes: validatorOf(schema, 'attributes'),
});
/** The one exception, and why it was made: docs/decisions/0008-withheld-numbers.md. */
const CHANGED = [
  'inbound-sms: from has changed',
  'inbound-sms: sms_number has changed',
  'aws-two-way-sms: originationNumber has changed',
  'aws-two-way-sms: destinationNumber has changed',
  'attributes: from may be missing',
  'attributes: sms_number may be missing',
];

const FIRST_READER = validators(PINNED_SCHEMA);
const READER = validators(MESSAGE_SCHEMA);

function publishedNow(record: MessageRecord, format: MessageFormat): PinnedMessage {
  const { message, attributes } = notificationsIn(format)(record);
  return { message: JSON.parse(message), attributes };
}

describe('version 1', () => {
  it.each(CASES)('is published as ever, $what in $format', ({ record, format, pinned }) => {
    expect(losses(pinned, publishedNow(record, format))).toEqual([]);
  });

  it.each(CASES)('can be read by its first readers, $what in $format', ({ record, format }) => {
    const now = publishedNow(record, format);
    expect(faultsOf(FIRST_READER[format], now.message)).toEqual([]);
    expect(faultsOf(FIRST_READER.attributes, now.attributes)).toEqual([]);
  });

  it.each(CASES)('can still be read if it is old, $what in $format', ({ format, pinned }) => {
    expect(faultsOf(READER[format], pinned.message)).toEqual([]);
    expect(faultsOf(READER.attributes, pinned.attributes)).toEqual([]);
  });

  it('has the same meaning, except for an unknown number', () => {
    expect(incompatibilities(PINNED_SCHEMA, MESSAGE_SCHEMA)).toEqual(CHANGED);
  });

  it.each(MESSAGE_FORMATS)('with an unknown number differs in nothing else, in %s', (f) => {
    const [{ record } = expect.unreachable()] = PINNED;
    const now = publishedNow({ ...record, from: '', sms_number: '' }, f);
    expect(faultsOf(FIRST_READER.attributes, now.attributes)).toEqual([
      "it must have required property 'from'",
      "it must have required property 'sms_number'",
    ]);
    const [from, to] =
      f === 'inbound-sms' ? ['from', 'sms_number'] : ['originationNumber', 'destinationNumber'];
    expect(faultsOf(FIRST_READER[f], now.message)).toEqual([
      `/${from} must NOT have fewer than 1 characters`,
      `/${to} must NOT have fewer than 1 characters`,
    ]);
    expect(faultsOf(READER[f], now.message)).toEqual([]);
    expect(faultsOf(READER.attributes, now.attributes)).toEqual([]);
  });
});

type Change = (schema: MutableSchema) => void;
// biome-ignore lint/suspicious/noExplicitAny: it is torn apart and put together in every way.
type MutableSchema = any;

function changed(change: Change): MessageSchema {
  const schema = structuredClone(MESSAGE_SCHEMA);
  change(schema);
  return schema;
}

describe('within version 1', () => {
  it.each<[string, Change]>([
    ['a field', ({ $defs }) => (fieldsOf($defs).channel = { type: 'string' })],
    [
      'a field that is always there',
      ({ $defs }) => {
        fieldsOf($defs).channel = { type: 'string' };
        $defs['inbound-sms'].required.push('channel');
      },
    ],
    ['an attribute', ({ $defs }) => ($defs.attributes.properties.carrier = { type: 'string' })],
    [
      'a format',
      ({ $defs, anyOf }) => {
        $defs.another = { type: 'object', properties: {} };
        anyOf.push({ $ref: '#/$defs/another' });
      },
    ],
    ['another wording', ({ $defs }) => (fieldsOf($defs).body.description = 'what was sent')],
    ['a field never left out', ({ $defs }) => $defs['inbound-sms'].required.push('service_id')],
  ])('allows: %s', (_, change) => {
    expect(incompatibilities(PINNED_SCHEMA, changed(change))).toEqual(CHANGED);
  });

  it.each<[string, Change, string]>([
    [
      'removed',
      ({ $defs }) => delete fieldsOf($defs).service_id,
      'inbound-sms: service_id is gone',
    ],
    [
      'of another type',
      ({ $defs }) => (fieldsOf($defs).received_at.type = 'string'),
      'inbound-sms: received_at has changed',
    ],
    [
      'left out',
      ({ $defs }) => ($defs['inbound-sms'].required = ['schema']),
      'inbound-sms: extra may be missing',
    ],
    [
      'longer than it was',
      ({ $defs }) => ($defs.text.maxLength = 20_000),
      'text: its rules have changed',
    ],
    [
      'of another version',
      ({ $defs }) => (fieldsOf($defs).schema.const = 'inbound-sms/2'),
      'inbound-sms: schema has changed',
    ],
    [
      'alone, so that none can be added',
      ({ $defs }) => ($defs['inbound-sms'].additionalProperties = false),
      'inbound-sms: its rules have changed',
    ],
    [
      'an attribute that is gone',
      ({ $defs }) => delete $defs.attributes.properties.from,
      'attributes: from is gone',
    ],
    [
      'in a format that is gone',
      ({ $defs }) => delete $defs['aws-two-way-sms'],
      'aws-two-way-sms is gone',
    ],
    [
      'in a format that is no message',
      ({ anyOf }) => anyOf.pop(),
      '#/$defs/aws-two-way-sms is no message any more',
    ],
  ])('no field is %s', (_, change, fault) => {
    expect(incompatibilities(PINNED_SCHEMA, changed(change))).toContain(fault);
  });

  it.each<[string, Partial<PinnedMessage['message']>, string[]]>([
    ['in another unit', { received_at: 1_700_000_000 }, ['received_at']],
    ['without a field', { sms_number: undefined }, ['sms_number']],
    ['with less in extra', { extra: {} }, ['extra']],
  ])('a message published %s is noticed', (_, changes, lost) => {
    const [{ record, pinned } = expect.unreachable()] = CASES;
    const { message, attributes } = publishedNow(record, 'inbound-sms');
    expect(losses(pinned, { message: { ...message, ...changes }, attributes })).toEqual(lost);
    expect(losses(pinned, { message: { ...message, more: 1 }, attributes })).toEqual([]);
    expect(losses(pinned, { message, attributes: {} })).toContain('attribute from');
  });
});

function fieldsOf($defs: MutableSchema) {
  return $defs['inbound-sms'].properties;
}
