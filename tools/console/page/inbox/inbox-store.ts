import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import { LATE_MS, latenessOf } from '../../../shared/lateness.ts';
import type { MessagePage, MessageQuery, MessageSummary } from '../../protocol.ts';
import { numbersMatcher, searchMatcher } from '../../search.ts';
import { ApiError, ask } from '../api.ts';
import { createFeed, SERVER } from '../feed.ts';
import { stack } from '../live.ts';
import { floorOf, newestOf, withChanges, withNewest, withOlder } from './message-list.ts';
import { lacks } from './undelivered.ts';

type Query = () => MessageQuery;

/** The part of the list that was read. */
interface ListState extends MessagePage {
  /** The state of the newest page: `loading` until the first one of this query arrives. */
  readonly status: 'loading' | 'ready' | 'failed';
  readonly isLoadingOlder: boolean;
  /** Whether the last page ended early because the search reached its limit. */
  readonly isCutShort: boolean;
  /** Why the server refused. */
  readonly error?: string;
}

export interface InboxStore {
  readonly state: ReadonlySignal<ListState>;
  /** Keeps the list up to date until the returned function is called. */
  follow(): () => void;
  /** Sets another query. The list stays until its first page arrives. */
  ask(query: Query): void;
  /**
   * Loads the newest page again, as after a gap. Keeps the known messages if the query is the
   * same.
   */
  refresh(): void;
  /** Does nothing at the end of the list, or while it is loading. */
  loadOlder(): void;
}

/** What a query gave so far. */
interface List extends MessagePage {
  readonly query: Query;
  readonly isCutShort: boolean;
}

/** When people scroll, one large page costs the server far less than several small ones. */
const PAGE_SIZES = { newest: 100, older: 400 };
/** So many are kept while the list is at its top: a page that is open for days must not grow. */
const MAX_KEPT = 2_000;
/** After a temporary failure. */
const RETRY_MS = 3_000;

/** The messages of a query, kept up to date by events, the newest first. */
export function createInboxStore({
  query: first = () => ({}),
  load = (query, signal) => ask('messages', { query, signal }),
  // The first `hello` says it, before any event.
  country = () => stack.peek()?.country ?? '',
  pageSizes = PAGE_SIZES,
  maxKept = MAX_KEPT,
  isReadAtTop = () => false,
  source = SERVER,
}: {
  readonly query?: Query;
  readonly load?: (query: MessageQuery, signal: AbortSignal) => Promise<MessagePage>;
  /** The country of national numbers. */
  readonly country?: () => string;
  readonly pageSizes?: typeof PAGE_SIZES;
  /** Messages that are kept while {@link isReadAtTop}. Older ones are loaded again. */
  readonly maxKept?: number;
  /** Whether nobody needs the end of the list. */
  readonly isReadAtTop?: () => boolean;
  readonly source?: typeof SERVER;
} = {}): InboxStore {
  const query = signal(first);
  const feed = createFeed<List>(loadNewest, { message: takeNews }, source);
  const older = signal<AbortController | undefined>(undefined);
  /** Events since an older page was requested, which may not include them. */
  let late: readonly MessageSummary[] = [];
  let retry: ReturnType<typeof setTimeout> | undefined;

  const state = computed<ListState>(() => {
    const list = feed.state.value;
    const error = feed.error.value;
    const isAnew = list?.query !== query.value;
    const hasFailed = isAnew && error !== undefined;
    return {
      // Messages of another query do not match this one.
      ...(hasFailed || !list ? { messages: [], isCutShort: false } : list),
      status: hasFailed ? 'failed' : isAnew ? 'loading' : 'ready',
      isLoadingOlder: older.value !== undefined,
      ...(error !== undefined && { error }),
    };
  });

  async function loadNewest(signal: AbortSignal): Promise<List> {
    clearTimeout(retry);
    older.peek()?.abort();
    older.value = undefined;
    const asked = query.peek();
    try {
      const page = await load({ ...asked(), limit: pageSizes.newest }, signal);
      const known = feed.state.peek();
      const joined = known?.query === asked && withNewest(known.messages, page, Date.now());
      return joined
        ? { ...known, messages: joined }
        : { ...page, query: asked, isCutShort: endedEarly(page, pageSizes.newest) };
    } catch (error) {
      if (!signal.aborted && mayPass(error)) retry = setTimeout(feed.reload, RETRY_MS);
      throw error;
    }
  }

  function takeNews(list: List, news: readonly MessageSummary[]): List {
    if (list.query !== query.peek()) return list;
    if (older.peek()) {
      late = [...late, ...news];
      return withNews(list, news);
    }
    const known = withNews(list, news);
    if (known.messages.length <= maxKept || !isReadAtTop()) return known;
    const { query: asked } = known;
    return { ...newestOf(known.messages, maxKept), query: asked, isCutShort: false };
  }

  function withNews(list: List, changed: readonly MessageSummary[]): List {
    if (changed.length === 0) return list;
    const asked = list.query();
    const isFound = matcherOf(asked, country());
    const isListed = ({ message_id }: MessageSummary) =>
      list.messages.some((known) => known.message_id === message_id);
    // A replay publishes no new message.
    const matches = (message: MessageSummary) =>
      isFound(message) && (asked.replay === undefined || isListed(message));
    return {
      ...list,
      messages: withChanges(list.messages, { changed, matches, floor: floorOf(list) }),
    };
  }

  async function loadOlder(): Promise<void> {
    const list = feed.state.peek();
    if (list?.next === undefined || list.query !== query.peek()) return;
    if (older.peek() || feed.isLoading()) return;
    const mine = new AbortController();
    older.value = mine;
    feed.error.value = undefined;
    late = [];
    try {
      const asked = { ...list.query(), limit: pageSizes.older, before: list.next };
      const page = await load(asked, mine.signal);
      if (mine.signal.aborted) return;
      const messages = withOlder(feed.state.peek()?.messages ?? [], page.messages);
      const isCutShort = endedEarly(page, pageSizes.older);
      batch(() => {
        feed.state.value = withNews({ ...page, query: list.query, messages, isCutShort }, late);
        older.value = undefined;
      });
    } catch (error) {
      if (mine.signal.aborted) return;
      batch(() => {
        feed.error.value = (error as Error).message;
        older.value = undefined;
      });
    }
  }

  return {
    state,
    follow: feed.follow,
    ask(next) {
      query.value = next;
      feed.error.value = undefined;
      if (source.isLive()) feed.reload();
    },
    refresh: feed.reload,
    loadOlder: () => void loadOlder(),
  };
}

function endedEarly({ messages, next }: MessagePage, limit: number): boolean {
  return next !== undefined && messages.length < limit;
}

function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

/**
 * Tells whether the server would list a message for a query: for those that come as events.
 *
 * @param country Whose national numbers people write.
 */
export function matcherOf(
  query: MessageQuery,
  country: string,
): (message: MessageSummary) => boolean {
  const { state, undelivered, since, until } = query;
  const hasNumbers = numbersMatcher(query, country);
  const isFound = searchMatcher(query.search ?? '', country);
  return (message) =>
    hasNumbers(message) &&
    (since === undefined || message.received_at >= since) &&
    (until === undefined || message.received_at < until) &&
    isIn(message, state) &&
    (undelivered === undefined || lacks(message, undelivered)) &&
    isFound(message);
}

function isIn(message: MessageSummary, state: MessageQuery['state']): boolean {
  switch (state) {
    case 'conflict':
      return message.conflicts > 0;
    case 'pending':
      return message.published_at === undefined;
    case 'replayed':
      return message.isReplayed === true;
    case 'late':
      return (latenessOf(message) ?? 0) >= LATE_MS;
    case 'retried':
      return message.requests > 1;
    default:
      return state === undefined || message.state === state;
  }
}
