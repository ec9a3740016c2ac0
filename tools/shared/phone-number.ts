import {
  AsYouType,
  type CountryCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min';
import type { NumberMatcher } from './number-filter.ts';

/** What people and programs put before a number that is to be called. */
const LINK = /^(?:tel|sms):/i;
/** What they write between its digits. */
const MARKS = /[\s\p{Pd}\u2212()[\]./·]/gu;
/** Direction marks, joiners and the like, which come along when a number is copied. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
/** Unicode normalisation leaves these digits as they are. */
const ARABIC_DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/g;

/** A number of so few digits has no country: it is a short code, and matches only itself. */
const MAX_SHORT = 6;
/** No reading of a number changes its last digits, so most others are told apart without reading them. */
const ENDING = 4;
/** A part of fewer digits is in too many numbers. */
const MIN_PART = 3;
/** Numbers whose reading is remembered. */
const MAX_REMEMBERED = 10_000;

/** Reads numbers as people of one country write them. */
export interface PhoneNumbers {
  /**
   * What all spellings of a number have in common, and no other number has. Of a number that exists, these
   * are the digits of its international form. A name has only itself.
   */
  keyOf(text: string): string;
  /** For any of these numbers and names, in any spelling. */
  matcher(wanted: readonly string[]): NumberMatcher;
  /** For numbers that have this in them, such as `0412` or `+61 4`. A name is a part of no number. */
  partMatcher(part: string): NumberMatcher;
}

const byCountry = new Map<string, PhoneNumbers>();

/** @param country ISO 3166 code: whose national form `0412 345 678` may be. */
export function phoneNumbersOf(country: string): PhoneNumbers {
  const numbers = byCountry.get(country) ?? createPhoneNumbers(knownCountry(country));
  byCountry.set(country, numbers);
  return numbers;
}

/** Undefined if the library has no numbers of it, such as Antarctica: then only international ones are read. */
function knownCountry(country: string): CountryCode | undefined {
  return isSupportedCountry(country) ? country : undefined;
}

function createPhoneNumbers(country: CountryCode | undefined): PhoneNumbers {
  const known = new Map<string, string>();
  const keyOf = (text: string): string => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const digits = digitsIn(text);
    const key = digits === undefined ? text.trim() : readingOf(digits, country);
    if (known.size === MAX_REMEMBERED) known.clear();
    known.set(text, key);
    return key;
  };
  return {
    keyOf,
    matcher(wanted) {
      const keys = new Set(wanted.map(keyOf));
      const endings = new Set([...keys].map(endingOf));
      return (stored) => endings.has(endingOf(stored)) && keys.has(keyOf(stored));
    },
    partMatcher(part) {
      const wanted = digitsIn(part);
      if (wanted === undefined || withoutPlus(wanted).length < MIN_PART) return () => false;
      const typed = new AsYouType(country);
      typed.input(wanted);
      const parts = [wanted, typed.getNumberValue() ?? wanted, keyOf(part)].map(withoutPlus);
      return (stored) => {
        const digits = digitsIn(stored);
        if (digits === undefined) return false;
        return [digits, keyOf(stored)].some((form) => parts.some((each) => form.includes(each)));
      };
    },
  };
}

/** The digits of a number, with a plus if it has one. Undefined if the text is no number, but a name. */
function digitsIn(text: string): string | undefined {
  const digits = plain(text).trim().replace(LINK, '').replace(MARKS, '');
  return /^\+?\d+$/.test(digits) ? digits : undefined;
}

function plain(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return text
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .replace(ARABIC_DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf));
}

function endingOf(text: string): string {
  const digits = digitsIn(text);
  return digits === undefined ? text.trim() : withoutPlus(digits).slice(-ENDING);
}

/**
 * The digits of a number in its international form, or those that it is written with if it has none.
 *
 * Without a plus, a number may be meant in two ways. `0412345678` and, in the USA, `4155550100` are how
 * people write their own country's numbers. Anything else is more likely an international number without
 * its plus than a national one without its zero.
 */
function readingOf(digits: string, country: CountryCode | undefined): string {
  if (digits.startsWith('+')) return possible(digits) ?? withoutPlus(digits);
  if (digits.length <= MAX_SHORT) return digits;
  const number = parse(digits, country);
  const national = number?.isValid() ? e164(number) : undefined;
  if (national && number?.formatNational().replace(/\D/g, '') === digits) return national;
  if (digits.startsWith('00')) return dialledReadingOf(digits, national);
  const abroad = parseInternational(`+${digits}`);
  if (abroad?.isValid()) return e164(abroad);
  if (national) return national;
  // A range that is newer than the library.
  if (digits.startsWith('0') && number?.isPossible()) return e164(number);
  return digits;
}

/**
 * `00` is what most countries dial before an international number. The country may have its own, such as
 * `0011`. What can be read in both ways matches only itself.
 */
function dialledReadingOf(digits: string, inCountry: string | undefined): string {
  const usual = parseInternational(`+${digits.slice(2)}`);
  if (!usual?.isValid()) return inCountry ?? possible(`+${digits.slice(2)}`) ?? digits;
  return inCountry === undefined || inCountry === e164(usual) ? e164(usual) : digits;
}

function possible(digits: string): string | undefined {
  const number = parseInternational(digits);
  return number?.isPossible() ? e164(number) : undefined;
}

/** The library leaves out what is dialled at home: the zero of `+61 (0)4`, but also a second 1 after `+1`. */
function parseInternational(digits: string): PhoneNumber | undefined {
  const number = parse(digits);
  if (!number || number.number === digits) return number;
  return digits.startsWith(`+${number.countryCallingCode}0`) ? number : undefined;
}

function parse(digits: string, country?: CountryCode): PhoneNumber | undefined {
  return parsePhoneNumberFromString(digits, country);
}

function withoutPlus(number: string): string {
  return number.replace('+', '');
}

function e164({ number }: PhoneNumber): string {
  return withoutPlus(number);
}
