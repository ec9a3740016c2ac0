import { hasNumbers, type NumberFilter } from '../shared/number-filter.ts';
import { phoneNumbersOf } from '../shared/phone-number.ts';
import type { MessageQuery, MessageSummary } from './protocol.ts';

type Searched = Pick<MessageSummary, 'message_id' | 'from' | 'sms_number' | 'body'>;

/**
 * Tells whether a text is in a message's body, its numbers or its id, in any case. A number, or a part of
 * one, is found however it is spaced, and in the national as in the international form.
 *
 * @param country Whose national numbers people write.
 */
export function searchMatcher(text: string, country: string): (message: Searched) => boolean {
  const wanted = comparable(text.trim());
  if (wanted === '') return () => true;
  const isNumber = phoneNumbersOf(country).partMatcher(text);
  return ({ message_id, from, sms_number, body }) =>
    [body, from, sms_number, message_id].some((field) => comparable(field).includes(wanted)) ||
    [from, sms_number].some(isNumber);
}

/** Which messages a query is about, by their numbers in any spelling. */
export function numberFilterOf(
  { from, sms_number }: Pick<MessageQuery, 'from' | 'sms_number'>,
  country: string,
): NumberFilter {
  const { matcher } = phoneNumbersOf(country);
  return {
    ...(from !== undefined && { from: matcher([from]) }),
    ...(sms_number !== undefined && { sms_number: matcher([sms_number]) }),
  };
}

/** Tells whether a message has the numbers of a query. */
export function numbersMatcher(
  query: Pick<MessageQuery, 'from' | 'sms_number'>,
  country: string,
): (message: Searched) => boolean {
  const filter = numberFilterOf(query, country);
  return (message) => hasNumbers(message, filter);
}

function comparable(text: string): string {
  return text.normalize().toLowerCase();
}
