import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MESSAGE_FORMATS, notificationsIn, replayOf } from '../../../lib/messages/notification.ts';
import { someRecord } from '../../fixtures/messages.ts';

const toNotification = notificationsIn('inbound-sms');

/** XML 1.0, production 2: the characters that SQS can carry. */
const XML_CHARACTERS = /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

/** Any UTF-16, lone surrogates included, with many difficult characters. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\0', '\x1b', '\x7f', '\u2028', '\uFFFE', '\uFFFF', '\uD800', '\uDFFF', '\\'),
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  ),
});

/** A form's other fields, without a prototype, as in sms-message.ts. */
function extraOf(entries: Iterable<readonly [string, string]>): Record<string, string> {
  const extra: Record<string, string> = Object.create(null);
  for (const [name, value] of entries) extra[name] = value;
  return extra;
}

describe('the message', () => {
  it('holds exactly the fields of the contract', () => {
    const record = someRecord({
      extra: extraOf([['webhook_url_fallback', 'you@email.com']]),
      publish_attempts: 3,
      claim: { owner: 'somebody', until: 2_000_000 },
    });
    const { message_id, message } = toNotification(record);
    expect(message_id).toBe(record.message_id);
    expect(JSON.parse(message)).toEqual({
      schema: 'inbound-sms/1',
      message_id: '297abf7f-99d9-4b7d-9c46-1d7c13687b11',
      service_id: '4711',
      from: '+61400000001',
      sms_number: '+61400000002',
      body: 'Test Message',
      timestamp: 1_576_391_654,
      received_at: 1_000_000,
      extra: { webhook_url_fallback: 'you@email.com' },
    });
  });

  it('leaves out fields that the PBX did not send', () => {
    const { service_id: _, timestamp: __, ...record } = someRecord();
    const { message, attributes } = toNotification(record);
    expect(Object.keys(JSON.parse(message))).toEqual([
      'schema',
      'message_id',
      'from',
      'sms_number',
      'body',
      'received_at',
      'extra',
    ]);
    expect(attributes).not.toHaveProperty('service_id');
  });

  it.each(['\uFFFE', '\uFFFF', '\uD800', '\uDFFF', '\0'])('escapes %j', (char) => {
    const { message } = toNotification(someRecord({ body: `a${char}b` }));
    expect(message).not.toContain(char);
    expect(JSON.parse(message).body).toBe(`a${char}b`);
  });

  it('holds only characters of XML 1.0, and keeps any text', () => {
    const extras = fc.array(fc.tuple(anyText, anyText), { maxLength: 5 }).map(extraOf);
    fc.assert(
      fc.property(anyText, extras, (body, extra) => {
        const { message } = toNotification(someRecord({ body, extra }));
        const parsed = JSON.parse(message);
        expect(message).toMatch(XML_CHARACTERS);
        expect(parsed.body).toBe(body);
        expect(Object.entries(parsed.extra).sort()).toEqual(Object.entries(extra).sort());
      }),
    );
  });

  it('keeps a field named __proto__', () => {
    const extra = extraOf([['__proto__', 'kept']]);
    const parsed = JSON.parse(toNotification(someRecord({ extra })).message);
    expect(Object.entries(parsed.extra)).toEqual([['__proto__', 'kept']]);
  });
});

describe('the conversation', () => {
  const of = (changes = {}) => toNotification(someRecord(changes)).conversation;

  it('depends only on the two numbers, and reveals neither', () => {
    expect(of()).toMatch(/^[0-9a-f]{64}$/);
    expect(of({ message_id: 'other', body: 'other', service_id: 'x', timestamp: 1 })).toBe(of());
  });

  it('differs for any other two numbers', () => {
    const others = [
      of({ from: '+1' }),
      of({ sms_number: '+1' }),
      of({ from: '+61400000002', sms_number: '+61400000001' }),
      // Equal if they were simply joined.
      of({ sms_number: '+61400000002+', from: '61400000001' }),
    ];
    expect(new Set([of(), ...others]).size).toBe(5);
  });
});

describe('a message in the format of AWS', () => {
  const toAws = notificationsIn('aws-two-way-sms');
  const payloadOf = (changes = {}) => JSON.parse(toAws(someRecord(changes)).message);

  it('holds the fields that AWS documents, and two more', () => {
    expect(payloadOf({ body: 'Join us', extra: extraOf([['more', 'x']]) })).toEqual({
      originationNumber: '+61400000001',
      destinationNumber: '+61400000002',
      messageKeyword: 'JOIN',
      messageBody: 'Join us',
      inboundMessageId: '297abf7f-99d9-4b7d-9c46-1d7c13687b11',
      previousPublishedMessageId: '',
      timestamp: 1_576_391_654,
      service_id: '4711',
    });
  });

  it('leaves out those of the two that the PBX did not send', () => {
    const { service_id: _, timestamp: __, ...record } = someRecord();
    expect(Object.keys(JSON.parse(toAws(record).message))).toEqual([
      'originationNumber',
      'destinationNumber',
      'messageKeyword',
      'messageBody',
      'inboundMessageId',
      'previousPublishedMessageId',
    ]);
  });

  it.each([
    ['stop', 'STOP'],
    [' Stop. Now', 'STOP'],
    ['été 2026', 'ÉTÉ'],
    ['e\u0301te\u0301 2026', 'E\u0301TE\u0301'],
    ['😀 yes', 'YES'],
    ['42', '42'],
    ['', ''],
    ['👍', ''],
    ['x'.repeat(30), 'X'.repeat(30)],
    ['x'.repeat(31), ''],
  ])('of %j has the keyword %j', (body, keyword) => {
    expect(payloadOf({ body }).messageKeyword).toBe(keyword);
  });

  it('differs from the other format only in message and schema', () => {
    const record = someRecord();
    const { message: _, attributes, ...rest } = toAws(record);
    const { message: __, attributes: ownAttributes, ...ownRest } = toNotification(record);
    expect(rest).toEqual(ownRest);
    expect(attributes).toEqual({ ...ownAttributes, schema: 'aws-two-way-sms' });
  });

  it('holds only characters of XML 1.0, and keeps any text', () => {
    fc.assert(
      fc.property(anyText, (body) => {
        expect(toAws(someRecord({ body })).message).toMatch(XML_CHARACTERS);
        expect(payloadOf({ body }).messageBody).toBe(body);
      }),
    );
  });
});

describe('the subject', () => {
  it('is readable', () => {
    expect(toNotification(someRecord()).subject).toBe('SMS from +61400000001 to +61400000002');
  });

  it('has one ? for each character that is not ASCII', () => {
    const { subject } = toNotification(someRecord({ from: 'Zoë\x7f 😀' }));
    expect(subject).toBe('SMS from Zo?? ? to +61400000002');
  });

  it('is ASCII with fewer than 100 characters, for any sender', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 256 }), (from) => {
        expect(toNotification(someRecord({ from })).subject).toMatch(/^[\x20-\x7e]{1,99}$/);
      }),
    );
    expect(toNotification(someRecord({ from: 'x'.repeat(256) })).subject).toHaveLength(99);
  });
});

describe('the attributes', () => {
  it('allow filters', () => {
    expect(toNotification(someRecord()).attributes).toEqual({
      schema: 'inbound-sms/1',
      message_id: '297abf7f-99d9-4b7d-9c46-1d7c13687b11',
      service_id: '4711',
      from: '+61400000001',
      sms_number: '+61400000002',
    });
  });

  it('are never empty and at most 10, for any form', () => {
    const extra = extraOf(Array.from({ length: 50 }, (_, index) => [`field${index}`, '']));
    const { service_id: _, ...record } = someRecord({ body: '', extra });
    for (const { attributes } of [toNotification(record), toNotification(someRecord({ extra }))]) {
      expect(Object.values(attributes)).not.toContain('');
      expect(Object.keys(attributes).length).toBeLessThanOrEqual(10);
      for (const value of Object.values(attributes)) expect(typeof value).toBe('string');
    }
  });
});

it('a replay differs only in its attribute, and for a FIFO topic in its id for each run', () => {
  const plain = toNotification(someRecord());
  expect(replayOf(plain, 'run-1')).toEqual({
    ...plain,
    attributes: { ...plain.attributes, replay: 'run-1' },
    deduplication_id: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const runs = ['run-1', 'run-2'].map((run) => replayOf(plain, run));
  const all = [...runs, replayOf({ ...plain, message_id: 'other' }, 'run-1')];
  expect(new Set(all.map(({ deduplication_id }) => deduplication_id)).size).toBe(3);
  expect(replayOf(plain, 'run-1')).toEqual(runs[0]);
});

describe('a message with missing fields', () => {
  it.each(MESSAGE_FORMATS)('has an empty text for a number, and no attribute, in %s', (format) => {
    const withheld = notificationsIn(format)(someRecord({ from: '' }));
    const message = JSON.parse(withheld.message);
    expect(message.from ?? message.originationNumber).toBe('');
    expect(Object.keys(withheld.attributes)).toEqual([
      ...['schema', 'message_id', 'sms_number', 'service_id'],
    ]);
    expect(withheld.subject).toBe('SMS from (withheld) to +61400000002');

    const unknown = notificationsIn(format)(someRecord({ sms_number: '' }));
    expect(unknown.attributes).not.toHaveProperty('sms_number');
    expect(unknown.subject).toBe('SMS from +61400000001 to (unknown)');
  });
});
