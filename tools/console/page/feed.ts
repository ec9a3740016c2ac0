import { type ReadonlySignal, type Signal, signal, useSignalEffect } from '@preact/signals';
import type { ConsoleEvents } from '../protocol.ts';
import { ask } from './api.ts';
import { connection, onEvent } from './live.ts';

type EventName = keyof ConsoleEvents;

/**
 * How the state changes by what came in, the earliest first. What came in about when the state was
 * loaded may be known already.
 */
type Reducers<State> = {
  readonly [Name in EventName]?: (
    state: State,
    news: readonly ConsoleEvents[Name][],
    mayBeKnown: boolean,
  ) => State;
};

/** The page's connection. What is opened while it is lost says so at once. */
export const SERVER = {
  onEvent,
  /** Whether to load at once. If not, the first `hello` starts the load. */
  isLive: () => connection.peek() !== 'connecting',
};

/** Something that the server keeps, as the page knows it. */
export interface Feed<State> {
  /** Nothing until it has been loaded once; what was last known while the server is gone. */
  readonly state: Signal<State | undefined>;
  /** Why the server refused. */
  readonly error: Signal<string | undefined>;
  /** Keeps the list up to date until the returned function is called. */
  follow(): () => void;
  /** Takes something as if an event had brought it, at once. */
  take<Name extends EventName>(name: Name, data: ConsoleEvents[Name]): void;
  /** Loads it anew, in place of a load that is under way. */
  reload(): void;
  isLoading(): boolean;
}

/** Events come in by the hundred when much is sent: the page changes a few times a second. */
const FLUSH_MS = 50;
/** An event may be that much later than an answer in which it was counted. */
const OVERLAP_MS = 1_000;

/**
 * What is asked for each time the server says `hello`, and kept up to date by events meanwhile. Events
 * that come while it is being loaded are applied to what was loaded.
 */
export function createFeed<State>(
  load: (signal: AbortSignal) => Promise<State>,
  reducers: Reducers<State>,
  source = SERVER,
): Feed<State> {
  const state = signal<State | undefined>(undefined);
  const error = signal<string | undefined>(undefined);
  let waiting: { readonly name: EventName; readonly data: unknown }[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let loading: AbortController | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let followers = 0;
  let unsubscribe: readonly (() => void)[] = [];

  function hear<Name extends EventName>(name: Name, data: ConsoleEvents[Name]): void {
    waiting.push({ name, data });
    timer ??= setTimeout(flush, FLUSH_MS);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (loading) return;
    const byName = Map.groupBy(waiting, ({ name }) => name);
    waiting = [];
    let next = state.peek();
    // Where nothing is known, what is loaded has the news with the rest.
    if (next === undefined) return;
    const mayBeKnown = Date.now() - loadedAt < OVERLAP_MS;
    for (const [name, news] of byName) {
      const reduce = reducers[name] as (known: State, ...rest: [unknown[], boolean]) => State;
      const items = news.map(({ data }) => data);
      next = reduce(next, items, mayBeKnown);
    }
    state.value = next;
  }

  async function reload(): Promise<void> {
    loading?.abort();
    const mine = new AbortController();
    loading = mine;
    try {
      const loaded = await load(mine.signal);
      if (mine.signal.aborted) return;
      state.value = loaded;
      error.value = undefined;
      loadedAt = Date.now();
    } catch (cause) {
      if (mine.signal.aborted) return;
      error.value = (cause as Error).message;
    }
    loading = undefined;
    flush();
  }

  function stop(): void {
    for (const end of unsubscribe) end();
    loading?.abort();
    loading = undefined;
    clearTimeout(timer);
    timer = undefined;
    waiting = [];
  }

  return {
    state,
    error,
    follow() {
      followers++;
      if (followers === 1) {
        unsubscribe = [
          source.onEvent('hello', () => {
            waiting = [];
            void reload();
          }),
          ...(Object.keys(reducers) as EventName[]).map((name) =>
            source.onEvent(name, (data) => hear(name, data)),
          ),
        ];
        if (source.isLive()) void reload();
      }
      return () => {
        followers--;
        if (followers === 0) stop();
      };
    },
    take(name, data) {
      hear(name, data);
      flush();
    },
    reload: () => void reload(),
    isLoading: () => loading !== undefined,
  };
}

/** A feed of what the server has at this path, by the page's connection. */
export function liveFeed<State>(path: string, reducers: Reducers<State>): Feed<State> {
  return createFeed((signal) => ask<State>(path, { signal }), reducers);
}

/** What is kept up to date while it is followed. */
interface Followed<State> {
  readonly state: ReadonlySignal<State>;
  readonly follow: () => () => void;
}

/** Follows a feed, the same all along, as long as the component is shown. */
export function useFeed<State>({ state, follow }: Followed<State>): State {
  useSignalEffect(follow);
  return state.value;
}

/**
 * The news that are not known yet. Items without an id can be alike: if two are known and three come,
 * one is new.
 */
export function unknownNews<Item>(
  known: readonly Item[],
  news: readonly Item[],
  keyOf: (item: Item) => string,
): Item[] {
  const left = Map.groupBy(known, keyOf);
  return news.filter((item) => left.get(keyOf(item))?.pop() === undefined);
}

/**
 * A key for each: alike ones are counted from the end, so that an item keeps its key while others are
 * put before it.
 */
export function keysOf<Item>(items: readonly Item[], keyOf: (item: Item) => string): string[] {
  const seen = new Map<string, number>();
  return items
    .toReversed()
    .map((item) => {
      const key = keyOf(item);
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      return `${key} ${before}`;
    })
    .reverse();
}
