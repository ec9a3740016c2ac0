import { type FilterResult, LAB_KEEPS, type SubscriberMessage } from '../../lab-protocol.ts';
import { liveFeed, unknownNews } from '../feed.ts';

/** The messages of the queue, the latest first. */
export const received = liveFeed<readonly SubscriberMessage[]>('subscriber', {
  subscriber: mergeReceived,
});

/** The latest first. */
export function mergeReceived(
  known: readonly SubscriberMessage[],
  news: readonly SubscriberMessage[],
): readonly SubscriberMessage[] {
  const added = unknownNews(known, news, ({ id }) => id);
  return [...added.reverse(), ...known].slice(0, LAB_KEEPS.arrived);
}

/**
 * The result of a policy for a message. `unknown`: the message is too old or too new to be
 * checked.
 */
export type Match = 'match' | 'other' | 'unknown';

/** By the message's `id`. */
export function matchesOf(result: FilterResult | undefined): (id: string) => Match {
  const matching = new Set(result?.matching);
  const others = new Set(result?.others);
  return (id) => (matching.has(id) ? 'match' : others.has(id) ? 'other' : 'unknown');
}

/** `3 of 20 match` */
export function matchSummary({ matching, others }: FilterResult): string {
  const all = matching.length + others.length;
  return `${matching.length} of ${all} ${matching.length === 1 ? 'matches' : 'match'}`;
}
