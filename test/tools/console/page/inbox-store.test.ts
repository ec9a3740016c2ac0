import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../../../tools/console/page/api.ts';
import {
  createInboxStore,
  type InboxStore,
  matcherOf,
} from '../../../../tools/console/page/inbox/inbox-store.ts';
import type {
  MessagePage,
  MessageQuery,
  MessageSummary,
} from '../../../../tools/console/protocol.ts';
import { idsOf, summaries, summary } from './summaries.ts';

interface Asked {
  readonly query: MessageQuery;
  readonly signal: AbortSignal;
  answer(page: MessagePage): Promise<void>;
  fail(error: Error): Promise<void>;
}

const FLUSH_MS = 50;
const RETRY_MS = 3_000;
/** Long ago: nothing of it is too young for a page to know it. */
const OLD = summaries({ d: 40, c: 30, b: 20, a: 10 });

let asked: Asked[];
let store: InboxStore;
let isReadAtTop: boolean;
/** Has the server say that a message is new, or has changed. */
let hear: (message: MessageSummary) => void;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  isReadAtTop = false;
  store = createInboxStore({
    pageSizes: { newest: 4, older: 2 },
    maxKept: 5,
    isReadAtTop: () => isReadAtTop,
    country: () => 'AU',
    source: {
      isLive: () => false,
      onEvent(name, listener) {
        if (name === 'message') hear = listener as typeof hear;
        return () => {};
      },
    },
    load: (query, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<MessagePage>();
      const settled = async () => void (await vi.advanceTimersByTimeAsync(0));
      asked.push({
        query,
        signal,
        answer(page) {
          resolve(page);
          return settled();
        },
        fail(error) {
          reject(error);
          return settled();
        },
      });
      return promise;
    },
  });
  store.follow();
});

afterEach(() => {
  vi.useRealTimers();
});

const ids = () => idsOf(store.state.value.messages);
const last = () => asked.at(-1) as Asked;
const news = async (...messages: Partial<MessageSummary>[]) => {
  for (const message of messages) hear(summary(message));
  await vi.advanceTimersByTimeAsync(FLUSH_MS);
};

/** With its newest page, and older ones left. */
async function load(page: MessagePage = { messages: OLD, next: 'a' }): Promise<void> {
  store.refresh();
  await last().answer(page);
}

describe('the list', () => {
  it('is loading until the newest page is there', async () => {
    expect(store.state.value.status).toBe('loading');
    await load();
    expect(asked.map(({ query }) => query)).toEqual([{ limit: 4 }]);
    expect(store.state.value).toMatchObject({ status: 'ready', next: 'a', isLoadingOlder: false });
    expect(ids()).toBe('d c b a');
  });

  it('takes news in, many at once', async () => {
    await load();
    let changes = 0;
    const stop = store.state.subscribe(() => changes++);
    for (let n = 0; n < 100; n++) {
      hear(summary({ message_id: `n${n}`, received_at: 100 + n }));
    }
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    expect(store.state.value.messages).toHaveLength(104);
    // One at the subscription, one for all of them.
    expect(changes).toBe(2);
    stop();
  });

  it('goes on with older pages until there are none', async () => {
    await load();
    store.loadOlder();
    store.loadOlder();
    expect(asked).toHaveLength(2);
    expect(last().query).toEqual({ limit: 2, before: 'a' });
    expect(store.state.value.isLoadingOlder).toBe(true);
    await last().answer({ messages: summaries({ z: 5 }) });
    expect(ids()).toBe('d c b a z');
    expect(store.state.value.next).toBeUndefined();
    store.loadOlder();
    expect(asked).toHaveLength(2);
  });

  it('tells a search that ended its page early, and not one whose page is full', async () => {
    await load({ messages: OLD, next: 'a', searchedTo: 10 });
    expect(store.state.value.isCutShort).toBe(false);
    store.loadOlder();
    await last().answer({ messages: summaries({ z: 5 }), next: 'y', searchedTo: 2 });
    expect(store.state.value).toMatchObject({ isCutShort: true, searchedTo: 2 });
    store.loadOlder();
    await last().answer({ messages: [], searchedTo: 1 });
    expect(store.state.value.isCutShort).toBe(false);
  });

  it('leaves news of what it has not come to yet to the older page', async () => {
    await load();
    await news({ message_id: 'z', received_at: 5 });
    expect(ids()).toBe('d c b a');
  });
});

describe('a list that grows', () => {
  const many = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      message_id: `n${from + n}`,
      received_at: from + n,
    }));

  it('keeps the newest while it is read at its top, and loads the others again', async () => {
    await load({ messages: OLD, searchedTo: 3 });
    isReadAtTop = true;
    for (let from = 100; from < 2_100; from += 100) {
      await news(...many(from, 100));
      expect(store.state.value.messages).toHaveLength(5);
    }
    expect(ids()).toBe('n2099 n2098 n2097 n2096 n2095');
    expect(store.state.value).not.toHaveProperty('searchedTo');
    // The change of one that was let go comes with its page.
    await news({ message_id: 'n2094', received_at: 2_094, requests: 2 });
    expect(ids()).toBe('n2099 n2098 n2097 n2096 n2095');
    store.loadOlder();
    expect(last().query).toEqual({ limit: 2, before: '2095/n2095' });
    await last().answer({ messages: summaries({ n2094: 2_094 }), next: '2094/n2094' });
    expect(ids()).toBe('n2099 n2098 n2097 n2096 n2095 n2094');
    expect(store.state.value.next).toBe('2094/n2094');
  });

  it('loses nothing while somebody reads further down, or an older page is on its way', async () => {
    await load();
    await news(...many(100, 10));
    expect(store.state.value.messages).toHaveLength(14);
    store.loadOlder();
    isReadAtTop = true;
    await news(...many(200, 10));
    await last().answer({ messages: summaries({ z: 5 }) });
    expect(store.state.value.messages).toHaveLength(25);
    await news(...many(300, 1));
    expect(store.state.value.messages).toHaveLength(5);
  });
});

describe('news that come while a page is on its way', () => {
  const published = summary({ message_id: 'd', received_at: 40, state: 'published' });
  const stale = summary({ message_id: 'd', received_at: 40, state: 'publishing' });

  it('count, and not the newest page, which is older', async () => {
    store.refresh();
    await news(published);
    await last().answer({ messages: [stale] });
    expect(store.state.value.messages).toEqual([published]);
  });

  it('count, and not the older page', async () => {
    await load({ messages: summaries({ f: 60 }), next: 'f' });
    store.loadOlder();
    await news(published, { message_id: 'g', received_at: 70 });
    expect(ids()).toBe('g f');
    await last().answer({ messages: [stale] });
    expect(ids()).toBe('g f d');
    expect(store.state.value.messages[2]?.state).toBe('published');
  });
});

describe('after a gap', () => {
  it('joins what it knows and what is new', async () => {
    await load();
    store.refresh();
    await last().answer({ messages: summaries({ e: 50, d: 40 }), next: 'd' });
    expect(ids()).toBe('e d c b a');
    expect(store.state.value.next).toBe('a');
  });

  it('begins anew when nothing is the same, for which news do not count', async () => {
    await load();
    store.refresh();
    await news({ message_id: 'z', received_at: 90 });
    await last().answer({ messages: summaries({ z: 90, y: 80 }), next: 'y' });
    expect(ids()).toBe('z y');
    expect(store.state.value.next).toBe('y');
  });

  it('keeps what it knows while the server does not answer, and asks again', async () => {
    await load();
    store.refresh();
    await last().fail(new ApiError(0, 'gone'));
    expect(store.state.value).toMatchObject({ status: 'ready', error: 'gone' });
    expect(ids()).toBe('d c b a');
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(asked).toHaveLength(3);
    await last().answer({ messages: OLD });
    expect(store.state.value.error).toBeUndefined();
  });
});

describe('another query', () => {
  it('is asked for at the next refresh; its answer is the list', async () => {
    await load();
    store.ask(() => ({ state: 'overdue' }));
    expect(store.state.value.status).toBe('loading');
    expect(ids()).toBe('d c b a');
    store.refresh();
    expect(last().query).toEqual({ limit: 4, state: 'overdue' });
    await last().answer({ messages: summaries({ d: 40 }), searchedTo: 10 });
    expect(ids()).toBe('d');
    expect(store.state.value.searchedTo).toBe(10);
  });

  it('lets in only what it matches', async () => {
    store.ask(() => ({ search: 'wanted' }));
    await load({ messages: [] });
    await news(
      { message_id: 'x', body: 'wanted', received_at: 50 },
      { message_id: 'y', body: 'other', received_at: 60 },
    );
    expect(ids()).toBe('x');
  });

  it('of a replay takes changes only of what it has', async () => {
    store.ask(() => ({ replay: 'run-1' }));
    await load();
    await news(
      { message_id: 'x', received_at: 50 },
      { message_id: 'c', received_at: 30, requests: 7 },
    );
    expect(ids()).toBe('d c b a');
    expect(store.state.value.messages[1]).toMatchObject({ requests: 7 });
  });

  it('gives up the answer to the one before', async () => {
    await load();
    store.refresh();
    const before = last();
    store.ask(() => ({ search: 'x' }));
    store.refresh();
    expect(before.signal.aborted).toBe(true);
    await last().answer({ messages: summaries({ x: 1 }) });
    await before.answer({ messages: OLD });
    expect(ids()).toBe('x');
  });

  it('that the server refuses has no messages, and those before come back with the query before', async () => {
    const before = () => ({});
    store.ask(before);
    await load();
    store.ask(() => ({ since: -1 }));
    store.refresh();
    await last().fail(new ApiError(400, 'since must be a time'));
    expect(store.state.value).toMatchObject({ status: 'failed', messages: [] });
    expect(store.state.value.next).toBeUndefined();
    store.ask(before);
    expect(store.state.value.status).toBe('ready');
    expect(ids()).toBe('d c b a');
  });

  it('says why the server refuses it, and does not ask again', async () => {
    store.ask(() => ({ since: -1 }));
    store.refresh();
    await last().fail(new Error('since must be a time'));
    expect(store.state.value).toMatchObject({ status: 'failed', error: 'since must be a time' });
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(asked).toHaveLength(1);
  });
});

describe('a live message', () => {
  it.each([
    [{}, true],
    [{ state: 'published' }, true],
    [{ state: 'overdue' }, false],
    [{ state: 'pending' }, false],
    [{ state: 'replayed' }, false],
    [{ state: 'conflict' }, false],
    [{ since: 1_000 }, true],
    [{ since: 1_001 }, false],
    [{ until: 1_001 }, true],
    [{ until: 1_000 }, false],
    [{ from: '+61491570006' }, true],
    [{ from: ' 61 491 570 006 ' }, true],
    [{ from: '0491 570 006' }, true],
    [{ from: '+61491570156' }, false],
    [{ from: '0491' }, true],
    [{ from: '0491', isExact: true }, false],
    [{ from: 'PRIZE' }, false],
    [{ sms_number: '+61 491-570-156' }, true],
    [{ sms_number: '+61491570006' }, false],
    [{ search: 'hELL' }, true],
    [{ search: 'hELL', state: 'overdue' }, false],
    [{ search: 'goodbye' }, false],
  ] as const)('of the query %j: %s', (query, isListed) => {
    expect(matcherOf(query, 'AU')(summary())).toBe(isListed);
  });

  it.each(['stored', 'publishing', 'overdue'] as const)('that is %s is pending', (state) => {
    const { published_at: _, ...message } = summary({ state });
    expect(matcherOf({ state: 'pending' }, 'AU')(message)).toBe(true);
  });

  it('was replayed', () => {
    const message = summary({ isReplayed: true });
    expect(matcherOf({ state: 'replayed' }, 'AU')(message)).toBe(true);
  });

  it('comes from a withheld number', () => {
    expect(matcherOf({ from: 'withheld' }, 'AU')(summary({ from: '' }))).toBe(true);
    expect(matcherOf({ from: 'withheld' }, 'AU')(summary())).toBe(false);
  });

  it('has conflicts', () => {
    expect(matcherOf({ state: 'conflict' }, 'AU')(summary({ conflicts: 1 }))).toBe(true);
  });

  it('is lacked by a subscriber, also while its delivery waits', () => {
    const matches = matcherOf({ undelivered: 'crm' }, 'AU');
    expect(matches(summary({ undelivered: ['crm'] }))).toBe(true);
    expect(matches(summary({ waiting: ['chat', 'crm'] }))).toBe(true);
    expect(matches(summary({ waiting: ['chat'] }))).toBe(false);
    expect(matches(summary())).toBe(false);
  });

  it('comes from a name', () => {
    const message = summary({ from: 'PRIZE' });
    expect(matcherOf({ from: 'PRIZE' }, 'AU')(message)).toBe(true);
    expect(matcherOf({ from: 'priz' }, 'AU')(message)).toBe(true);
    expect(matcherOf({ from: 'priz', isExact: true }, 'AU')(message)).toBe(false);
  });
});
