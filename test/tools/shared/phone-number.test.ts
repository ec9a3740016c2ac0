import fc from 'fast-check';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { parsePhoneNumberFromString as parsePart } from 'libphonenumber-js/min';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, it } from 'vitest';
import { phoneNumbersOf } from '../../../tools/shared/phone-number.ts';

const isSame = (stored: string, given: string, country = 'AU') =>
  phoneNumbersOf(country).matcher([given])(stored);

const likeness = (stored: string, given: string, country = 'AU') =>
  phoneNumbersOf(country).strictMatcher([given])(stored);

describe('a number in Australia', () => {
  it.each([
    '+61412345678',
    '61412345678',
    '0412345678',
    '412345678',
    '0412 345 678',
    ' 0412-345-678 ',
    '(04) 1234 5678',
    '+61 412 345 678',
    '+61 (0)412 345 678',
    '+61 [0] 412 345 678',
    '(+61) 412.345.678',
    '0061 412 345 678',
    '0011 61 412 345 678',
    '001161412345678',
    'tel:+61412345678',
    'TEL: 0412-345-678',
    'sms:+61412345678',
    'callto://+61412345678',
    'smsto:0412345678',
    // Out of a cell of `export`, a line of CSV, a mail, a document.
    "'+61412345678",
    "'0412345678",
    '"0412 345 678"',
    "'0412345678',",
    '0412345678,',
    '0412345678; ',
    '\u201c0412 345 678\u201d',
    '\u00ab 0412 345 678 \u00bb',
    '<+61412345678>',
    '\u2039+61412345678\u203a',
    '<tel:+61-412-345-678>,',
    // Pasted: no-break spaces, direction marks, a byte order mark, full-width and Arabic digits, dashes.
    '0412\u00a0345\u202f678',
    '\u202a+61 412 345 678\u202c',
    '\u200e0412345678\u200f',
    '\ufeff0412\u200b345\u00ad678',
    '＋６１　４１２　３４５　６７８',
    '٠٤١٢٣٤٥٦٧٨',
    '0412–345−678',
  ])('equals %j', (text) => {
    expect(isSame('+61412345678', text)).toBe(true);
    expect(isSame(text, '0412 345 678')).toBe(true);
  });

  it.each([
    '+44412345678',
    '44412345678',
    '0044 412345678',
    '+64412345678',
    '+614123456789',
    '+6141234567',
    '0412345679',
    '12345678',
    '345678',
    '5678',
    '0412345678 or so',
    '0412345678;ext=5',
    '',
  ])('does not equal %j', (text) => {
    expect(isSame('+61412345678', text)).toBe(false);
    expect(isSame(text, '0412 345 678')).toBe(false);
  });
});

describe('two numbers', () => {
  it.each([
    // Numbers that do not exist match by their digits.
    ['+1', '1', true],
    ['+44412345678', '44412345678', true],
    ['99 999 999', '99999999', true],
    // Short codes have no country.
    ['12345', '12 345', true],
    ['12345', '+6112345', false],
    ['191919', '0412191919', false],
    ['678', '345678', false],
    // Names match literally.
    ['MyBank', ' MyBank', true],
    ['MyBank', 'mybank', false],
    ['MyBank', 'MyBank\u200b', false],
    ['ＭyBank', 'MyBank', false],
    ['Shop 24', '24', false],
    ['1800-FLOWERS', '1800', false],
    ['anonymous', '', false],
    ['', '', true],
  ])('%j and %j are equal: %j', (stored, given, expected) => {
    expect(isSame(stored, given)).toBe(expected);
    expect(isSame(given, stored)).toBe(expected);
  });

  it.each([
    ['NZ', '021 123 4567', '+64211234567', true],
    ['GB', '07400 123456', '+447400123456', true],
    ['GB', '0412345678', '+61412345678', false],
    ['US', '(415) 555-0100', '+14155550100', true],
    ['US', '1 415 555 0100', '4155550100', true],
    ['AU', '0011 678 591 9992', '+6785919992', true],
    ['AU', '0011 678 591 9992', '+16785919992', false],
    ['US', '011 61 412 345 678', '+61412345678', true],
    ['IT', '06 123 4567', '+39061234567', true],
    ['HU', '06 20 123 4567', '+36201234567', true],
    // In Sydney this number lacks its zero, on the Faroes its plus. Australia and Austria are similar.
    ['AU', '298212345', '02 9821 2345', true],
    ['AU', '298212345', '+298212345', false],
    ['AU', '437000111', '0437 000 111', true],
    ['AU', '437000111', '+61437000111', true],
    ['AU', '437000111', '+437000111', false],
    // Too long for Australia.
    ['AU', '4369912345678', '+4369912345678', true],
    // 003 is what Singapore may dial before Kazakhstan's 7, and 00 before Monaco's 377.
    ['SG', '00377612349991', '+377612349991', false],
    ['SG', '00377612349991', '+77612349991', false],
    ['DE', '00377612349991', '+377612349991', true],
    // The library knows nothing of Antarctica.
    ['AQ', '61412345678', '+61412345678', true],
    ['AQ', '0412345678', '+61412345678', false],
  ])('in %s, %j and %j are equal: %j', (country, stored, given, expected) => {
    expect(isSame(stored, given, country)).toBe(expected);
    expect(isSame(given, stored, country)).toBe(expected);
  });
});

describe('a strict matcher', () => {
  it.each([
    // Certain in every other form.
    ['AU', '+61 437 000 111', '0437000111', 'same'],
    ['AU', '412345678', '0412345678', 'same'],
    // Australian without its zero, or Austrian without its plus.
    ['AU', '437000111', '0437000111', 'doubtful'],
    ['AU', '437000111', '+437000111', 'doubtful'],
    ['AU', '437000111', '437 000 111', 'same'],
    ['AU', '437000111', '437000112', 'other'],
    ['AU', '+437000111', '0437000111', 'other'],
    // The usual form in the USA. With a plus it would be Swiss.
    ['US', '4155550100', '+14155550100', 'same'],
    ['SG', '00377612349991', '+377612349991', 'doubtful'],
    ['SG', '00377612349991', '+77612349991', 'doubtful'],
    ['AU', 'MyBank', 'MyBank ', 'same'],
    ['AU', 'MyBank', 'mybank', 'other'],
  ])('says in %s for %j and %j: %s', (country, one, other, expected) => {
    expect(likeness(one, other, country)).toBe(expected);
    expect(likeness(other, one, country)).toBe(expected);
  });

  it('is certain of all its own spellings', () => {
    const isWanted = phoneNumbersOf('AU').strictMatcher(['437000111', '0437000111']);
    expect(isWanted('437000111')).toBe('same');
    expect(isWanted('+61437000111')).toBe('same');
    expect(isWanted('+437000111')).toBe('doubtful');
  });
});

describe('a search', () => {
  const finds = (stored: string, given: string, country: string) =>
    phoneNumbersOf(country).finder(given)(stored);

  it.each([
    ['AU', '+61412345678', '0412 345 678'],
    ['AU', '+61412345678', '0412 3'],
    ['AU', '+61412345678', '04'],
    ['AU', '+61412345678', '+61 4'],
    ['AU', '+61412345678', '614'],
    ['AU', '+61412345678', '345 678'],
    ['AU', '+61412345678', '412345'],
    ['AU', '+61412345678', '0061 412'],
    ['AU', '+61412345678', '0011 61 412'],
    ['AU', '+610412345678', '0412 345'],
    ['AU', '0412345678', '+61 412'],
    ['AU', '61412345678', '0412 345'],
    ['AU', '+447400123456', '447400123456'],
    ['AU', '+447400123456', '0044 7400'],
    ['AU', '131 166', '131166'],
    ['US', '+14155550100', '(415) 555'],
    ['US', '4155550100', '+1 415'],
  ])('in %s for %j finds %j', (country, stored, given) => {
    expect(finds(stored, given, country)).toBe(true);
  });

  it.each([
    // A whole number finds no longer number, and no other country's.
    ['AU', '+4961412345678', '0412 345 678'],
    ['AU', '+4961412345678', '+61412345678'],
    ['AU', '+44412345678', '412345678'],
    ['AU', '+44412345678', '0412345'],
    // The beginning of a number does not match in its middle.
    ['AU', '+61261412345', '0412'],
    ['AU', '+61261412345', '+61 4'],
    ['AU', '+61412345678', '+412'],
    ['GB', '+61412345678', '0412'],
    ['AU', '+61412345678', '12'],
    ['AU', 'Shop 412', '412'],
    ['AU', '+61412345678', 'MyBank'],
    ['AU', '+61412345678', ''],
  ])('in %s for %j does not find %j', (country, stored, given) => {
    expect(finds(stored, given, country)).toBe(false);
  });

  it('finds every number by all its spellings, and by their beginnings', () => {
    const property = fc.property(
      someNumber.chain(({ number, country = 'AU' }) =>
        fc.constantFrom(...HOMES, ...(hasLongNumber(number) ? [country] : [])).chain((home) => {
          const spelling = fc.constantFrom(...spellingsOf(number, home));
          return fc.tuple(
            fc.constant(home),
            fc.constant(number),
            spelling,
            fc.integer({ min: 8, max: 20 }),
          );
        }),
      ),
      ([home, number, spelling, length]) => {
        expect(finds(number, spelling, home), `${spelling} in ${home}`).toBe(true);
        const part = spelling.slice(0, length);
        // Where numbers have no fixed length, a beginning may be a whole number, and then finds only
        // itself.
        fc.pre(!parsePart(part, home)?.isValid());
        expect(finds(number, part, home), `${part} of ${number} in ${home}`).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 1_000 });
  });
});

/** A number of any country, in international form. It exists by the library's full data. */
const someNumber = fc
  .tuple(fc.constantFrom(...(Object.keys(examples) as CountryCode[])), fc.nat(9_999))
  .map(([country, ending]) => {
    const example = parsePhoneNumberFromString(examples[country], country)?.number ?? '';
    return parsePhoneNumberFromString(example.slice(0, -4) + String(ending).padStart(4, '0'));
  })
  .filter((number) => number?.isValid() ?? false)
  .map((number) => number as NonNullable<typeof number>);

const MARKS = ['', ' ', '-', '.', '\u00a0', '\u200e', '\u2011'];
/** The same digits with separators. */
const spaced = (text: string) =>
  fc
    .array(fc.constantFrom(...MARKS), { minLength: text.length, maxLength: text.length })
    .map((marks) => [...text].map((character, n) => character + marks[n]).join(''));
const written = fc.constantFrom<(digits: string) => string>(
  (digits) => digits,
  (digits) => ` tel:${digits}`,
  (digits) => `\u202a${digits}\u202c`,
  (digits) => digits.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
);

const HOMES = ['AU', 'NZ', 'GB', 'US', 'CA', 'DE', 'IT', 'SG', 'IN', 'BR', 'ZA'] as const;

const HOMES_THAT_DIAL_00 = new Set<CountryCode>(['NZ', 'GB', 'DE', 'IT', 'IN', 'ZA']);

/** A national form with six digits or fewer counts as a short code. */
const hasLongNumber = (number: string) =>
  (parsePhoneNumberFromString(number)?.nationalNumber.length ?? 0) > 6;

/** The national spellings of a number. */
const spellingsOf = (number: string, home: CountryCode): string[] => {
  const parsed = parsePhoneNumberFromString(number);
  const national = parsed?.formatNational() ?? '';
  return [
    number,
    ...(HOMES_THAT_DIAL_00.has(home) ? [`00${number.slice(1)}`] : []),
    parsed?.formatInternational() ?? '',
    parsed?.format('IDD', { fromCountry: home }) ?? '',
    ...(parsed?.country === home ? [national] : []),
  ].filter((text) => text !== '');
};

describe('any number', () => {
  it('matches all of its spellings', () => {
    const property = fc.property(
      someNumber.chain(({ number, country = 'AU' }) =>
        fc.constantFrom(...HOMES, ...(hasLongNumber(number) ? [country] : [])).chain((home) => {
          const spelling = fc
            .constantFrom(...spellingsOf(number, home))
            .chain(spaced)
            .chain((text) => written.map((write) => write(text)));
          return fc.tuple(fc.constant(home), spelling, spelling);
        }),
      ),
      ([home, one, other]) => {
        expect(isSame(one, other, home), `${one} = ${other} in ${home}`).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 1_000 });
  });

  it('matches no other number, however both are spelled', () => {
    const property = fc.property(
      fc.constantFrom(...HOMES).chain((home) => {
        const spelled = someNumber.chain(({ number }) =>
          fc.tuple(fc.constant(number), fc.constantFrom(...spellingsOf(number, home))),
        );
        return fc.tuple(fc.constant(home), spelled, spelled);
      }),
      ([home, [one, spelling], [other, otherSpelling]]) => {
        fc.pre(one !== other);
        expect(isSame(spelling, otherSpelling, home), `${spelling} = ${otherSpelling}`).toBe(false);
      },
    );
    fc.assert(property, { numRuns: 1_000 });
  });

  it('matches its form without the zero', () => {
    const property = fc.property(
      someNumber.filter(({ number }) => hasLongNumber(number)),
      ({ number, nationalNumber, country = 'AU' }) => {
        expect(isSame(number, nationalNumber, country), `${number} in ${country}`).toBe(true);
        expect(isSame(nationalNumber, number, country), `${number} in ${country}`).toBe(true);
        expect(likeness(nationalNumber, number, country)).not.toBe('other');
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });

  it('matches its form without the zero in Australia, with any digits', () => {
    const ending = fc.nat(99_999_999).map((digits) => String(digits).padStart(8, '0'));
    const property = fc.property(fc.constantFrom(...'23478'), ending, (area, digits) => {
      fc.pre(parsePhoneNumberFromString(`+61${area}${digits}`)?.isValid() ?? false);
      expect(isSame(`+61${area}${digits}`, `${area}${digits}`)).toBe(true);
      expect(isSame(`${area}${digits}`, `0${area}${digits}`)).toBe(true);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('is never certain to be another number, not even without its plus or zero', () => {
    const property = fc.property(
      fc.constantFrom(...HOMES).chain((home) => {
        const spelled = someNumber.chain(({ number, nationalNumber, country }) => {
          const isHome = country === home && hasLongNumber(number);
          const bare = [number.slice(1), ...(isHome ? [nationalNumber] : [])];
          return fc.tuple(
            fc.constant(number),
            fc.constantFrom(...spellingsOf(number, home), ...bare),
          );
        });
        return fc.tuple(fc.constant(home), spelled, spelled);
      }),
      ([home, [one, spelling], [other, otherSpelling]]) => {
        fc.pre(one !== other);
        const text = `${spelling} = ${otherSpelling} in ${home}`;
        expect(likeness(spelling, otherSpelling, home), text).not.toBe('same');
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });

  it('is told in Australia where its digits without a plus are in doubt', () => {
    const property = fc.property(someNumber, ({ number }) => {
      const found = likeness(number.slice(1), number);
      expect(found, number).toBe(isSame(number.slice(1), number) ? 'same' : 'doubtful');
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('is found as fast as by its key', () => {
    const text = fc.oneof(
      fc.stringMatching(/^\+?[0-9 ()-]{0,16}$/),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    const property = fc.property(text, text, (one, other) => {
      const { keyOf, matcher } = phoneNumbersOf('AU');
      expect(matcher([one])(other)).toBe(keyOf(one) === keyOf(other));
      expect(matcher([one])(one)).toBe(true);
      expect(likeness(one, one)).toBe('same');
      if (likeness(one, other) === 'same') expect(likeness(other, one)).toBe('same');
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});
