/** How a number may be written: digits, with a plus before them and marks between them. */
const NUMBER = /^\+?[\d ()./-]*\d[\d ()./-]*$/;

/**
 * Tells whether a stored sender is one of those that were named: a number in any spelling with the same
 * digits, a name as it is.
 */
export function senderMatcher(senders: readonly string[]): (from: string) => boolean {
  const wanted = new Set(senders.map(comparable));
  return (from) => wanted.has(comparable(from));
}

function comparable(sender: string): string {
  const trimmed = sender.trim();
  return NUMBER.test(trimmed) ? trimmed.replace(/\D/g, '') : trimmed;
}
