import { describe, expect, it } from 'vitest';
import { RequestRefused } from '../../../lib/http/outcomes.ts';
import { PROVIDER_FORM } from '../../fixtures/webhook-event.ts';
import { readFields, readSent, SENT, TOKEN, VALID } from '../../helpers/read-form.ts';

const faultsOf = (changes: Record<string, string | undefined>) => {
  try {
    readFields(changes);
  } catch (error) {
    if (error instanceof RequestRefused) return error.faults;
  }
  return [];
};

describe('a message', () => {
  it('is read from the form of the provider’s guide', () => {
    const { message: sent, warnings } = readSent(PROVIDER_FORM, 'test');
    const { fingerprint, ...message } = sent;
    expect(warnings).toEqual([]);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect({ ...message, extra: { ...message.extra } }).toEqual({
      message_id: '297abf7f-99d9-4b7d-9c46-1d7c13687b11',
      service_id: 'YOUR_SERVICE_ID',
      from: 'YOUR_FROM_NUMBER',
      sms_number: 'YOUR_SMS_NUMBER',
      body: 'Test Message',
      timestamp: 1_576_391_654,
      extra: {
        webhook_url: 'https://ENDPOINT/sms/REDACTED',
        webhook_url_fallback: 'you@email.com',
      },
    });
  });

  it('needs no optional field, and an empty one counts as absent', () => {
    const { fingerprint: _, ...message } = readFields({ service_id: '', timestamp: '' });
    expect({ ...message, extra: { ...message.extra } }).toEqual({ ...VALID, extra: {} });
  });

  it.each([
    ['message_id', '297ABF7F-99D9-4B7D-9C46-1D7C13687B11', VALID.message_id],
    ['message_id', 'Not-A-UUID', 'Not-A-UUID'],
    ['message_id', `${VALID.message_id.toUpperCase()}0`, `${VALID.message_id.toUpperCase()}0`],
    ['from', ' 61400000001', '+61400000001'],
    ['sms_number', ' 61 400 000 001', '+61 400 000 001'],
    ['from', ' 7 Eleven', ' 7 Eleven'],
    ['from', '  61400000001 ', '  61400000001 '],
    ['sms_number', ' (02) 8000', ' (02) 8000'],
    ['service_id', ' 4711', ' 4711'],
    ['message_id', '!'.repeat(127).concat('~'), '!'.repeat(127).concat('~')],
    ['from', '😀'.repeat(256), '😀'.repeat(256)],
    ['sms_number', 'x'.repeat(256), 'x'.repeat(256)],
    ['service_id', 'x'.repeat(256), 'x'.repeat(256)],
    ['timestamp', '0', 0],
    ['timestamp', '253402300799', 253_402_300_799],
    ['from', 'Café 😀', 'Café 😀'],
    ['from', '', ''],
    ['sms_number', '', ''],
    ['timestamp', '253402300800', 253_402_300],
    ['timestamp', '1576391654123', 1_576_391_654],
    ['timestamp', '253402300799999', 253_402_300_799],
    ['body', '', ''],
    ['body', ' \0\n+ ', ' \0\n+ '],
    ['body', '😀'.repeat(10_000), '😀'.repeat(10_000)],
  ] as const)('%s %j', (field, sent, expected) => {
    expect(readFields({ [field]: sent })[field]).toBe(expected);
  });

  it('keeps every other field, with any name', () => {
    const names = ['__proto__', 'constructor', 'toString', 'extra', 'é', 'claim_owner'];
    const { extra } = readFields(Object.fromEntries(names.map((name) => [name, `<${name}>`])));
    expect(Object.entries(extra)).toEqual(names.map((name) => [name, `<${name}>`]));
    expect(JSON.stringify(extra)).toContain('"__proto__":"<__proto__>"');
  });
});

describe('a fault', () => {
  it.each([
    [{ message_id: undefined }, 'message_id'],
    [{ message_id: '' }, 'message_id'],
    [{ message_id: 'x'.repeat(129) }, 'message_id'],
    [{ message_id: 'a b' }, 'message_id'],
    [{ message_id: 'é' }, 'message_id'],
    [{ message_id: 'a\n' }, 'message_id'],
    [{ from: undefined }, 'from'],
    [{ from: 'a\0' }, 'from'],
    [{ from: 'a\x85' }, 'from'],
    [{ from: 'a\x7f' }, 'from'],
    [{ from: 'a\x1f' }, 'from'],
    [{ from: 'a\x9f' }, 'from'],
    [{ from: 'a\uFFFE' }, 'from'],
    [{ from: '\uD83D' }, 'from'],
    [{ from: '😀'.repeat(257) }, 'from'],
    [{ from: 'a\uFFFF' }, 'from'],
    [{ from: 'x'.repeat(257) }, 'from'],
    [{ sms_number: undefined }, 'sms_number'],
    [{ sms_number: '+61\n' }, 'sms_number'],
    [{ body: undefined }, 'body'],
    [{ body: 'x'.repeat(10_001) }, 'body'],
    [{ body: '😀'.repeat(10_001) }, 'body'],
  ])('%j', (changes, field) => {
    expect(faultsOf(changes).map((fault) => fault.field)).toEqual([field]);
  });

  it.each([
    [{ from: undefined }, 'is missing'],
    [{ message_id: '' }, 'is empty'],
    [{ body: undefined }, 'is missing'],
  ])('of %j has a reason', (changes, reason) => {
    expect(faultsOf(changes)[0]?.reason).toContain(reason);
  });

  it('is reported together with all others, and never holds a value', () => {
    const faults = faultsOf({
      message_id: 'sec ret',
      from: 'secret\n',
      body: undefined,
      timestamp: 'no fault',
    });
    expect(faults.map(({ field }) => field)).toEqual(['message_id', 'from', 'body']);
    expect(JSON.stringify(faults)).not.toMatch(/sec ?ret/);
  });
});

describe('an optional field', () => {
  it.each([
    ['timestamp', '1576391654.5', 'timestamp is malformed'],
    ['timestamp', '2019-12-15T06:34:14Z', 'timestamp is malformed'],
    ['timestamp', '-1', 'timestamp is malformed'],
    ['timestamp', '+1', 'timestamp is malformed'],
    ['timestamp', '1e9', 'timestamp is malformed'],
    ['timestamp', '1\n', 'timestamp is malformed'],
    ['timestamp', ' 1', 'timestamp is malformed'],
    ['timestamp', '١', 'timestamp is malformed'],
    ['timestamp', '1576391654123456', 'timestamp is malformed'],
    ['timestamp', '9'.repeat(400), 'timestamp is malformed'],
    ['timestamp', '1576391654123', 'timestamp is in milliseconds'],
    ['service_id', '\x1b', 'service_id is malformed'],
    ['service_id', 'x'.repeat(257), 'service_id is malformed'],
  ] as const)('is kept as it was sent: %s %j', (field, value, warning) => {
    const form = `${SENT}&${new URLSearchParams({ [field]: value })}`;
    const { message, warnings } = readSent(form);
    expect({ ...message.extra }).toEqual({ [field]: value });
    if (!warning.endsWith('milliseconds')) expect(message).not.toHaveProperty(field);
    expect(warnings).toEqual([['OptionalFieldMalformed', warning]]);
  });

  it.each([
    ['timestamp=1&timestamp=2', { timestamp: '2' }, 'timestamp is there more than once'],
    ['service_id=1&service_id=2', { service_id: '2' }, 'service_id is there more than once'],
    [
      'a=1&b=2&a=3&a=3',
      { a: '1', b: '2', a_: '3', a__: '3' },
      'another field is there more than once',
    ],
    [
      'webhook_url=a&webhook_url=b',
      { webhook_url: 'a', webhook_url_: 'b' },
      'webhook_url is there more than once',
    ],
    ['=1', { '': '1' }, 'a field has no name'],
    [`${TOKEN}=1&REDACTED=2`, { REDACTED: '1', REDACTED_: '2' }, 'another field held a token'],
  ])('may be malformed in any way: %s', (fields, extra, warning) => {
    const { message, warnings } = readSent(`${SENT}&${fields}`);
    expect({ ...message.extra }).toEqual(extra);
    expect([...new Set(warnings.map(([, text]) => text))]).toEqual([warning]);
  });

  it('counts with its first value', () => {
    const { message } = readSent(`${SENT}&timestamp=1&timestamp=2&service_id=a&service_id=b`);
    expect(message).toMatchObject({ timestamp: 1, service_id: 'a' });
  });

  it('may be one of 30,000 without costing the message', () => {
    const { message, warnings } = readSent(`${SENT}${'&a'.repeat(30_000)}`);
    expect(message.body).toBe('x');
    expect(warnings.at(-1)).toEqual(['ExtraCut', 'extra is cut']);
  });
});

it.each(['message_id', 'from', 'sms_number', 'body'])(
  'a second %s is a fault: nobody knows which one is the message',
  (field) => {
    expect(() => readSent(`${SENT}&${field}=1`)).toThrow(
      expect.objectContaining({ faults: [{ field, reason: 'is there more than once' }] }),
    );
  },
);

describe('extra', () => {
  it('has malformed fields first, then the PBX’s settings, then the rest in the order sent', () => {
    const rest =
      'b=1&webhook_url_fallback=f&a=2&webhook_url=u&timestamp=t&service_id=%00&timestamp=3';
    const { extra } = readSent(`${SENT}&${rest}`).message;
    expect(Object.keys(extra)).toEqual([
      ...['service_id', 'timestamp', 'webhook_url', 'webhook_url_fallback', 'b', 'a'],
      'timestamp_',
    ]);
  });

  it('shortens 43 KB of control characters to 4', () => {
    const { extra } = readSent(`${SENT}&a=${'\x01'.repeat(43_000)}&webhook_url=u`).message;
    expect(Buffer.byteLength(JSON.stringify(extra))).toBeLessThanOrEqual(4_096);
    expect(extra).toMatchObject({ webhook_url: 'u', a: expect.stringMatching(/\x01\[CUT\]$/) });
  });
});
