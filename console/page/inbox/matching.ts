import type { MessageQuery, MessageSummary } from '../../protocol.ts';

/** How a number may be written: digits, with a plus before them and marks between them. */
const NUMBER = /^\+?[\d ()./-]*\d[\d ()./-]*$/;
/** Fewer are part of too many numbers. */
const MIN_DIGITS = 3;

/**
 * Tells whether the server would list a message for a query: for those that come as events. It finds
 * what the server's search finds; a test holds the two together.
 */
export function matcherOf(query: MessageQuery): (message: MessageSummary) => boolean {
  const { from, sms_number, state, since, until } = query;
  const isFound = finderOf(query.search ?? '');
  return (message) =>
    (from === undefined || isSameNumber(from, message.from)) &&
    (sms_number === undefined || isSameNumber(sms_number, message.sms_number)) &&
    (since === undefined || message.received_at >= since) &&
    (until === undefined || message.received_at < until) &&
    isIn(message, state) &&
    isFound(message);
}

function isIn(message: MessageSummary, state: MessageQuery['state']): boolean {
  if (state === 'conflict') return message.conflicts > 0;
  return state === undefined || message.state === state;
}

function isSameNumber(wanted: string, number: string): boolean {
  const digits = digitsOf(wanted);
  if (digits === undefined) return wanted.trim() === number;
  return number === wanted.trim() || number === digits || number === `+${digits}`;
}

function finderOf(text: string): (message: MessageSummary) => boolean {
  const wanted = comparable(text.trim());
  const digits = digitFormsOf(text);
  return ({ message_id, from, sms_number, body }) =>
    [body, from, sms_number, message_id].some((field) => comparable(field).includes(wanted)) ||
    [from, sms_number].some((number) =>
      digits.some((each) => digitsOf(number)?.includes(each) ?? false),
    );
}

function comparable(text: string): string {
  return text.normalize().toLowerCase();
}

function digitsOf(text: string): string | undefined {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? trimmed.replace(/\D/g, '') : undefined;
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
