/** Seconds. The first pause doubles with each attempt, up to an hour. */
const FIRST_S = 5;
const LONGEST_S = 3_600;
/** The part of a pause that chance adds, so that what failed together does not come back together. */
const JITTER = 0.1;
/** A receiver may ask for no more: its messages would wait for days. */
const LONGEST_RETRY_AFTER_S = 7_200;
/** No more than this if the message is overdue: a conversation must not wait for hours at each message. */
const LONGEST_OVERDUE_RETRY_AFTER_S = 60;
/** Ms. After this, what waits in a FIFO queue is overdue. */
const OVERDUE_MS = 86_400_000;

/**
 * Whether a message of a FIFO queue has waited in it for more than a day. An earlier message of its
 * conversation then has held it up, or its own attempts have taken that long. A queue deletes a message after
 * 14 days, so messages of a conversation must not wait for a day one after another.
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
 * How long a message waits after a failed attempt: its own pause, or longer if the receiver asks for it. An
 * overdue message waits for seconds, and for a minute at most.
 *
 * @param attempt The one that failed.
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
 * How long a message waits after a failed attempt: seconds first, then an hour.
 *
 * @param attempt The one that failed: 1 for the first.
 * @param random 0 to 1.
 * @returns Whole seconds.
 */
export function pauseAfter(attempt: number, random: number): number {
  const pause = Math.min(LONGEST_S, FIRST_S * 2 ** (attempt - 1));
  return Math.round(pause * (1 + JITTER * random));
}

/**
 * The seconds that a receiver asks to be left alone, two hours at most; 0 if it asks for nothing that can be
 * read. https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after
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
 * Of an HTTP date in its only form that is not obsolete, such as `Sun, 06 Nov 1994 08:49:37 GMT`. `Date.parse`
 * alone takes almost any text with a number in it. `toUTCString` writes this form.
 *
 * @returns Epoch ms; `NaN` if it is not one.
 */
function httpDate(value: string): number {
  const date = new Date(value);
  return date.toUTCString() === value ? date.getTime() : Number.NaN;
}
