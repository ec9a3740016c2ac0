import { digitsIn, type NumberMatcher } from './number-filter.ts';
import { MIN_PART, phoneNumbersOf } from './phone-number.ts';

/** What is searched in. */
interface Searched {
  readonly texts: readonly string[];
  /** Senders and receivers: numbers or names. */
  readonly numbers: readonly string[];
}

/**
 * Finds what people type. Each word has to be somewhere: in a text or a name, in any case, or in a number.
 * Digits that follow each other, such as `0412 345 678`, are one number: see `finder` of phone-number.ts.
 *
 * @param country ISO 3166 code: whose national numbers people write.
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

/** For senders or receivers that have the number or name, or a part of it. An empty text is a withheld one. */
export function numberFinder(text: string, country: string): NumberMatcher {
  if (text.trim() === '') return (stored) => stored.trim() === '';
  const isIn = textMatcher(text, country);
  return (stored) => isIn({ texts: [], numbers: [stored] });
}

/** Words that belong together: those of one number, or a single other one. */
interface Run {
  readonly words: readonly string[];
  /** All digits, if these are the words of a number. */
  readonly digits?: string;
}

/** No number has more digits: ITU-T E.164, and what is dialled before it. */
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
  // Looked for as they stand.
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
