import { positionText, readPosition } from '../../archive/archive-query.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import type { MessagePage, MessageQuery, MessageState } from '../protocol.ts';
import { numberFilterOf, searchMatcher } from '../search.ts';
import { listConflicting } from './conflicting-messages.ts';
import type { ListQuery, MessageLister } from './list-query.ts';
import { stateOf } from './message-summary.ts';
import { RequestFault } from './responses.ts';

/** Messages that are read for one page, however few of them match. */
const MAX_READ = 5_000;
const DEFAULT_LIMIT = 100;

/** @throws {RequestFault} If `before` is no place in a list. */
export async function listMessages(
  lister: MessageLister,
  query: MessageQuery,
  signal: AbortSignal,
): Promise<MessagePage> {
  const { limit = DEFAULT_LIMIT, since, until, search, state } = query;
  const { country } = lister;
  const listQuery: ListQuery = {
    limit,
    since,
    until,
    ...numberFilterOf(query, country),
    after: afterOf(query),
    matchesSearch: searchMatcher(search ?? '', country),
  };
  if (state === 'conflict') return listConflicting(lister, listQuery, signal);
  const isFiltered = Boolean(search?.trim()) || state !== undefined;
  return listInOrder(lister, listQuery, { state, isFiltered }, signal);
}

async function listInOrder(
  { archive, summarise, maxRead = MAX_READ }: MessageLister,
  { limit, matchesSearch, ...range }: ListQuery,
  { state, isFiltered }: { state: MessageState | undefined; isFiltered: boolean },
  signal: AbortSignal,
): Promise<MessagePage> {
  const now = Date.now();
  const matching: ArchivedMessage[] = [];
  let read = 0;
  let last: ArchivedMessage | undefined;
  let hasMore = false;
  const listed = archive.list(
    {
      ...range,
      isPending: state !== undefined && state !== 'published',
      // One more than is shown tells whether there is a next page.
      ...(!isFiltered && { limit: limit + 1 }),
    },
    { signal },
  );
  for await (const message of listed) {
    if (matching.length === limit || read === maxRead) {
      hasMore = true;
      break;
    }
    read++;
    last = message;
    const isWanted = state === undefined || stateOf(message, now) === state;
    if (isWanted && matchesSearch(message)) matching.push(message);
  }
  return {
    messages: await summarise(matching, signal),
    ...(hasMore && last && { next: positionText(last) }),
    ...(isFiltered && last && { searchedTo: last.received_at }),
  };
}

function afterOf({ before }: MessageQuery): ListQuery['after'] {
  if (before === undefined) return undefined;
  const position = readPosition(before);
  if (position) return position;
  throw new RequestFault('before must be `next` of the page before.');
}
