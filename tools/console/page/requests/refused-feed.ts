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
import { createFeed, type Feed } from '../feed.ts';

/** Refused requests come by the hundred in a flood: each load reads from the table. */
const RELOAD_MS = 500;

/** The refused requests that a query gives, kept up to date, the newest first. */
export interface RefusedFeed extends ReloadedFeed<RefusedPage> {
  readonly isLoadingOlder: ReadonlySignal<boolean>;
  /** Does nothing at the end of the list, or while it is at it. */
  readonly loadOlder: () => void;
}

type Load = (query: RefusedQuery, signal: AbortSignal) => Promise<RefusedPage>;

export function refusedFeed(
  query: RefusedQuery,
  load: Load = (asked, aborted) => ask('requests', { query: asked, signal: aborted }),
): RefusedFeed {
  const isLoadingOlder = signal(false);
  let older: AbortController | undefined;
  const feed: ReloadedFeed<RefusedPage> = reloadedFeed(async (aborted) => {
    older?.abort();
    isLoadingOlder.value = false;
    const page = await load(query, aborted);
    return withKnown(page, feed.state.peek());
  });

  async function loadOlder(): Promise<void> {
    const { next } = feed.state.peek() ?? {};
    if (next === undefined || isLoadingOlder.peek()) return;
    const mine = new AbortController();
    older = mine;
    isLoadingOlder.value = true;
    try {
      const page = await load({ ...query, before: next }, mine.signal);
      if (mine.signal.aborted) return;
      const { requests = [] } = feed.state.peek() ?? {};
      batch(() => {
        feed.state.value = { ...page, requests: [...requests, ...page.requests] };
        feed.error.value = undefined;
        isLoadingOlder.value = false;
      });
    } catch (error) {
      if (mine.signal.aborted) return;
      batch(() => {
        feed.error.value = (error as Error).message;
        isLoadingOlder.value = false;
      });
    }
  }

  return { ...feed, isLoadingOlder, loadOlder: () => void loadOlder() };
}

/** The newest page, with what is known behind it. */
export function withKnown(page: RefusedPage, known: RefusedPage | undefined): RefusedPage {
  const last = page.requests.at(-1);
  const place = known?.requests.findIndex(({ id }) => id === last?.id) ?? -1;
  if (!known || page.next === undefined || place < 0) return page;
  const { next: _, searchedTo: __, ...newest } = page;
  const { requests, next, searchedTo } = known;
  return {
    ...newest,
    requests: [...page.requests, ...requests.slice(place + 1)],
    ...(next !== undefined && { next }),
    ...(searchedTo !== undefined && { searchedTo }),
  };
}

/** One of them with its attempts; or why it cannot be shown. */
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

/** Loaded again when a request is refused, but not for each one of many. */
function reloadedFeed<State>(load: (signal: AbortSignal) => Promise<State>): ReloadedFeed<State> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const feed: Feed<State> = createFeed(load, {
    attempt(known: State, news: readonly Attempt[]) {
      if (news.some((attempt) => refusalOf(attempt) !== undefined)) {
        timer ??= setTimeout(() => {
          timer = undefined;
          feed.reload();
        }, RELOAD_MS);
      }
      return known;
    },
  });
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

/** Requests that may have been a message: a browser that opens the URL holds none. */
export function mayBeMessages(requests: readonly RefusedRequest[]): RefusedRequest[] {
  return requests.filter(({ reason }) => reason !== 'method-not-allowed');
}
