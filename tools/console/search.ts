import { hasNumbers, type NumberFilter } from '../shared/number-filter.ts';
import { phoneNumbersOf } from '../shared/phone-number.ts';
import {
  EMPTY_NUMBERS,
  numberFinder,
  type TextFinder,
  textFinder,
  textMatcher,
} from '../shared/text-search.ts';
import type { MessageQuery, MessageSummary } from './protocol.ts';

type Searched = Pick<MessageSummary, 'message_id' | 'from' | 'sms_number' | 'body'>;
/** A refused request may lack any of them. */
type PartlyKnown = Partial<Searched>;
type NumberQuery = Pick<MessageQuery, 'from' | 'sms_number' | 'isExact'>;

/**
 * Tells whether each word of a text is in a message's body, its numbers or its id. Nothing is in all.
 *
 * @param country Whose national numbers people write.
 */
export function searchMatcher(text: string, country: string): (message: PartlyKnown) => boolean {
  if (text.trim() === '') return () => true;
  const isIn = textMatcher(text, country);
  return ({ message_id, from, sms_number, body }) => {
    const numbers = { from, sms_number };
    const empty = FIELDS.filter((field) => numbers[field] === '');
    return isIn({
      texts: present(body),
      numbers: present(from, sms_number),
      ids: present(message_id),
      empty: empty.map((field) => EMPTY_NUMBERS[field]),
    });
  };
}

function present(...texts: readonly (string | undefined)[]): string[] {
  return texts.filter((text) => text !== undefined);
}

const FIELDS = ['from', 'sms_number'] as const;

/** Where a search has found what. */
export type Finder = TextFinder;

/** Finds in texts and numbers what {@link searchMatcher} goes by. Nothing, if nothing is searched. */
export function searchFinder(text: string, country: string): Finder | undefined {
  return text.trim() === '' ? undefined : textFinder(text, country);
}

/** Which messages a query is about, by their numbers in any spelling. */
export function numberFilterOf(
  { from, sms_number, isExact = false }: NumberQuery,
  country: string,
): NumberFilter {
  const matcherOf = (text: string, field: (typeof FIELDS)[number]) =>
    isExact ? phoneNumbersOf(country).matcher([text]) : numberFinder(text, country, field);
  return {
    ...(from !== undefined && { from: matcherOf(from, 'from') }),
    ...(sms_number !== undefined && { sms_number: matcherOf(sms_number, 'sms_number') }),
  };
}

/** Tells whether a message has the numbers of a query. */
export function numbersMatcher(
  query: NumberQuery,
  country: string,
): (message: Searched) => boolean {
  const filter = numberFilterOf(query, country);
  return (message) => hasNumbers(message, filter);
}
