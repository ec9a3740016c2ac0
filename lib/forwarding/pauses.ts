/** Seconds. The first pause doubles with each attempt, up to an hour. */
const FIRST_S = 5;
const LONGEST_S = 3_600;
/** Random part of a pause, so that messages that failed together do not return together. */
const JITTER = 0.1;
/** Limit for a receiver's Retry-After. Without it, its messages could wait for days. */
const LONGEST_RETRY_AFTER_S = 7_200;
/** The same limit for an overdue message, so that a conversation does not wait for hours at each message. */
const LONGEST_OVERDUE_RETRY_AFTER_S = 60;
/** In ms. A message that has waited longer in a FIFO queue is overdue. */
const OVERDUE_MS = 86_400_000;

/**
 * Whether a message has waited in a FIFO queue for more than a day, because of an earlier message of its
 * conversation or of its own attempts. The queue deletes a message after 14 days, so the messages of a
 * conversation must not wait for a day each.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 *
 * @param queueArn The name of a FIFO queue ends in `.fifo`.
 * @param sentAt When the queue got the message, epoch ms.
 * @param now Epoch ms.
 */
export function isOverdue(queueArn: string, sentAt: number, now: number): boolean {
  return queueArn.endsWith('.fifo') && now - sentAt > OVERDUE_MS;
}

/**
 * The pause after a failed attempt: its own pause, or a longer one that the receiver asks for. An overdue
 * message waits a few seconds, and a minute at most.
 *
 * @param attempt The failed attempt.
 * @param retryAfter The header of the answer.
 * @param now Epoch ms.
 * @param random 0 to 1.
 * @returns Whole seconds.
 */
export function nextPause(
  attempt: { readonly number: number; readonly isOverdue: boolean },
  retryAfter: string | undefined,
  now: number,
  random: number,
): number {
  const asked = askedPause(retryAfter, now);
  return attempt.isOverdue
    ? Math.max(pauseAfter(1, random), Math.min(LONGEST_OVERDUE_RETRY_AFTER_S, asked))
    : Math.max(pauseAfter(attempt.number, random), asked);
}

/**
 * The pause after a failed attempt. It grows from seconds to an hour.
 *
 * @param attempt The failed attempt: 1 for the first.
 * @param random 0 to 1.
 * @returns Whole seconds.
 */
export function pauseAfter(attempt: number, random: number): number {
  const pause = Math.min(LONGEST_S, FIRST_S * 2 ** (attempt - 1));
  return Math.round(pause * (1 + JITTER * random));
}

/**
 * The seconds that a receiver asks to wait, two hours at most. 0 if it does not ask, or its header is
 * unreadable. https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after
 *
 * @param retryAfter The header: seconds, or an HTTP date.
 * @param now Epoch ms.
 */
export function askedPause(retryAfter: string | undefined, now: number): number {
  const value = retryAfter?.trim() ?? '';
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((httpDate(value) - now) / 1000);
  return Number.isNaN(seconds) ? 0 : Math.min(LONGEST_RETRY_AFTER_S, Math.max(0, seconds));
}

/**
 * Reads an HTTP date in the only form that is not obsolete, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
 * `toUTCString` writes this form. `Date.parse` alone accepts almost any text with a number in it.
 *
 * @returns Epoch ms; `NaN` for anything else.
 */
function httpDate(value: string): number {
  const date = new Date(value);
  return date.toUTCString() === value ? date.getTime() : Number.NaN;
}
