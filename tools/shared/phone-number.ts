import {
  AsYouType,
  type CountryCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min';
import { digitsIn, type NumberMatcher } from './number-filter.ts';

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
  /** For what must not be taken for another number, such as what is deleted. */
  strictMatcher(wanted: readonly string[]): StrictNumberMatcher;
  /** For numbers that have this in them, such as `0412` or `+61 4`. A name is a part of no number. */
  partMatcher(part: string): NumberMatcher;
}

/** `doubtful`: it may be one that was asked for, or another country's. */
export type Likeness = 'same' | 'doubtful' | 'other';

export type StrictNumberMatcher = (stored: string) => Likeness;

/** What a text means. */
interface Reading {
  readonly key: string;
  /** Keys of other numbers that it may mean as well. */
  readonly others: readonly string[];
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
  const known = new Map<string, Reading>();
  const read = (text: string): Reading => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const digits = digitsIn(text);
    const reading = digits === undefined ? only(text.trim()) : readingOf(digits, country);
    if (known.size === MAX_REMEMBERED) known.clear();
    known.set(text, reading);
    return reading;
  };
  const keyOf = (text: string): string => read(text).key;
  return {
    keyOf,
    matcher(wanted) {
      const keys = new Set(wanted.map(keyOf));
      const endings = new Set([...keys].map(endingOf));
      return (stored) => endings.has(endingOf(stored)) && keys.has(keyOf(stored));
    },
    strictMatcher(wanted) {
      const texts = new Set(wanted.map(writtenOf));
      const readings = wanted.map(read);
      const certain = new Set(readings.filter(isCertain).map(({ key }) => key));
      const possible = new Set(readings.flatMap(keysOf));
      const endings = new Set([...possible].map(endingOf));
      return (stored) => {
        if (!endings.has(endingOf(stored))) return 'other';
        if (texts.has(writtenOf(stored))) return 'same';
        const reading = read(stored);
        if (isCertain(reading) && certain.has(reading.key)) return 'same';
        return keysOf(reading).some((key) => possible.has(key)) ? 'doubtful' : 'other';
      };
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

function only(key: string): Reading {
  return { key, others: [] };
}

function isCertain({ others }: Reading): boolean {
  return others.length === 0;
}

function keysOf({ key, others }: Reading): readonly string[] {
  return [key, ...others];
}

/** The same for two texts that differ in marks only. */
function writtenOf(text: string): string {
  return digitsIn(text) ?? text.trim();
}

function endingOf(text: string): string {
  const digits = digitsIn(text);
  return digits === undefined ? text.trim() : withoutPlus(digits).slice(-ENDING);
}

/**
 * A number's key is the digits of its international form, or those that it is written with if it has none.
 *
 * Without a plus, a number may be meant in two ways. If its digits are a number of the country, with or
 * without the zero, it is that one: a spreadsheet drops the zero. Then it may still be an international
 * number without its plus, unless it is written as people at home write theirs: `0412345678` and, in the
 * USA, `4155550100`.
 */
function readingOf(digits: string, country: CountryCode | undefined): Reading {
  if (digits.startsWith('+')) return only(possible(digits) ?? withoutPlus(digits));
  if (digits.length <= MAX_SHORT) return only(digits);
  const number = parse(digits, country);
  const national = number?.isValid() ? e164(number) : undefined;
  if (national && number?.formatNational().replace(/\D/g, '') === digits) return only(national);
  if (digits.startsWith('00')) return dialledReadingOf(digits, national);
  const parsed = parseInternational(`+${digits}`);
  const abroad = parsed?.isValid() ? e164(parsed) : undefined;
  if (national) return { key: national, others: abroad && abroad !== national ? [abroad] : [] };
  if (abroad) return only(abroad);
  // A range that is newer than the library.
  return only(digits.startsWith('0') && number?.isPossible() ? e164(number) : digits);
}

/**
 * `00` is what most countries dial before an international number. The country may have its own, such as
 * `0011`. What can be read in both ways matches only itself.
 */
function dialledReadingOf(digits: string, inCountry: string | undefined): Reading {
  const parsed = parseInternational(`+${digits.slice(2)}`);
  const usual = parsed?.isValid() ? e164(parsed) : undefined;
  if (usual === undefined) return only(inCountry ?? possible(`+${digits.slice(2)}`) ?? digits);
  if (inCountry === undefined || inCountry === usual) return only(usual);
  return { key: digits, others: [usual, inCountry] };
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
