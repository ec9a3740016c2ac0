import { type ReadonlySignal, signal } from '@preact/signals';
import type { ConsoleEvents } from '../protocol.ts';

type EventName = keyof ConsoleEvents;

/**
 * How the state changes by what came in, the earliest first. What came in about when the state was
 * loaded may be known already.
 */
export type Reducers<State> = {
  readonly [Name in EventName]?: (
    state: State,
    news: readonly ConsoleEvents[Name][],
    mayBeKnown: boolean,
  ) => State;
};

type Reduce<State> = (state: State, news: readonly unknown[], mayBeKnown: boolean) => State;

/** Where events come from. */
export interface FeedSource {
  /** @returns What ends it. */
  onEvent<Name extends EventName>(
    name: Name,
    listener: (data: ConsoleEvents[Name]) => void,
  ): () => void;
  /** Whether `hello` has come, and the connection holds. */
  isLive(): boolean;
}

/** Something that the server keeps, as the page knows it. */
export interface Feed<State> {
  /** Nothing until it has been loaded once; what was last known while the server is gone. */
  readonly state: ReadonlySignal<State | undefined>;
  /** Why the server would not give it. */
  readonly error: ReadonlySignal<string | undefined>;
  /** Keeps it up to date until the function that is returned is called. */
  follow(): () => void;
  /** Takes something as if an event had brought it, at once. */
  take<Name extends EventName>(name: Name, data: ConsoleEvents[Name]): void;
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
  source: FeedSource,
): Feed<State> {
  const state = signal<State | undefined>(undefined);
  const error = signal<string | undefined>(undefined);
  const names = Object.keys(reducers) as EventName[];
  const waiting = new Map<EventName, unknown[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let loading: AbortController | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let followers = 0;
  let unsubscribe: readonly (() => void)[] = [];

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (loading) return;
    const known = state.peek();
    // Nothing to change: whoever loads it gets it with the rest.
    if (known === undefined) {
      waiting.clear();
      return;
    }
    const mayBeKnown = Date.now() - loadedAt < OVERLAP_MS;
    let next: State = known;
    for (const [name, news] of waiting) {
      const reduce = reducers[name] as Reduce<State>;
      next = reduce(next, news, mayBeKnown);
    }
    waiting.clear();
    state.value = next;
  }

  function keep<Name extends EventName>(name: Name, data: ConsoleEvents[Name]): void {
    const news = waiting.get(name) ?? [];
    news.push(data);
    waiting.set(name, news);
  }

  function take<Name extends EventName>(name: Name, data: ConsoleEvents[Name]): void {
    keep(name, data);
    flush();
  }

  function hear<Name extends EventName>(name: Name, data: ConsoleEvents[Name]): void {
    keep(name, data);
    timer ??= setTimeout(flush, FLUSH_MS);
  }

  async function reload(): Promise<void> {
    loading?.abort();
    const mine = new AbortController();
    loading = mine;
    waiting.clear();
    try {
      const loaded = await load(mine.signal);
      if (loading !== mine) return;
      loading = undefined;
      error.value = undefined;
      state.value = loaded;
      loadedAt = Date.now();
    } catch (cause) {
      if (loading !== mine) return;
      loading = undefined;
      error.value = (cause as Error).message;
    }
    flush();
  }

  function follow(): () => void {
    followers++;
    if (followers === 1) {
      unsubscribe = [
        source.onEvent('hello', () => void reload()),
        ...names.map((name) => source.onEvent(name, (data) => hear(name, data))),
      ];
      if (source.isLive()) void reload();
    }
    return () => {
      followers--;
      if (followers > 0) return;
      for (const stop of unsubscribe) stop();
      loading?.abort();
      loading = undefined;
      clearTimeout(timer);
      timer = undefined;
      waiting.clear();
    };
  }

  return { state, error, follow, take };
}
