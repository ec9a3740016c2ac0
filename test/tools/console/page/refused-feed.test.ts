import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type RefusedFeed,
  refusedFeed,
  withKnown,
} from '../../../../tools/console/page/requests/refused-feed.ts';
import type { Attempt } from '../../../../tools/console/protocol.ts';
import type {
  RefusedPage,
  RefusedQuery,
  RefusedRequest,
} from '../../../../tools/console/request-protocol.ts';

const RELOAD_MS = 600;

const request = (received_at: number): RefusedRequest => ({
  ...{ id: `r-${received_at}`, reason: 'conflict', status: 409, received_at },
  ...{ last_received_at: received_at, requests: 1 },
});

/** A page of requests that came at these times. There are older ones, if it says how far it looked. */
const page = (
  times: readonly number[],
  searchedFrom: number,
  searchedTo?: number,
): RefusedPage => ({
  requests: times.map(request),
  searchedFrom,
  ...(searchedTo !== undefined && { searchedTo, next: `before ${searchedTo}` }),
});

const timesOf = (shown: RefusedPage | undefined) =>
  shown?.requests.map(({ received_at }) => received_at);

describe('the newest page', () => {
  const known = page([70, 30], 90, 20);

  it('keeps what is known behind it, also if nothing in it matches', () => {
    const joined = withKnown(page([], 95, 40), known);
    expect(timesOf(joined)).toEqual([30]);
    expect(joined).toMatchObject({ searchedFrom: 95, searchedTo: 20, next: 'before 20' });
  });

  it('counts, and not what is known of the same time', () => {
    expect(timesOf(withKnown(page([95, 60], 95, 50), known))).toEqual([95, 60, 30]);
    expect(timesOf(withKnown(page([95, 30], 95, 30), known))).toEqual([95, 30]);
  });

  it('is all, if nobody has looked between the two, or if there are no older ones', () => {
    expect(withKnown(page([99], 99, 95), known)).toEqual(page([99], 99, 95));
    expect(withKnown(page([99], 99), known)).toEqual(page([99], 99));
    expect(withKnown(page([99], 99, 95), undefined)).toEqual(page([99], 99, 95));
  });
});

interface Asked {
  readonly query: RefusedQuery;
  readonly signal: AbortSignal;
  answer(answered: RefusedPage): Promise<void>;
}

let asked: Asked[];
let hear: (attempt: Attempt) => void;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
});
afterEach(() => {
  vi.useRealTimers();
});

/** A list that is followed. */
function follow(query: RefusedQuery): RefusedFeed {
  const load = (asking: RefusedQuery, signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<RefusedPage>();
    asked.push({
      ...{ query: asking, signal },
      async answer(answered) {
        resolve(answered);
        await vi.advanceTimersByTimeAsync(0);
      },
    });
    return promise;
  };
  const feed = refusedFeed(query, load, {
    isLive: () => true,
    onEvent(name, listener) {
      if (name === 'attempt') hear = listener as typeof hear;
      return () => {};
    },
  });
  feed.follow();
  return feed;
}

const last = () => asked.at(-1) as Asked;

/** Another request is refused. */
async function refuse(): Promise<void> {
  hear({ at: Date.now(), ms: 1, status: 400, outcome: 'invalid' });
  await vi.advanceTimersByTimeAsync(RELOAD_MS);
}

describe('the list of refused requests', () => {
  it('keeps what a search of older ones has found when another request is refused', async () => {
    const feed = follow({ reason: 'conflict' });
    await last().answer(page([], 90, 50));
    feed.loadOlder();
    expect(last().query).toEqual({ reason: 'conflict', before: 'before 50' });
    await last().answer(page([30], 49, 20));
    expect(timesOf(feed.state.value)).toEqual([30]);
    await refuse();
    await last().answer(page([], 95, 55));
    expect(timesOf(feed.state.value)).toEqual([30]);
    expect(feed.state.value).toMatchObject({ next: 'before 20', searchedTo: 20 });
  });

  it('goes on with a search of older ones while requests are refused', async () => {
    const feed = follow({});
    await last().answer(page([90], 90, 50));
    feed.loadOlder();
    const older = last();
    await refuse();
    await last().answer(page([95, 90], 95, 50));
    expect(older.signal.aborted).toBe(false);
    expect(feed.isLoadingOlder.value).toBe(true);
    await older.answer(page([30], 49));
    expect(timesOf(feed.state.value)).toEqual([95, 90, 30]);
    expect(feed.state.value?.next).toBeUndefined();
  });

  it('searches on by itself for an id, until it is found', async () => {
    const feed = follow({ message_id: 'a' });
    await last().answer(page([], 90, 50));
    await last().answer(page([], 49, 40));
    expect(last().query).toEqual({ message_id: 'a', before: 'before 40' });
    await last().answer(page([30], 39, 20));
    expect(asked).toHaveLength(3);
    expect(timesOf(feed.state.value)).toEqual([30]);
  });

  it('searches so far by itself and no further, until it is told to', async () => {
    const feed = follow({ message_id: 'a' });
    for (let to = 1_000; to > 0 && !feed.state.value?.requests.length; to -= 50) {
      const { length } = asked;
      await last().answer(page([], to + 40, to));
      if (asked.length === length) break;
    }
    expect(asked).toHaveLength(11);
    expect(feed.isLoadingOlder.value).toBe(false);
    feed.loadOlder();
    expect(asked).toHaveLength(12);
  });
});
