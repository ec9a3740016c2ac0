/** Seconds. The first pause doubles with each attempt, up to an hour. */
const FIRST_S = 5;
const LONGEST_S = 3_600;
/** The part of a pause that chance adds, so that what failed together does not come back together. */
const JITTER = 0.1;
/** A receiver may ask for no more: its messages would wait for days. */
const LONGEST_RETRY_AFTER_S = 7_200;

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
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isNaN(seconds) ? 0 : Math.min(LONGEST_RETRY_AFTER_S, Math.max(0, seconds));
}
