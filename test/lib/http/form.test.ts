import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeForm } from '../../../lib/http/form.ts';

const decode = (form: string | Uint8Array, charset?: string) =>
  decodeForm(typeof form === 'string' ? Buffer.from(form) : form, charset);
const bodyOf = (form: string | Uint8Array, charset?: string) =>
  decode(form, charset).fields.get('body');
/** The fields that do not fit their charset, and how they were read. */
const readAs = (form: string | Uint8Array, charset?: string) =>
  decode(form, charset).inexact.map(({ name, readAs }) => [name, readAs]);

/** Random bytes with many characters that the decoder looks for. */
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

/** The bytes with every escape undone, without splitting them into fields. */
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
    expect(readAs(form)).toEqual([]);
  });

  it('holds anything that URLSearchParams can encode', () => {
    const text = fc.string({ unit: 'binary' });
    const forms = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), text), {
      selector: ([name]) => name,
      maxLength: 20,
    });
    fc.assert(
      fc.property(forms, (pairs) => {
        const { fields, ...rest } = decode(new URLSearchParams(pairs).toString());
        expect([...fields]).toEqual(pairs);
        expect(rest).toEqual({ repeated: [], inexact: [], isCharsetKnown: true });
      }),
    );
  });

  it('is decoded from any bytes, and each replacement character is reported', () => {
    let looked = 0;
    fc.assert(
      fc.property(almostForms, (bytes) => {
        const { fields, repeated, inexact } = decode(bytes);
        const texts = [...fields, ...repeated].flat().join('');
        const isReplaced = inexact.some(({ readAs }) => readAs === 'UTF-8 with replacements');
        if (isReplaced || unescaped(bytes).includes('\uFFFD')) return;
        looked++;
        expect(texts).not.toContain('\uFFFD');
      }),
      { numRuns: 1_000 },
    );
    expect(looked).toBeGreaterThan(50);
  });

  it('keeps every field, with any name', () => {
    fc.assert(
      fc.property(almostForms, (bytes) => {
        const { fields, repeated } = decode(bytes);
        const sent = bytes.toString('latin1').split('&').filter(Boolean);
        expect(fields.size + repeated.length).toBe(sent.length);
      }),
    );
  });
});

describe('a field', () => {
  it('is kept if it is repeated, in any spelling', () => {
    const { fields, repeated } = decode('a=1&b=2&a=3&%61=4');
    expect([...fields]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(repeated).toEqual([
      ['a', '3'],
      ['a', '4'],
    ]);
  });

  it('may have no name', () => {
    const { fields, repeated } = decode('a=1&=2&=');
    expect(fields.get('')).toBe('2');
    expect(repeated).toEqual([['', '']]);
  });

  it('may be one of many', () => {
    const form = Array.from({ length: 30_000 }, (_, n) => `${n.toString(36)}`).join('&');
    expect(decode(form).fields.size).toBe(30_000);
  });
});

describe('the largest forms', () => {
  it.each(['%', '&', '=', '+', '%41', '%e9', '%2', 'a=1&', '\xff', '=&', '%c3%a9%ff'])(
    'of %j are decoded, not choked on',
    (unit) => {
      const bytes = Buffer.from(unit.repeat(65_536 / unit.length), 'latin1');
      expect(decode(bytes).isCharsetKnown).toBe(true);
    },
  );
});

/** A text as escaped UTF-8. It may lack its last bytes. */
const escaped = (bytes: Uint8Array) =>
  [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const cut = (text: string, missing: number) =>
  `body=${escaped(Buffer.from(text).subarray(0, -missing))}`;

describe('bytes that are not UTF-8', () => {
  it('are read as windows-1252, and the field is reported', () => {
    expect(bodyOf('body=%93un+caf%E9%94')).toBe('“un café”');
    expect(readAs('from=%C3%A9&body=%E9')).toEqual([['body', 'windows-1252']]);
    expect(decode('from=%C3%A9&body=%E9').fields.get('from')).toBe('é');
  });

  it('are read as windows-1252 for every byte, as in https://encoding.spec.whatwg.org/index-windows-1252.txt', () => {
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

  it('may be in a name', () => {
    const { fields, inexact } = decode('%E9=%C3%A9');
    expect([...fields]).toEqual([['é', 'é']]);
    expect(inexact).toEqual([{ name: 'é', readAs: 'windows-1252' }]);
  });

  it('include surrogates in UTF-8', () => {
    expect(readAs('body=%ED%A0%80')).toEqual([['body', 'windows-1252']]);
  });

  it('are returned as they were sent', () => {
    const { inexact } = decode('a=%E9+%41&b=%C3%A9&c=%C3%A9%FF');
    expect(inexact.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['a', 'e92041'],
      ['c', 'c3a9ff'],
    ]);
  });
});

describe('a text with some bytes that are not UTF-8', () => {
  it.each([
    ['an emoji that was cut', cut('Hi 😀', 1), 'Hi \uFFFD'],
    ['an emoji that was cut early', cut('Hi 😀', 2), 'Hi \uFFFD'],
    ['a euro sign that was cut', cut('5 €', 1), '5 \uFFFD'],
    ['an ellipsis that was cut', cut('Well…', 1), 'Well\uFFFD'],
    ['an umlaut that was cut, after others', cut('Grüße, Zoë', 1), 'Grüße, Zo\uFFFD'],
    ['a sign that was cut, after one letter', cut('é 日', 1), 'é \uFFFD'],
    ['a broken one among others', 'body=Z%C3%BCrich+%C3%28+Gen%C3%A8ve', 'Zürich \uFFFD( Genève'],
    ['one letter and one fault', 'body=%C3%A9%FF', 'é\uFFFD'],
    ['a U+FEFF at the start', 'body=%EF%BB%BF%C3%A9%FF', '\uFEFFé\uFFFD'],
  ])('keeps its other characters: %s', (_, form, text) => {
    expect(bodyOf(form)).toBe(text);
    expect(readAs(form)).toEqual([['body', 'UTF-8 with replacements']]);
  });

  it.each([
    ['accents', 'body=d%E9j%E0+vu', 'déjà vu'],
    ['a letter at the end', 'body=caf%C3', 'cafÃ'],
    ['a letter and an ellipsis at the end', 'body=caf%E9%85', 'café…'],
    ['a letter and a quotation mark at the end', 'body=%93caf%E9%94', '“café”'],
    ['what looks like a character of two bytes', 'body=%84Spa%DF%93+f%FCr', '„Spaß“ für'],
    ['euro and pound', 'body=%80%A3', '€£'],
    ['Latin with more faults than characters', 'body=%C3%A9%FF%FF', 'Ã©ÿÿ'],
  ])('does not count as windows-1252: %s', (_, form, text) => {
    expect(bodyOf(form)).toBe(text);
    expect(readAs(form)).toEqual([['body', 'windows-1252']]);
  });

  it('loses only the last character if it is cut anywhere', () => {
    const letters = fc.string({ unit: fc.constantFrom('é', 'ß', '日', '😀', '€'), minLength: 2 });
    fc.assert(
      fc.property(letters, fc.nat(), (text, seed) => {
        const bytes = Buffer.from(text);
        const at = 4 + (seed % (bytes.length - 3));
        const body = bodyOf(`body=${escaped(bytes.subarray(0, at))}`) ?? '';
        const whole = body.replace(/\uFFFD$/, '');
        expect(text.startsWith(whole)).toBe(true);
        expect(Buffer.byteLength(whole)).toBeGreaterThan(at - 4);
      }),
    );
  });
});

describe('a declared charset', () => {
  it.each(['iso-8859-1', 'latin1', 'windows-1252', 'ISO-8859-1'])(
    '%s is windows-1252',
    (charset) => {
      expect(bodyOf('body=%C3%A9', charset)).toBe('Ã©');
      expect(readAs('body=%C3%A9', charset)).toEqual([]);
    },
  );

  it.each(['utf-8', 'UTF-8', 'us-ascii', undefined])('%s is UTF-8 where it can be', (charset) => {
    expect(bodyOf('body=%C3%A9', charset)).toBe('é');
    expect(readAs('body=%E9', charset)).toEqual([['body', 'windows-1252']]);
  });

  it.each(['utf-16', 'é\n', 'constructor'])('%j is unknown and taken for UTF-8', (charset) => {
    const { fields, isCharsetKnown } = decode('body=%C3%A9', charset);
    expect(fields.get('body')).toBe('é');
    expect(isCharsetKnown).toBe(false);
    expect(readAs('body=%E9', charset)).toEqual([['body', 'windows-1252']]);
  });
});
