import {
  AsYouType,
  type CountryCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min';
import { digitsIn, type NumberMatcher } from './number-filter.ts';

/** A number of so few digits has no country. It is a short code, and matches only itself. */
const MAX_SHORT = 6;
/** Reading a number never changes its last digits, so most numbers differ without reading them. */
const ENDING = 4;
/** A shorter part is in too many numbers. */
export const MIN_PART = 3;
/** A shorter beginning fits too many numbers. */
const MIN_START = 2;
/** Numbers whose reading is cached. */
const MAX_REMEMBERED = 10_000;

/** The key of the number that a text means, then the keys of others that it may also mean. */
type Keys = readonly [key: string, ...others: string[]];

const byCountry = new Map<string, ReturnType<typeof createPhoneNumbers>>();

/**
 * Reads numbers in the spellings of one country.
 *
 * @param country ISO 3166 code. `0412 345 678` may be its national form.
 */
export function phoneNumbersOf(country: string) {
  const numbers = byCountry.get(country) ?? createPhoneNumbers(country);
  byCountry.set(country, numbers);
  return numbers;
}

function createPhoneNumbers(code: string) {
  // For a country without numbers in the library, such as Antarctica, only international ones are read.
  const country = isSupportedCountry(code) ? code : undefined;
  const known = new Map<string, Keys>();
  const read = (text: string): Keys => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const digits = digitsIn(text);
    const keys: Keys = digits === undefined ? [text.trim()] : keysOf(digits, country);
    if (known.size === MAX_REMEMBERED) known.clear();
    known.set(text, keys);
    return keys;
  };
  const keyOf = (text: string): string => read(text)[0];
  const matcher = (wanted: readonly string[]): NumberMatcher => {
    const keys = new Set(wanted.map(keyOf));
    const endings = new Set([...keys].map(endingOf));
    return (stored) => endings.has(endingOf(stored)) && keys.has(keyOf(stored));
  };
  return {
    /**
     * The key of a number. All spellings share it, and no other number has it. For a valid number, it is
     * the digits of the international form. A name is its own key.
     */
    keyOf,
    /**
     * Spellings of a number without marks, as systems write them: with and without plus, the national form,
     * and for a foreign number the form dialled from here. The number's matcher accepts each of them. A
     * name has only itself.
     */
    spellings(text: string): readonly string[] {
      const [key] = read(text);
      const number = parsePhoneNumberFromString(`+${key}`);
      const dialled =
        country && number?.isValid() && number.format('IDD', { fromCountry: country });
      const atHome = number?.isValid() ? number.formatNational() : undefined;
      const isAtHome = atHome !== undefined && keyOf(atHome) === key;
      const written = [writtenOf(text), `+${key}`, key];
      const others = isAtHome ? [atHome] : [`00${key}`, dialled || key];
      const texts = [...written, ...others.map((each) => each.replace(/\D/g, ''))];
      return [...new Set(texts)].filter((each) => keyOf(each) === key);
    },
    /** Matches any of these numbers and names, in any spelling. */
    matcher,
    /**
     * A stricter matcher, for example for deleting. `doubtful`: it may be one of these, or another
     * country's number.
     */
    strictMatcher(wanted: readonly string[]): (stored: string) => 'same' | 'doubtful' | 'other' {
      const texts = new Set(wanted.map(writtenOf));
      const readings = wanted.map(read);
      const certain = new Set(readings.filter(isCertain).flat());
      const possible = new Set(readings.flat());
      const endings = new Set([...possible].map(endingOf));
      return (stored) => {
        if (!endings.has(endingOf(stored))) return 'other';
        if (texts.has(writtenOf(stored))) return 'same';
        const keys = read(stored);
        if (isCertain(keys) && certain.has(keys[0])) return 'same';
        return keys.some((key) => possible.has(key)) ? 'doubtful' : 'other';
      };
    },
    /**
     * For a search. A whole number, in any spelling, finds only itself. A part finds numbers that begin
     * with it, such as `04` or `+61 4`, and numbers that contain it, if it has three or more digits. A name
     * finds nothing.
     */
    finder(text: string): NumberMatcher {
      const digits = digitsIn(text);
      if (digits === undefined) return () => false;
      const key = keyOf(text);
      if (isWhole(digits, country)) return matcher([text]);
      const part = digits.length >= MIN_PART && !digits.startsWith('+') ? digits : undefined;
      const starts = startsOf(digits, country);
      return (stored) => {
        const all = digitsIn(stored);
        if (all === undefined) return false;
        const forms = [withoutPlus(all), ...(isE164(all) ? [] : [keyOf(stored)])];
        return forms.some(
          (form, n) =>
            form === key ||
            (part !== undefined && form.includes(part)) ||
            ((n > 0 || all.startsWith('+')) && starts.some((start) => form.startsWith(start))),
        );
      };
    },
  };
}

/** Whether these are all digits of a number: one of the country, or one with a plus. */
function isWhole(digits: string, country: CountryCode | undefined): boolean {
  if (withoutPlus(digits).length <= MAX_SHORT) return false;
  return parsePhoneNumberFromString(digits, country)?.isValid() ?? false;
}

/** The beginnings of international forms, without plus, of the numbers that begin with these digits. */
function startsOf(digits: string, country: CountryCode | undefined): string[] {
  if (withoutPlus(digits).length < MIN_START) return [];
  const typed = new AsYouType(country);
  typed.input(digits);
  const isDialled = digits.startsWith('00') && digits.length > MIN_PART;
  const starts = [typed.getNumberValue() ?? '', isDialled ? digits.slice(2) : ''].map(withoutPlus);
  return starts.filter((start) => start !== '');
}

/**
 * Whether the digits are a plus and the key. Some write the zero of `+61 (0)4`, which the key does not
 * have.
 */
function isE164(digits: string): boolean {
  return /^\+(?!\d{1,3}0)/.test(digits);
}

function isCertain(keys: Keys): boolean {
  return keys.length === 1;
}

/** Equal for two texts that differ only in marks. */
function writtenOf(text: string): string {
  return digitsIn(text) ?? text.trim();
}

function endingOf(text: string): string {
  const digits = digitsIn(text);
  return digits === undefined ? text.trim() : withoutPlus(digits).slice(-ENDING);
}

/**
 * A number's key is the digits of its international form, or the written digits if it has none.
 *
 * A number without a plus can have two meanings. If its digits are a number of the country, with or without
 * the zero, it means that one, because a spreadsheet drops the zero. It may also be an international number
 * without its plus, unless it is in the usual national form: `0412345678` or, in the USA, `4155550100`.
 */
function keysOf(digits: string, country: CountryCode | undefined): Keys {
  if (digits.startsWith('+')) return [possible(digits) ?? withoutPlus(digits)];
  if (digits.length <= MAX_SHORT) return [digits];
  const number = parsePhoneNumberFromString(digits, country);
  const national = number?.isValid() ? e164(number) : undefined;
  if (national && number?.formatNational().replace(/\D/g, '') === digits) return [national];
  if (digits.startsWith('00')) return dialledKeysOf(digits, national);
  const parsed = parseInternational(`+${digits}`);
  const abroad = parsed?.isValid() ? e164(parsed) : undefined;
  if (national) return abroad && abroad !== national ? [national, abroad] : [national];
  if (abroad) return [abroad];
  // A range that is newer than the library.
  return [digits.startsWith('0') && number?.isPossible() ? e164(number) : digits];
}

/**
 * Most countries dial `00` before an international number. A country may have its own prefix, such as
 * `0011`. A number with two readings matches only itself.
 */
function dialledKeysOf(digits: string, inCountry: string | undefined): Keys {
  const parsed = parseInternational(`+${digits.slice(2)}`);
  const usual = parsed?.isValid() ? e164(parsed) : undefined;
  if (usual === undefined) return [inCountry ?? possible(`+${digits.slice(2)}`) ?? digits];
  return inCountry === undefined || inCountry === usual ? [usual] : [digits, usual, inCountry];
}

function possible(digits: string): string | undefined {
  const number = parseInternational(digits);
  return number?.isPossible() ? e164(number) : undefined;
}

/** The library drops national prefixes: the zero of `+61 (0)4`, but also a second 1 after `+1`. */
function parseInternational(digits: string): PhoneNumber | undefined {
  const number = parsePhoneNumberFromString(digits);
  if (!number || number.number === digits) return number;
  return digits.startsWith(`+${number.countryCallingCode}0`) ? number : undefined;
}

function withoutPlus(number: string): string {
  return number.replace('+', '');
}

function e164({ number }: PhoneNumber): string {
  return withoutPlus(number);
}
