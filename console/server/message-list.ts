import { positionText, readPosition } from '../../lib/operations/archive-position.ts';
import type { ArchivedMessage, MessageArchive } from '../../lib/operations/message-archive.ts';
import type { NumberFilter } from '../../lib/operations/number-filter.ts';
import type { MessagePage, MessageQuery, MessageState } from '../protocol.ts';
import { numberFilterOf, searchMatcher } from '../search.ts';
import type { Attempts } from './attempts.ts';
import { listConflicting } from './conflicting-messages.ts';
import { type Summarise, stateOf } from './message-summary.ts';
import { RequestFault } from './source.ts';

/** Messages that are read for one page, however few of them match. */
const MAX_READ = 5_000;
const DEFAULT_LIMIT = 100;

export interface MessageLister {
  readonly archive: MessageArchive;
  readonly attempts: Pick<Attempts, 'conflicts'>;
  readonly summarise: Summarise;
  /** Whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** Default: 5,000. */
  readonly maxRead?: number;
}

/** A query of the page as the archive understands it. */
export interface ListQuery extends NumberFilter {
  readonly limit: number;
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly after: ReturnType<typeof readPosition>;
  readonly matchesSearch: (message: ArchivedMessage) => boolean;
}

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
