import { describe, expect, it, vi } from 'vitest';
import type { FallbackEmail } from '../../../../tools/console/lab-protocol.ts';
import { createFeed } from '../../../../tools/console/page/feed.ts';
import type { ConsoleEvents, StackInfo } from '../../../../tools/console/protocol.ts';

type Listener = (data: never) => void;

/** Events as the server would send them, sent by hand. */
class Events {
  readonly #listeners = new Map<string, Set<Listener>>();
  live = false;
  readonly isLive = () => this.live;
  readonly onEvent = <Name extends keyof ConsoleEvents>(
    name: Name,
    listener: (data: ConsoleEvents[Name]) => void,
  ) => {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(listener));
    return () => void set.delete(listener);
  };

  send<Name extends keyof ConsoleEvents>(name: Name, data: ConsoleEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(data as never);
  }

  get listening(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

const hello = {} as StackInfo;
const email = (id: string): FallbackEmail => ({
  at: 1,
  to: '',
  subject: '',
  text: '',
  message_id: id,
});

/** A feed of e-mails' ids, whose loads are answered by hand. */
function setUp() {
  const events = new Events();
  const loads: { answer: (ids: readonly string[]) => void; fail: (error: Error) => void }[] = [];
  const load = vi.fn(
    (_signal: AbortSignal) =>
      new Promise<readonly string[]>((answer, fail) => loads.push({ answer, fail })),
  );
  const reduce = vi.fn(
    (ids: readonly string[], news: readonly FallbackEmail[], _mayBeKnown: boolean) => [
      ...ids,
      ...news.map(({ message_id }) => message_id),
    ],
  );
  const feed = createFeed(load, { email: reduce }, events);
  return { events, loads, load, reduce, feed };
}

describe('a feed', () => {
  it('loads at each hello', async () => {
    const { events, loads, load, feed } = setUp();
    feed.follow();
    expect(load).not.toHaveBeenCalled();
    events.send('hello', hello);
    expect(feed.state.value).toBeUndefined();
    loads[0]?.answer(['a']);
    await vi.waitFor(() => expect(feed.state.value).toEqual(['a']));
    events.send('hello', hello);
    loads[1]?.answer(['b']);
    await vi.waitFor(() => expect(feed.state.value).toEqual(['b']));
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('loads at once if the server has said hello before', () => {
    const { events, load, feed } = setUp();
    events.live = true;
    feed.follow();
    expect(load).toHaveBeenCalledOnce();
  });

  it('applies events together', async () => {
    const { events, loads, reduce, feed } = setUp();
    events.live = true;
    feed.follow();
    loads[0]?.answer([]);
    await vi.waitFor(() => expect(feed.state.value).toEqual([]));
    for (const id of ['a', 'b', 'c']) events.send('email', email(id));
    await vi.waitFor(() => expect(feed.state.value).toEqual(['a', 'b', 'c']));
    expect(reduce).toHaveBeenCalledOnce();
  });

  it('applies what comes while it loads to what was loaded', async () => {
    const { events, loads, feed } = setUp();
    events.live = true;
    feed.follow();
    events.send('email', email('b'));
    feed.take('email', email('c'));
    loads[0]?.answer(['a']);
    await vi.waitFor(() => expect(feed.state.value).toEqual(['a', 'b', 'c']));
  });

  it('says of events whether they may have been loaded', async () => {
    const { events, loads, reduce, feed } = setUp();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(0);
    events.live = true;
    feed.follow();
    loads[0]?.answer([]);
    await vi.waitFor(() => expect(feed.state.value).toEqual([]));
    feed.take('email', email('early'));
    clock.mockReturnValue(5_000);
    feed.take('email', email('late'));
    expect(reduce.mock.calls.map(([, , mayBeKnown]) => mayBeKnown)).toEqual([true, false]);
    clock.mockRestore();
  });

  it('takes the answer to the latest hello only', async () => {
    const { events, loads, load, feed } = setUp();
    feed.follow();
    events.send('hello', hello);
    events.send('hello', hello);
    expect(load.mock.calls[0]?.[0].aborted).toBe(true);
    loads[1]?.answer(['new']);
    await vi.waitFor(() => expect(feed.state.value).toEqual(['new']));
    loads[0]?.answer(['old']);
    await Promise.resolve();
    expect(feed.state.value).toEqual(['new']);
  });

  it('keeps what it knows when it cannot load, and says why', async () => {
    const { events, loads, feed } = setUp();
    feed.follow();
    events.send('hello', hello);
    loads[0]?.answer(['a']);
    await vi.waitFor(() => expect(feed.state.value).toEqual(['a']));
    events.send('hello', hello);
    loads[1]?.fail(new Error('No answer'));
    await vi.waitFor(() => expect(feed.error.value).toBe('No answer'));
    expect(feed.state.value).toEqual(['a']);
    events.send('hello', hello);
    loads[2]?.answer(['b']);
    await vi.waitFor(() => expect(feed.error.value).toBeUndefined());
  });

  it('takes what the page itself has done at once', async () => {
    const { events, loads, feed } = setUp();
    events.live = true;
    feed.follow();
    loads[0]?.answer([]);
    await vi.waitFor(() => expect(feed.state.value).toEqual([]));
    feed.take('email', email('mine'));
    expect(feed.state.value).toEqual(['mine']);
  });

  it('listens until the last follower has gone', () => {
    const { events, feed } = setUp();
    const first = feed.follow();
    const second = feed.follow();
    const all = events.listening;
    first();
    expect(events.listening).toBe(all);
    second();
    expect(events.listening).toBe(0);
  });
});
