import type { MessageQuery, MessageSummary } from '../../protocol.ts';
import { numbersMatcher, searchMatcher } from '../../search.ts';

/**
 * Tells whether the server would list a message for a query: for those that come as events.
 *
 * @param country Whose national numbers people write.
 */
export function matcherOf(
  query: MessageQuery,
  country: string,
): (message: MessageSummary) => boolean {
  const { state, since, until } = query;
  const hasNumbers = numbersMatcher(query, country);
  const isFound = searchMatcher(query.search ?? '', country);
  return (message) =>
    hasNumbers(message) &&
    (since === undefined || message.received_at >= since) &&
    (until === undefined || message.received_at < until) &&
    isIn(message, state) &&
    isFound(message);
}

function isIn(message: MessageSummary, state: MessageQuery['state']): boolean {
  if (state === 'conflict') return message.conflicts > 0;
  return state === undefined || message.state === state;
}
