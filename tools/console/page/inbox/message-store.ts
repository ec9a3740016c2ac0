import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { MessagePage, MessageQuery, MessageSummary } from '../../protocol.ts';
import { matcherOf } from './matching.ts';
import { floorOf, withChanges, withNewest, withOlder } from './message-list.ts';

/** Of the list, as far as it has been read. */
export interface ListState extends MessagePage {
  /** Of the newest page: `loading` if nothing of what is asked for is there yet. */
  readonly status: 'loading' | 'ready' | 'failed';
  readonly isLoadingOlder: boolean;
  /** Its last page ended before it was full: a search had looked at so many messages. */
  readonly isCutShort: boolean;
  /** Why the server would not give it. */
  readonly error?: string;
}

export interface MessageStore {
  readonly state: ReadonlySignal<ListState>;
  /** Another query, from the next `refresh` on; the list stays until then. */
  ask(query: () => MessageQuery): void;
  /** Asks for the newest again, as after a gap. What is known stays, if the query is the same. */
  refresh(): void;
  /** Does nothing at the end of the list, or while it is at it. */
  loadOlder(): void;
  /** A message that is new, or has changed. */
  take(message: MessageSummary): void;
}

interface StoreOptions {
  readonly load: (query: MessageQuery, signal: AbortSignal) => Promise<MessagePage>;
  /** Whose national numbers people write. */
  readonly country: () => string;
  /** Messages of the newest page. */
  readonly pageSize?: number;
  readonly olderPageSize?: number;
  /** News come in by the hundred: the list changes a few times a second. */
  readonly flushMs?: number;
  /** After a failure that may pass. */
  readonly retryMs?: number;
  readonly mayPass?: (error: unknown) => boolean;
}

const PAGE_SIZE = 100;
/** Whoever scrolls on wants more: one large page costs the server far less than several small ones. */
const OLDER_PAGE_SIZE = 400;

/** The messages that a query gives, kept up to date by events, the newest first. */
export function createMessageStore(options: StoreOptions): MessageStore {
  const { load, flushMs = 50, retryMs = 3_000 } = options;
  const { pageSize = PAGE_SIZE, olderPageSize = OLDER_PAGE_SIZE } = options;
  const state = signal<ListState>({
    messages: [],
    status: 'loading',
    isLoadingOlder: false,
    isCutShort: false,
  });
  const waiting = new Map<string, MessageSummary>();
  let query: () => MessageQuery = () => ({});
  let isAnew = true;
  let newest: AbortController | undefined;
  let older: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function set(change: Partial<ListState>): void {
    const { error: _, ...known } = state.peek();
    state.value = { ...known, ...change };
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (newest || isAnew) return;
    const { messages, error } = state.peek();
    const changed = [...waiting.values()];
    // What is being loaded may be older than they are: they are applied to it once more.
    if (!older) waiting.clear();
    if (changed.length === 0) return;
    const matches = matcherOf(query(), options.country());
    const list = withChanges(messages, { changed, matches, floor: floorOf(state.peek()) });
    set({ messages: list, ...(error !== undefined && { error }) });
  }

  function endedEarly({ messages, next }: MessagePage, limit: number): boolean {
    return next !== undefined && messages.length < limit;
  }

  async function loadNewest(): Promise<void> {
    clearTimeout(retry);
    newest?.abort();
    older?.abort();
    older = undefined;
    const mine = new AbortController();
    newest = mine;
    try {
      const page = await load({ ...query(), limit: pageSize }, mine.signal);
      if (newest !== mine) return;
      const known = state.peek();
      const joined = isAnew ? undefined : withNewest(known.messages, page, Date.now());
      const list = joined ? { ...known, messages: joined } : page;
      const isCutShort = joined ? known.isCutShort : endedEarly(page, pageSize);
      isAnew = false;
      newest = undefined;
      batch(() => {
        state.value = { ...listOf(list), status: 'ready', isLoadingOlder: false, isCutShort };
        flush();
      });
    } catch (error) {
      if (newest !== mine) return;
      newest = undefined;
      set({ status: isAnew ? 'failed' : 'ready', isLoadingOlder: false, error: textOf(error) });
      if (options.mayPass?.(error)) retry = setTimeout(loadNewest, retryMs);
      else flush();
    }
  }

  async function readOlder(before: string): Promise<void> {
    const mine = new AbortController();
    older = mine;
    set({ isLoadingOlder: true });
    try {
      const page = await load({ ...query(), limit: olderPageSize, before }, mine.signal);
      if (older !== mine) return;
      older = undefined;
      const messages = withOlder(state.peek().messages, page.messages);
      batch(() => {
        state.value = {
          ...listOf({ ...page, messages }),
          status: 'ready',
          isLoadingOlder: false,
          isCutShort: endedEarly(page, olderPageSize),
        };
        flush();
      });
    } catch (error) {
      if (older !== mine) return;
      older = undefined;
      set({ isLoadingOlder: false, error: textOf(error) });
      flush();
    }
  }

  return {
    state,
    ask(next) {
      query = next;
      isAnew = true;
      set({ status: 'loading' });
    },
    refresh: () => void loadNewest(),
    loadOlder() {
      const { next, status } = state.peek();
      if (next !== undefined && status === 'ready' && !older && !newest) void readOlder(next);
    },
    take(message) {
      waiting.set(message.message_id, message);
      timer ??= setTimeout(flush, flushMs);
    },
  };
}

function listOf({ messages, next, searchedTo }: MessagePage): MessagePage {
  return {
    messages,
    ...(next !== undefined && { next }),
    ...(searchedTo !== undefined && { searchedTo }),
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
