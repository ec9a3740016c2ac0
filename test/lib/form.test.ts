import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeForm, MAX_FIELDS } from '../../lib/form.ts';
import { RequestRefused } from '../../lib/outcomes.ts';

const decode = (form: string | Uint8Array, charset?: string) =>
  decodeForm(typeof form === 'string' ? Buffer.from(form) : form, charset);
const bodyOf = (form: string | Uint8Array, charset?: string) =>
  decode(form, charset).fields.get('body');
const refusal = (form: string) => {
  try {
    decode(form);
  } catch (error) {
    if (error instanceof RequestRefused) return error;
  }
  throw new Error('It was not refused');
};

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
    ['body=%EF%BF%BD', '\uFFFD'],
    ['body=a=b', 'a=b'],
    ['body', ''],
    ['body=', ''],
    ['&&body=x&', 'x'],
    ['b%6Fdy=x', 'x'],
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
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const { fields } = decode(bytes);
          const sent = Buffer.from(bytes).includes('\uFFFD');
          if (!sent) expect([...fields].flat().join('')).not.toContain('\uFFFD');
        } catch (error) {
          expect(error).toBeInstanceOf(RequestRefused);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('bytes that are not UTF-8', () => {
  it('are windows-1252, and it says for which field', () => {
    expect(bodyOf('body=%93caf%E9%94')).toBe('“café”');
    expect(decode('from=%C3%A9&body=%E9').fallbackDecoded).toEqual(['body']);
    expect(decode('from=%C3%A9&body=%E9').fields.get('from')).toBe('é');
  });

  it('are windows-1252 for every byte', () => {
    const special = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
    for (let byte = 0x80; byte <= 0xff; byte++) {
      const expected = special[byte - 0x80] ?? String.fromCharCode(byte);
      expect(bodyOf(`body=%${byte.toString(16)}`)).toBe(expected);
    }
  });

  it('are surrogates in UTF-8, too', () => {
    expect(decode('body=%ED%A0%80').fallbackDecoded).toEqual(['body']);
  });
});

describe('a declared charset', () => {
  it.each(['iso-8859-1', 'latin1', 'windows-1252'])('%s is windows-1252', (charset) => {
    expect(bodyOf('body=%C3%A9', charset)).toBe('Ã©');
    expect(decode('body=%C3%A9', charset).fallbackDecoded).toEqual([]);
  });

  it('that is unknown is refused', () => {
    expect(() => decode('body=x', 'utf-16')).toThrow(/utf-16/);
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

  it('with a field that has no name', () => {
    expect(refusal('a=1&=2').outcome).toBe('invalid');
  });

  it('with more fields than any PBX sends, none of them silently lost', () => {
    const form = (count: number) => Array.from({ length: count }, (_, n) => `f${n}=`).join('&');
    expect(decode(form(MAX_FIELDS)).fields.size).toBe(MAX_FIELDS);
    expect(refusal(form(MAX_FIELDS + 1)).message).toContain('101 fields');
  });
});
