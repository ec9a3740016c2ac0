import { comparePositions, positionText } from '../../archive/archive-query.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import { hasNumbers } from '../../shared/number-filter.ts';
import type { MessagePage } from '../protocol.ts';
import type { ListQuery, MessageLister } from './list-query.ts';

/** Ids that are looked up: those that were refused last. */
const MAX_IDS = 1_000;
/** DynamoDB reads so many ids at once. */
const BATCH = 100;

/** The stored messages under whose id another one was refused, the newest first. */
export async function listConflicting(
  { archive, attempts, summarise }: MessageLister,
  query: ListQuery,
  signal: AbortSignal,
): Promise<MessagePage> {
  const ids = [...(await attempts.conflicts(signal)).keys()].slice(-MAX_IDS);
  const found: ArchivedMessage[] = [];
  for (let first = 0; first < ids.length; first += BATCH) {
    found.push(...(await archive.findAll(ids.slice(first, first + BATCH), { signal })));
  }
  const matching = found
    .filter((message) => matches(message, query))
    .sort((a, b) => comparePositions(b, a));
  const shown = matching.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    messages: await summarise(shown, signal),
    ...(matching.length > shown.length && last && { next: positionText(last) }),
  };
}

function matches(message: ArchivedMessage, query: ListQuery): boolean {
  const { since = 0, until = Number.POSITIVE_INFINITY, after } = query;
  const { received_at } = message;
  return (
    received_at >= since &&
    received_at < until &&
    hasNumbers(message, query) &&
    (!after || comparePositions(message, after) < 0) &&
    query.matchesSearch(message)
  );
}
