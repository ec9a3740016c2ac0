import type { MessageQuery, MessageSummary } from '../../protocol.ts';
import { numberMatcher, searchMatcher } from '../../search.ts';

/** Tells whether the server would list a message for a query: for those that come as events. */
export function matcherOf(query: MessageQuery): (message: MessageSummary) => boolean {
  const { from, sms_number, state, since, until } = query;
  const isSender = from === undefined ? isAny : numberMatcher(from);
  const isReceiver = sms_number === undefined ? isAny : numberMatcher(sms_number);
  const isFound = searchMatcher(query.search ?? '');
  return (message) =>
    isSender(message.from) &&
    isReceiver(message.sms_number) &&
    (since === undefined || message.received_at >= since) &&
    (until === undefined || message.received_at < until) &&
    isIn(message, state) &&
    isFound(message);
}

const isAny = () => true;

function isIn(message: MessageSummary, state: MessageQuery['state']): boolean {
  if (state === 'conflict') return message.conflicts > 0;
  return state === undefined || message.state === state;
}
