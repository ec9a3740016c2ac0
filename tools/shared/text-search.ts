import { digitsIn, type NumberMatcher } from './number-filter.ts';
import { MIN_PART, phoneNumbersOf } from './phone-number.ts';

/** The texts and numbers to search. */
interface Searched {
  readonly texts: readonly string[];
  /** Senders and receivers: numbers or names. */
  readonly numbers: readonly string[];
}

/**
 * Finds what people type. Each word must be in a text or a name, in any case, or in a number. Consecutive
 * groups of digits, such as `0412 345 678`, are one number: see `finder` of phone-number.ts.
 *
 * @param country ISO 3166 code of national numbers.
 */
export function textMatcher(text: string, country: string): (searched: Searched) => boolean {
  const { finder } = phoneNumbersOf(country);
  const matchers = runsOf(text.trim()).map((run) => runMatcher(run, finder));
  return ({ texts, numbers }) => {
    const names = numbers.filter((number) => digitsIn(number) === undefined);
    const comparables = [...texts, ...names].map(comparable);
    return matchers.every((isIn) => isIn(comparables, numbers));
  };
}

/** A part of a text, in UTF-16 units. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Finds the places that {@link textMatcher} matches. */
export interface TextFinder {
  /** In order, without overlaps. */
  inText(text: string): readonly Place[];
  /** A number that matches in another spelling is one place as a whole. */
  inNumber(number: string): readonly Place[];
}

/**
 * Finds the places that {@link textMatcher} matches, to highlight them.
 *
 * @param country ISO 3166 code of national numbers.
 */
export function textFinder(text: string, country: string): TextFinder {
  const runs = runsOf(text.trim());
  const words = runs.flatMap((run) => run.words.map(comparable));
  const alone = runs.filter((run) => run.words.length === 1).map(({ words: [word = ''] }) => word);
  const { finder } = phoneNumbersOf(country);
  const numbers = runs.flatMap(({ digits }) => (digits === undefined ? [] : finder(digits)));
  return {
    inText: (searched) => placesOf(words, searched),
    inNumber(number) {
      if (digitsIn(number) === undefined) return placesOf(words, number);
      const places = placesOf(alone.map(comparable), number);
      const isFound = places.length === 0 && numbers.some((isIn) => isIn(number));
      return isFound ? [{ start: 0, end: number.length }] : places;
    },
  };
}

/** The places of these words. A text whose comparable form has another length is not marked. */
function placesOf(words: readonly string[], text: string): Place[] {
  const searched = comparable(text);
  if (searched.length !== text.length) return [];
  const found = words.flatMap((word) => {
    const places: Place[] = [];
    for (let at = searched.indexOf(word); at >= 0; at = searched.indexOf(word, at + word.length)) {
      places.push({ start: at, end: at + word.length });
    }
    return places;
  });
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Place[] = [];
  for (const place of found) {
    const last = merged.at(-1);
    if (!last || place.start > last.end) merged.push(place);
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, place.end) };
  }
  return merged;
}

/**
 * Matches senders or receivers with this number or name, or a part of it. An empty text matches a withheld
 * one.
 */
export function numberFinder(text: string, country: string): NumberMatcher {
  if (text.trim() === '') return (stored) => stored.trim() === '';
  const isIn = textMatcher(text, country);
  return (stored) => isIn({ texts: [], numbers: [stored] });
}

/** Words that belong together: the words of one number, or one other word. */
interface Run {
  readonly words: readonly string[];
  /** All digits, if these are the words of a number. */
  readonly digits?: string;
}

/** No number has more digits: ITU-T E.164 and a prefix for dialling. */
const MOST_DIGITS = 18;

function runsOf(text: string): Run[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const all = digitsIn(text);
  if (all !== undefined && all.length <= MOST_DIGITS) return [{ words, digits: all }];
  const runs: Run[] = [];
  for (const word of words) {
    const digits = digitsIn(word);
    const last = runs.at(-1);
    const joined = last?.digits !== undefined && digits !== undefined && last.digits + digits;
    const isOne = joined && joined.length <= MOST_DIGITS && !digits.startsWith('+');
    if (isOne) runs[runs.length - 1] = { words: [...last.words, word], digits: joined };
    else runs.push({ words: [word], ...(digits !== undefined && { digits }) });
  }
  return runs;
}

function runMatcher(
  { words, digits }: Run,
  finder: (text: string) => NumberMatcher,
): (texts: readonly string[], numbers: readonly string[]) => boolean {
  const wanted = words.map(comparable);
  // Too short for a number, so searched literally.
  const isShort = words.length === 1 && wanted.join('').length < MIN_PART;
  const isWhole = digits === undefined ? () => false : finder(digits);
  const finders = new Map<string, NumberMatcher>();
  /** Finds the words of a number that are not in a text. */
  const finderOf = (rest: readonly string[]): NumberMatcher => {
    const text = rest.join(' ');
    const known = finders.get(text) ?? finder(text);
    finders.set(text, known);
    return known;
  };
  return (texts, numbers) => {
    if (numbers.some(isWhole)) return true;
    const places = isShort ? [...texts, ...numbers] : texts;
    const rest = wanted.filter((word) => !places.some((place) => place.includes(word)));
    if (rest.length === 0) return true;
    return rest.length < wanted.length && numbers.some(finderOf(rest));
  };
}

function comparable(text: string): string {
  return text.normalize().toLowerCase();
}
