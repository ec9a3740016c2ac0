import { comparePositions, positionText, readPosition } from '../../archive/archive-query.ts';
import type { Addressee } from '../../archive/deliveries.ts';
import type { ArchivedMessage, MessageArchive } from '../../archive/message-archive.ts';
import { LATE_MS, latenessOf } from '../../shared/lateness.ts';
import { hasNumbers } from '../../shared/number-filter.ts';
import type { MessageFilter, MessagePage, MessageQuery } from '../protocol.ts';
import { numberFilterOf, searchMatcher } from '../search.ts';
import type { Attempts } from './attempts.ts';
import { type Summarise, stateOf, undeliveredOf, wasReplayed } from './message-summary.ts';
import { RequestFault } from './responses.ts';

/** The sources of a list of messages. */
export interface MessageLister {
  readonly archive: MessageArchive;
  readonly attempts: Pick<Attempts, 'conflicts'>;
  readonly summarise: Summarise;
  /** The ids that a replay published. Nothing if the replay is not known. */
  readonly replayed: (replay: string) => readonly string[] | undefined;
  /** Whether this console has seen a replay of a message. */
  readonly isReplayed?: (messageId: string) => boolean;
  /** The country whose national numbers people write: ISO 3166. */
  readonly country: string;
  readonly subscribers?: readonly Addressee[];
  /** Messages that are read for one page at most, even if few match. Default: 5,000. */
  readonly maxRead?: number;
}

const DEFAULT_LIMIT = 100;
/** Of one page of an export. */
const MOST_AT_ONCE = 500;
/** The limit for ids with conflicts that are looked up, the last refused first. */
const MAX_CONFLICTS = 1_000;

/** @throws {RequestFault} If `before` is not a position in a list, or the replay or the subscriber is not known. */
export async function listMessages(
  lister: MessageLister,
  query: MessageQuery,
  signal: AbortSignal,
): Promise<MessagePage> {
  const { messages, ...place } = await readPage(lister, query, signal);
  return { messages: await lister.summarise(messages, signal), ...place };
}

/** Every message that matches, the newest first. @throws {RequestFault} As {@link listMessages}. */
export async function* allMessages(
  lister: MessageLister,
  query: Omit<MessageQuery, 'limit' | 'before'>,
  signal: AbortSignal,
): AsyncGenerator<ArchivedMessage> {
  let before: string | undefined;
  do {
    const asked = { ...query, limit: MOST_AT_ONCE, ...(before !== undefined && { before }) };
    const { messages, next } = await readPage(lister, asked, signal);
    yield* messages;
    before = next;
  } while (before !== undefined);
}

/** Stored messages, and the position where the list continues. */
interface StoredPage extends Omit<MessagePage, 'messages'> {
  readonly messages: readonly ArchivedMessage[];
}

async function readPage(
  lister: MessageLister,
  query: MessageQuery,
  signal: AbortSignal,
): Promise<StoredPage> {
  const { archive, attempts, replayed, country, subscribers = [], maxRead = 5_000 } = lister;
  const { isReplayed = () => false } = lister;
  const { limit = DEFAULT_LIMIT, since, until, search = '', state, undelivered, replay } = query;
  const after = placeOf(query);
  const numbers = numberFilterOf(query, country);
  const matchesSearch = searchMatcher(search, country);
  const now = Date.now();

  const ofConflict = state === 'conflict';
  const lacking = subscribers.find(({ name }) => name === undelivered);
  if (undelivered !== undefined && !lacking) {
    throw new RequestFault('This stack has no subscriber of that name.');
  }
  const isUndelivered = (message: ArchivedMessage) =>
    !lacking || undeliveredOf(message, [lacking]).some(({ name }) => name === undelivered);

  /** The ids that a query is limited to: of a replay, or with conflicts. */
  async function namedIds(): Promise<readonly string[] | undefined> {
    const ofReplay = replay === undefined ? undefined : replayed(replay);
    if (replay !== undefined && !ofReplay) throw new RequestFault(UNKNOWN_REPLAY);
    if (!ofConflict) return ofReplay;
    const conflicts = await attempts.conflicts(signal);
    return (
      ofReplay?.filter((id) => conflicts.has(id)) ?? [...conflicts.keys()].slice(-MAX_CONFLICTS)
    );
  }

  /** The messages of these ids that are stored and match, the newest first. */
  async function listNamed(ids: readonly string[]): Promise<ArchivedMessage[]> {
    const found = await archive.findAll(ids, { signal });
    const matching = found.filter(
      (message) =>
        message.received_at >= (since ?? 0) &&
        message.received_at < (until ?? Number.POSITIVE_INFINITY) &&
        hasNumbers(message, numbers) &&
        (!after || comparePositions(message, after) < 0) &&
        matchesSearch(message),
    );
    return matching.sort((a, b) => comparePositions(b, a));
  }

  const ids = await namedIds();
  const isFiltered =
    !ids && (search.trim() !== '' || state !== undefined || undelivered !== undefined);
  const listed = ids
    ? await listNamed(ids)
    : archive.list(
        {
          ...{ since, until, after, ...numbers },
          isPending: PENDING.some((each) => each === state),
          // One more than the limit shows whether there is a next page.
          ...(!isFiltered && { limit: limit + 1 }),
        },
        { signal },
      );
  const matching: ArchivedMessage[] = [];
  let read = 0;
  let last: ArchivedMessage | undefined;
  let hasMore = false;
  for await (const message of listed) {
    if (matching.length === limit || read === maxRead) {
      hasMore = true;
      break;
    }
    read++;
    last = message;
    const isWanted =
      state === 'replayed' ? wasReplayed(message, isReplayed) : isIn(message, state, now);
    if (isWanted && isUndelivered(message) && matchesSearch(message)) {
      matching.push(message);
    }
  }
  return {
    messages: matching,
    ...(hasMore && last && { next: positionText(last) }),
    ...(isFiltered && last && { searchedTo: last.received_at }),
  };
}

const PENDING = ['pending', 'stored', 'publishing', 'overdue'] as const;

/** Whether a message matches the query. Messages with conflicts are found by their ids. */
function isIn(
  message: ArchivedMessage,
  state: Exclude<MessageFilter, 'replayed'> | undefined,
  now: number,
): boolean {
  switch (state) {
    case undefined:
    case 'conflict':
      return true;
    case 'pending':
      return message.published_at === undefined;
    case 'late':
      return (latenessOf(message) ?? 0) >= LATE_MS;
    case 'retried':
      return message.requests > 1;
    default:
      return stateOf(message, now) === state;
  }
}

const UNKNOWN_REPLAY =
  'This console does not know that replay. It knows those that it has made since it started.';

function placeOf({ before }: MessageQuery): ReturnType<typeof readPosition> {
  const position = before === undefined ? undefined : readPosition(before);
  if (before === undefined || position) return position;
  throw new RequestFault('before must be `next` of the page before.');
}
