import { digitsOf } from '../lib/operations/number-spellings.ts';

/**
 * Tells whether a stored sender is one of those that were named: a number in any spelling with the same
 * digits, a name as it is.
 */
export function senderMatcher(senders: readonly string[]): (from: string) => boolean {
  const wanted = new Set(senders.map(comparable));
  return (from) => wanted.has(comparable(from));
}

function comparable(sender: string): string {
  return digitsOf(sender) ?? sender.trim();
}
