import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeForm } from '../../lib/form.ts';
import { RequestRefused } from '../../lib/outcomes.ts';
import { fingerprint, readSmsMessage } from '../../lib/sms-message.ts';
import { PROVIDER_FORM } from '../fixtures/webhook-event.ts';

const TOKEN = 'a-token-of-twenty-two-characters';
const VALID = {
  message_id: '297abf7f-99d9-4b7d-9c46-1d7c13687b11',
  from: '+61400000001',
  sms_number: '+61400000002',
  body: 'Hello',
};
const read = (changes: Record<string, string | undefined> = {}, token = TOKEN) => {
  const fields = Object.entries({ ...VALID, ...changes }).filter(
    ([, value]) => value !== undefined,
  );
  return readSmsMessage(new Map(fields as [string, string][]), token);
};
const faultsOf = (changes: Record<string, string | undefined>) => {
  try {
    read(changes);
  } catch (error) {
    if (error instanceof RequestRefused) return error.faults;
    throw error;
  }
  return [];
};

describe('a message', () => {
  it('is read from the form in the provider’s guide', () => {
    const { fields } = decodeForm(Buffer.from(PROVIDER_FORM));
    const message = readSmsMessage(fields, 'test');
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

  it('needs no optional field, and takes an empty one as absent', () => {
    expect({ ...read({ service_id: '', timestamp: '' }), extra: {} }).toEqual({
      ...VALID,
      extra: {},
    });
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
    ['body', '', ''],
    ['body', ' \0\n+ ', ' \0\n+ '],
    ['body', '😀'.repeat(10_000), '😀'.repeat(10_000)],
  ] as const)('%s %j', (field, sent, expected) => {
    expect(read({ [field]: sent })[field]).toBe(expected);
  });

  it('keeps every other field, whatever its name', () => {
    const names = ['__proto__', 'constructor', 'toString', 'extra', 'é', 'claim_owner'];
    const fields = new Map([...Object.entries(VALID), ...names.map((n) => [n, `<${n}>`] as const)]);
    const { extra } = readSmsMessage(fields, TOKEN);
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
    [{ from: '' }, 'from'],
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
    [{ service_id: '\x1b' }, 'service_id'],
    [{ service_id: 'x'.repeat(257) }, 'service_id'],
    [{ body: undefined }, 'body'],
    [{ body: 'x'.repeat(10_001) }, 'body'],
    [{ body: '😀'.repeat(10_001) }, 'body'],
    [{ timestamp: '1576391654123' }, 'timestamp'],
    [{ timestamp: '253402300800' }, 'timestamp'],
    [{ timestamp: '-1' }, 'timestamp'],
    [{ timestamp: '+1' }, 'timestamp'],
    [{ timestamp: '1e9' }, 'timestamp'],
    [{ timestamp: '1\n' }, 'timestamp'],
    [{ timestamp: '1.5' }, 'timestamp'],
    [{ timestamp: ' 1' }, 'timestamp'],
    [{ timestamp: '١' }, 'timestamp'],
  ])('%j', (changes, field) => {
    expect(faultsOf(changes).map((fault) => fault.field)).toEqual([field]);
  });

  it.each([
    [{ from: undefined }, 'is missing'],
    [{ from: '' }, 'is empty'],
    [{ body: undefined }, 'is missing'],
    [{ timestamp: '1576391654123' }, 'seconds'],
  ])('of %j says why', (changes, reason) => {
    expect(faultsOf(changes)[0]?.reason).toContain(reason);
  });

  it('is reported with all others, and never holds a value', () => {
    const faults = faultsOf({
      message_id: 'sec ret',
      from: '',
      body: undefined,
      timestamp: 'secret',
    });
    expect(faults.map(({ field }) => field)).toEqual(['message_id', 'from', 'body', 'timestamp']);
    expect(JSON.stringify(faults)).not.toMatch(/sec ?ret/);
  });
});

describe('the token', () => {
  it.each([
    ['webhook_url', `https://x/sms/${TOKEN}`, 'https://x/sms/REDACTED'],
    ['webhook_url', `https://x/dev/sms/${TOKEN}?a=b#c`, 'https://x/dev/sms/REDACTED?a=b#c'],
    ['webhook_url', 'https://x/sms/some-other-token', 'https://x/sms/REDACTED'],
    ['webhook_url', `https://x/?t=${TOKEN}`, 'https://x/?t=REDACTED'],
    ['webhook_url', `https://x/%61${TOKEN.slice(1)}`, 'REDACTED'],
    ['webhook_url', `https://x/%2561${TOKEN.slice(1)}`, 'REDACTED'],
    ['webhook_url_fallback', `${TOKEN}@example.com`, 'REDACTED@example.com'],
    ['callback', `https://y/${TOKEN}`, 'https://y/REDACTED'],
    ['callback', `https%3A%2F%2Fy%2F%61${TOKEN.slice(1)}`, 'REDACTED'],
  ])('is redacted in %s %s', (field, value, expected) => {
    expect(read({ [field]: value }).extra[field]).toBe(expected);
  });

  it('is redacted in a name, without merging two fields', () => {
    const { extra } = read({ [TOKEN]: '1', REDACTED: '2' });
    expect(Object.values(extra)).toEqual(['1', '2']);
    expect(JSON.stringify(extra)).not.toContain(TOKEN);
  });

  it('of the local stack is a word like any other, but in a webhook URL', () => {
    const { extra } = read({ note: 'a test', url: 'http://x/sms/test' }, 'test');
    expect({ ...extra }).toEqual({ note: 'a test', url: 'http://x/sms/REDACTED' });
  });

  it('never remains in the extra fields', () => {
    const secretive = fc
      .array(fc.oneof(fc.constant(TOKEN), fc.constantFrom('/sms/', '%', '%61', 'a', '/', '?')))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(secretive, secretive, (webhook_url, other) => {
        const json = JSON.stringify(read({ webhook_url, other, [`x${other}`]: '' }).extra);
        expect(json).not.toContain(TOKEN);
      }),
    );
  });

  it.each(['body', 'from', 'sms_number'] as const)('leaves %s alone', (field) => {
    expect(read({ [field]: `/sms/${TOKEN}` })[field]).toBe(`/sms/${TOKEN}`);
  });
});

describe('the fingerprint', () => {
  it('is of sender, recipient and text only', () => {
    const some = { from: 'a', sms_number: 'b', body: 'c' };
    expect(fingerprint(some)).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprint({ ...some, timestamp: 1 } as never)).toBe(fingerprint(some));
    for (const field of ['from', 'sms_number', 'body']) {
      expect(fingerprint({ ...some, [field]: 'd' })).not.toBe(fingerprint(some));
    }
  });

  it('is another one where the same characters are cut otherwise', () => {
    // Of what an encoding could separate or escape with, so that a weak one would collide.
    const text = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\\', '[', '1', ':', '\0', '\n'),
    });
    const cut = fc.tuple(fc.nat(), fc.nat());
    fc.assert(
      fc.property(text, cut, cut, (whole, one, other) => {
        const [a, b] = [one, other].map((ends) => cutInThree(whole, ends));
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        expect(fingerprint(a as never) === fingerprint(b as never)).toBe(isSame);
      }),
      { numRuns: 1_000 },
    );
  });
});

function cutInThree(whole: string, ends: readonly number[]) {
  const [first = 0, second = 0] = ends.map((end) => end % (whole.length + 1)).sort((a, b) => a - b);
  return {
    from: whole.slice(0, first),
    sms_number: whole.slice(first, second),
    body: whole.slice(second),
  };
}
