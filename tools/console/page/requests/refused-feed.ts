import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Attempt } from '../../protocol.ts';
import {
  type RefusedDetail,
  type RefusedPage,
  type RefusedQuery,
  type RefusedRequest,
  refusalOf,
} from '../../request-protocol.ts';
import { ApiError, ask } from '../api.ts';
import { createFeed, type Feed, SERVER } from '../feed.ts';

/** In a flood, hundreds of requests are refused. Each load reads from the table. */
const RELOAD_MS = 500;

/** The refused requests of a query, kept up to date, the newest first. */
export interface RefusedFeed extends ReloadedFeed<RefusedPage> {
  readonly isLoadingOlder: ReadonlySignal<boolean>;
  /** Does nothing at the end of the list, or while it runs. */
  readonly loadOlder: () => void;
}

type Load = (query: RefusedQuery, signal: AbortSignal) => Promise<RefusedPage>;

/** Pages that a search for few requests reads by itself until it has found one: 5,000 kept requests. */
const MAX_PAGES = 10;

export function refusedFeed(
  query: RefusedQuery,
  load: Load = (asked, aborted) => ask('requests', { query: asked, signal: aborted }),
  source = SERVER,
): RefusedFeed {
  const state = signal<RefusedPage | undefined>(undefined);
  const isLoadingOlder = signal(false);
  let older: AbortController | undefined;
  let pagesRead = 0;
  const feed: ReloadedFeed<RefusedPage> = reloadedFeed(async (aborted) => {
    const page = await load(query, aborted);
    aborted.throwIfAborted();
    const joined = withKnown(page, state.peek());
    state.value = joined;
    searchOn();
    return joined;
  }, source);

  /** An id or a number is in few requests: they may be far behind the newest ones. */
  function searchOn(): void {
    const isSearch = query.message_id !== undefined || query.search !== undefined;
    const { requests = [] } = state.peek() ?? {};
    if (isSearch && requests.length === 0 && pagesRead < MAX_PAGES) void loadOlder();
  }

  async function loadOlder(): Promise<void> {
    const { next: before } = state.peek() ?? {};
    if (before === undefined || isLoadingOlder.peek()) return;
    const mine = new AbortController();
    older = mine;
    isLoadingOlder.value = true;
    pagesRead++;
    try {
      const page = await load({ ...query, before }, mine.signal);
      if (mine.signal.aborted) return;
      batch(() => {
        const known = state.peek();
        // Unless the list has begun anew meanwhile.
        if (known?.next === before) state.value = withOlder(known, page);
        feed.error.value = undefined;
        isLoadingOlder.value = false;
      });
      searchOn();
    } catch (error) {
      if (mine.signal.aborted) return;
      batch(() => {
        feed.error.value = (error as Error).message;
        isLoadingOlder.value = false;
      });
    }
  }

  return {
    ...feed,
    state,
    isLoadingOlder,
    loadOlder() {
      pagesRead = 0;
      void loadOlder();
    },
    follow() {
      const end = feed.follow();
      return () => {
        older?.abort();
        isLoadingOlder.value = false;
        end();
      };
    },
  };
}

/** The known requests, and the next older page. */
function withOlder({ requests, searchedFrom }: RefusedPage, page: RefusedPage): RefusedPage {
  const known = new Set(requests.map(({ id }) => id));
  return {
    ...page,
    requests: [...requests, ...page.requests.filter(({ id }) => !known.has(id))],
    ...(searchedFrom !== undefined && { searchedFrom }),
  };
}

/** The newest page, and the known older requests. A page may be empty and still reach far back. */
export function withKnown(page: RefusedPage, known: RefusedPage | undefined): RefusedPage {
  const { next: isMore, searchedTo: end, ...newest } = page;
  if (!known || isMore === undefined || end === undefined) return page;
  // Nobody has searched between the two.
  if (known.searchedFrom === undefined || end > known.searchedFrom) return page;
  const { requests, next, searchedTo } = known;
  const listed = new Set(page.requests.map(({ id }) => id));
  const behind = requests.filter(({ received_at, id }) => received_at <= end && !listed.has(id));
  return {
    ...newest,
    requests: [...page.requests, ...behind],
    ...(next !== undefined && { next }),
    ...(searchedTo !== undefined && { searchedTo }),
  };
}

/** A refused request with its attempts, or why it cannot be shown. */
export function refusedDetailFeed(
  id: string,
): Pick<Feed<RefusedDetail | ApiError>, 'state' | 'error' | 'follow'> {
  return reloadedFeed(async (aborted) => {
    try {
      const path = `requests/${encodeURIComponent(id)}`;
      return await ask<RefusedDetail>(path, { signal: aborted });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return error;
      throw error;
    }
  });
}

type ReloadedFeed<State> = Pick<Feed<State>, 'state' | 'error' | 'reload' | 'follow'>;

/** Loads again when a request is refused, but not for each request of a flood. */
function reloadedFeed<State>(
  load: (signal: AbortSignal) => Promise<State>,
  source = SERVER,
): ReloadedFeed<State> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const reducers = {
    attempt(known: State, news: readonly Attempt[]) {
      if (news.some((attempt) => refusalOf(attempt) !== undefined)) {
        timer ??= setTimeout(() => {
          timer = undefined;
          feed.reload();
        }, RELOAD_MS);
      }
      return known;
    },
  };
  const feed: Feed<State> = createFeed(load, reducers, source);
  return {
    state: feed.state,
    error: feed.error,
    reload: feed.reload,
    follow() {
      const end = feed.follow();
      return () => {
        clearTimeout(timer);
        timer = undefined;
        end();
      };
    },
  };
}

/** Requests that may hold a message. A browser that opens the URL sends none. */
export function mayBeMessages(requests: readonly RefusedRequest[]): RefusedRequest[] {
  return requests.filter(({ reason }) => reason !== 'method-not-allowed');
}
