import { digitsIn, type NumberMatcher } from './number-filter.ts';
import { MIN_PART, phoneNumbersOf } from './phone-number.ts';

/** What is shown in place of an empty number. */
export const EMPTY_NUMBERS = { from: 'withheld', sms_number: 'unknown' } as const;

/** The texts and numbers to search. */
interface Searched {
  readonly texts: readonly string[];
  /** Senders and receivers: numbers or names. */
  readonly numbers: readonly string[];
  readonly ids?: readonly string[];
  /** The words that are shown in place of an empty number. Only the whole word finds them. */
  readonly empty?: readonly string[];
}

/** The same, prepared for the words of a search. */
interface Prepared extends Searched {
  /** Texts and names, for words. */
  readonly words: readonly string[];
  readonly ids: readonly string[];
  readonly empty: readonly string[];
}

/**
 * Finds what people type. Each word must be in a text or a name, in any case, or in a number. Consecutive
 * groups of digits, such as `0412 345 678`, are one number: see `finder` of phone-number.ts. It is found in
 * texts, too, in any spelling. For ids see {@link isInId}.
 *
 * @param country ISO 3166 code of national numbers.
 */
export function textMatcher(text: string, country: string): (searched: Searched) => boolean {
  const matchers = runsOf(text.trim()).map((run) => runMatcher(run, country));
  return ({ texts, numbers, ids = [], empty = [] }) => {
    const names = numbers.filter((number) => digitsIn(number) === undefined);
    const comparableTexts = texts.map(comparable);
    const prepared: Prepared = {
      texts: comparableTexts,
      words: [...comparableTexts, ...names.map(comparable)],
      numbers,
      ids: ids.map(comparable),
      empty: empty.flatMap((word) => [word, `(${word})`]),
    };
    return matchers.every((isIn) => isIn(prepared));
  };
}

/** A shorter beginning is in too many ids. */
const MIN_ID_START = 4;
/** The same of a part that is not the beginning. */
const MIN_ID_PART = 6;

/** Whether a word is an id, its beginning, or a long part of it. */
function isInId(word: string, id: string): boolean {
  if (word.length >= MIN_ID_PART) return id.includes(word);
  return word.length >= MIN_ID_START ? id.startsWith(word) : id === word;
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
  const spellings = runs.flatMap((run) => numberPattern(run, country) ?? []);
  return {
    inText: (searched) => placesOf([...words, ...spellings], searched),
    inNumber(number) {
      if (digitsIn(number) === undefined) return placesOf(words, number);
      const places = placesOf(alone.map(comparable), number);
      const isFound = places.length === 0 && numbers.some((isIn) => isIn(number));
      return isFound ? [{ start: 0, end: number.length }] : places;
    },
  };
}

/** The places of these words and patterns. A text whose comparable form has another length is not marked. */
function placesOf(words: readonly (string | RegExp)[], text: string): Place[] {
  const searched = comparable(text);
  if (searched.length !== text.length) return [];
  const found = words.flatMap((word) => {
    if (typeof word !== 'string') {
      const matches = [...searched.matchAll(new RegExp(word, 'gu'))];
      return matches.map(({ 0: match, index }) => ({ start: index, end: index + match.length }));
    }
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
 * Matches senders or receivers with this number or name, or a part of it. An empty text matches an empty
 * number, and so does the word that is shown in its place.
 */
export function numberFinder(
  text: string,
  country: string,
  field: keyof typeof EMPTY_NUMBERS = 'from',
): NumberMatcher {
  const isEmpty = (stored: string) => stored.trim() === '';
  if (isEmpty(text)) return isEmpty;
  const isIn = textMatcher(text, country);
  return (stored) =>
    isIn({ texts: [], numbers: [stored], empty: isEmpty(stored) ? [EMPTY_NUMBERS[field]] : [] });
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

/** A number of fewer digits is searched in texts as it is typed only. */
const MIN_SPELLED = 7;
/** What people write between the digits of a number. */
const BETWEEN = String.raw`[\s\p{Pd}()./·]{0,3}`;

/** Matches the number of a run in a text, in each spelling and with spaces or marks between its digits. */
function numberPattern({ digits = '' }: Run, country: string): RegExp | undefined {
  if (digits.replace('+', '').length < MIN_SPELLED) return undefined;
  const spellings = [digits, ...phoneNumbersOf(country).spellings(digits)];
  const bare = new Set(spellings.map((spelling) => spelling.replace('+', '')));
  // The longest first: it is the one to mark.
  const longestFirst = [...bare].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((each) => [...each].join(BETWEEN)).join('|'), 'u');
}

function runMatcher(run: Run, country: string): (searched: Prepared) => boolean {
  const { words, digits } = run;
  const { finder } = phoneNumbersOf(country);
  const wanted = words.map(comparable);
  // Too short for a number, so searched literally.
  const isShort = words.length === 1 && wanted.join('').length < MIN_PART;
  const isWhole = digits === undefined ? () => false : finder(digits);
  const pattern = numberPattern(run, country);
  const finders = new Map<string, NumberMatcher>();
  /** Finds the words of a number that are not in a text. */
  const finderOf = (rest: readonly string[]): NumberMatcher => {
    const text = rest.join(' ');
    const known = finders.get(text) ?? finder(text);
    finders.set(text, known);
    return known;
  };
  return ({ texts, words: inWords, numbers, ids, empty }) => {
    if (numbers.some(isWhole) || texts.some((text) => pattern?.test(text))) return true;
    const places = isShort ? [...inWords, ...numbers] : inWords;
    const rest = wanted.filter(
      (word) =>
        !places.some((place) => place.includes(word)) &&
        !ids.some((id) => isInId(word, id)) &&
        !empty.includes(word),
    );
    if (rest.length === 0) return true;
    return rest.length < wanted.length && numbers.some(finderOf(rest));
  };
}

function comparable(text: string): string {
  return text.normalize().toLowerCase();
}
