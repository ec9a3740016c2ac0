import { digitsOf, spellingsOf } from '../lib/operations/number-spellings.ts';
import type { MessageSummary } from './protocol.ts';

type Searched = Pick<MessageSummary, 'message_id' | 'from' | 'sms_number' | 'body'>;

/** Fewer digits are part of too many numbers. */
const MIN_DIGITS = 3;

/**
 * Tells whether a text is in a message's body, its numbers or its id, in any case. A number is found
 * however it is spaced, and in Australia's national as in the international form.
 */
export function searchMatcher(text: string): (message: Searched) => boolean {
  const wanted = comparable(text.trim());
  if (wanted === '') return () => true;
  const numbers = digitFormsOf(text);
  return ({ message_id, from, sms_number, body }) =>
    [body, from, sms_number, message_id].some((field) => comparable(field).includes(wanted)) ||
    (numbers.length > 0 && [from, sms_number].some((number) => hasDigits(number, numbers)));
}

/** Tells whether a stored number is this one, in whatever of {@link spellingsOf} it is stored. */
export function numberMatcher(wanted: string): (number: string) => boolean {
  const spellings = spellingsOf(wanted);
  return (number) => spellings.includes(number);
}

function comparable(text: string): string {
  return text.normalize().toLowerCase();
}

function hasDigits(number: string, wanted: readonly string[]): boolean {
  const digits = digitsOf(number);
  return digits !== undefined && wanted.some((each) => digits.includes(each));
}

/** `0400 …` is stored as `+61400…`, or the other way round. */
function digitFormsOf(text: string): string[] {
  const digits = digitsOf(text) ?? '';
  if (digits.length < MIN_DIGITS) return [];
  const [, afterZero] = /^0([1-9]\d{2,})$/.exec(digits) ?? [];
  const [, afterCode] = /^61(\d{3,})$/.exec(digits) ?? [];
  return [
    digits,
    ...(afterZero ? [`61${afterZero}`] : []),
    ...(afterCode ? [`0${afterCode}`] : []),
  ];
}
