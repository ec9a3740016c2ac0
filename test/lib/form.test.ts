import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeForm, MAX_FIELDS } from '../../lib/form.ts';
import { RequestRefused } from '../../lib/outcomes.ts';

const decode = (form: string | Uint8Array, charset?: string) =>
  decodeForm(typeof form === 'string' ? Buffer.from(form) : form, { charset });
const bodyOf = (form: string | Uint8Array, charset?: string) =>
  decode(form, charset).fields.get('body');
const refusal = (form: string, charset?: string) => {
  try {
    decode(form, charset);
  } catch (error) {
    if (error instanceof RequestRefused) return error;
    throw error;
  }
  throw new Error('It was not refused');
};

/** The fields of a form; none, if it is refused. @throws Whatever else it fails with. */
const fieldsOf = (bytes: Uint8Array) => {
  try {
    return decode(bytes).fields;
  } catch (error) {
    if (error instanceof RequestRefused) return undefined;
    throw error;
  }
};

/** Random bytes seldom hold what the decoder looks at: so these are of that, and of random bytes. */
const almostForms = fc
  .array(
    fc.oneof(
      fc.constantFrom('&', '=', '%', '+', 'a', '%E9', '%C3%A9', '%ED%A0%80', '%EF%BF', '%00'),
      fc.constantFrom('%EF%BF%BD', '%C0%80', '%F4%90%80%80', '%4', '%g1', '%fF'),
      fc.uint8Array({ maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part as string))));

/** The bytes with every escape undone, however they are cut into fields. */
const unescaped = (bytes: Buffer) =>
  Buffer.from(
    bytes
      .toString('latin1')
      .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

describe('a form', () => {
  it.each([
    ['body=a+b%20c', 'a b c'],
    ['body=a%2Bb%26c%3Dd%25', 'a+b&c=d%'],
    ['body=100%', '100%'],
    ['body=%zz%4', '%zz%4'],
    ['body=%C3%A9', 'é'],
    ['body=é', 'é'],
    ['body=%F0%9F%98%80', '😀'],
    ['body=%00%0A%7F', '\0\n\x7f'],
    ['body=%EF%BB%BFx', '\uFEFFx'],
    ['body=\uFEFFé+x', '\uFEFFé x'],
    ['body=%EF%BF%BD', '\uFFFD'],
    ['body=a=b', 'a=b'],
    ['body', ''],
    ['body=', ''],
    ['&&body=x&', 'x'],
    ['b%6Fdy=x', 'x'],
    ['%zzbody=&body=%2', '%2'],
  ])('%s', (form, value) => {
    expect(bodyOf(form)).toBe(value);
    expect(decode(form).fallbackDecoded).toEqual([]);
  });

  it('holds whatever URLSearchParams can encode', () => {
    const text = fc.string({ unit: 'binary' });
    const forms = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), text), {
      selector: ([name]) => name,
      maxLength: 20,
    });
    fc.assert(
      fc.property(forms, (pairs) => {
        const { fields, fallbackDecoded } = decode(new URLSearchParams(pairs).toString());
        expect([...fields]).toEqual(pairs);
        expect(fallbackDecoded).toEqual([]);
      }),
    );
  });

  it('of any bytes is decoded or refused, without a replacement character', () => {
    let looked = 0;
    fc.assert(
      fc.property(almostForms, (bytes) => {
        const fields = fieldsOf(bytes);
        if (!fields || unescaped(bytes).includes('\uFFFD')) return;
        looked++;
        expect([...fields].flat().join('')).not.toContain('\uFFFD');
      }),
      { numRuns: 1_000 },
    );
    expect(looked).toBeGreaterThan(50);
  });
});

describe('the largest forms', () => {
  it.each(['%', '&', '=', '+', '%41', '%e9', '%2', 'a=1&', '\xff'])(
    'of %j are decoded or refused, not choked on',
    (unit) => {
      const bytes = Buffer.from(unit.repeat(65_536 / unit.length), 'latin1');
      expect(() => fieldsOf(bytes)).not.toThrow();
    },
  );
});

describe('bytes that are not UTF-8', () => {
  it('are windows-1252, and it says for which field', () => {
    expect(bodyOf('body=%93un+caf%E9%94')).toBe('“un café”');
    expect(decode('from=%C3%A9&body=%E9').fallbackDecoded).toEqual(['body']);
    expect(decode('from=%C3%A9&body=%E9').fields.get('from')).toBe('é');
  });

  it('are windows-1252 for every byte, as https://encoding.spec.whatwg.org/index-windows-1252.txt', () => {
    const special = [
      0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
      0x0152, 0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
      0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
    ];
    for (let byte = 0; byte <= 0xff; byte++) {
      const escaped = `%${byte.toString(16).padStart(2, '0')}`;
      const expected = String.fromCodePoint(special[byte - 0x80] ?? byte);
      expect(bodyOf(`body=${escaped}`, 'windows-1252')).toBe(expected);
      expect(bodyOf(`body=${escaped}%FF`)).toBe(`${expected}ÿ`);
    }
  });

  it('may be those of a name', () => {
    const { fields, fallbackDecoded } = decode('%E9=%C3%A9');
    expect([...fields]).toEqual([['é', 'é']]);
    expect(fallbackDecoded).toEqual(['é']);
  });

  it('are surrogates in UTF-8, too', () => {
    expect(decode('body=%ED%A0%80').fallbackDecoded).toEqual(['body']);
  });
});

describe('a declared charset', () => {
  it.each(['iso-8859-1', 'latin1', 'windows-1252', 'ISO-8859-1'])(
    '%s is windows-1252',
    (charset) => {
      expect(bodyOf('body=%C3%A9', charset)).toBe('Ã©');
      expect(decode('body=%C3%A9', charset).fallbackDecoded).toEqual([]);
    },
  );

  it.each(['utf-8', 'UTF-8', 'us-ascii', undefined])('%s is UTF-8 where it can be', (charset) => {
    expect(bodyOf('body=%C3%A9', charset)).toBe('é');
    expect(decode('body=%E9', charset).fallbackDecoded).toEqual(['body']);
  });

  it.each([
    ['utf-16', 'utf-16'],
    ['é\n', '\\u00e9\\u000a'],
  ])('%j is refused by its name', (charset, shown) => {
    expect(refusal('body=x', charset)).toMatchObject({
      outcome: 'not-a-form',
      message: `The charset ${shown} is not supported`,
    });
  });
});

describe('a form is refused', () => {
  it('with repeated fields, naming each', () => {
    const { outcome, faults } = refusal('a=1&b=2&a=1&c=3&b=2');
    expect(outcome).toBe('invalid');
    expect(faults.map(({ field }) => field)).toEqual(['a', 'b']);
  });

  it('with a repeated field that is spelled in two ways', () => {
    expect(refusal('body=1&b%6Fdy=2').faults).toMatchObject([{ field: 'body' }]);
  });

  it('with a repeated field of any name, shown so that it is fit for a log', () => {
    const { faults } = refusal('%0Aé=1&%0Aé=2');
    expect(faults).toMatchObject([{ field: '\\u000a\\u00e9' }]);
  });

  it('with a field that has no name', () => {
    expect(refusal('a=1&=2').outcome).toBe('invalid');
    expect(refusal('=').outcome).toBe('invalid');
  });

  it('for what is repeated before what has no name', () => {
    expect(refusal('=1&a=1&a=2').faults).toMatchObject([{ field: 'a' }]);
  });

  it('with more fields than any PBX sends, none of them silently lost', () => {
    const form = (count: number) => Array.from({ length: count }, (_, n) => `f${n}=`).join('&');
    expect(decode(form(MAX_FIELDS)).fields.size).toBe(MAX_FIELDS);
    expect(refusal(form(MAX_FIELDS + 1))).toMatchObject({
      outcome: 'invalid',
      message: 'The form has 101 fields; 100 at most',
    });
  });
});
