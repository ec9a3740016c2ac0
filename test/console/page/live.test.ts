import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, connection, disconnect, onEvent, stack } from '../../../console/page/live.ts';
import { HIDDEN_MS, restWhenHidden } from '../../../console/page/rest-when-hidden.ts';

/** The browser's, which here says what the test says. */
class FakeEventSource extends EventTarget {
  static opened: FakeEventSource[] = [];
  readonly url: string;
  isOpen = true;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  close(): void {
    this.isOpen = false;
  }

  say(type: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }

  fail(): void {
    this.dispatchEvent(new Event('error'));
  }
}

const latest = () => FakeEventSource.opened.at(-1) as FakeEventSource;
const open = () => FakeEventSource.opened.filter(({ isOpen }) => isOpen).length;

beforeEach(() => {
  FakeEventSource.opened = [];
  vi.stubGlobal('EventSource', FakeEventSource);
  vi.useFakeTimers();
});
afterEach(() => {
  disconnect();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the connection', () => {
  it('is live once the server says what it is', () => {
    connect();
    expect(latest().url).toBe('/_console/api/events');
    expect(connection.value).toBe('connecting');
    latest().say('hello', { name: 'a-stack' });
    expect(connection.value).toBe('live');
    expect(stack.value).toEqual({ name: 'a-stack' });
  });

  it('is one, however often it is asked for', () => {
    connect();
    connect();
    expect(open()).toBe(1);
  });

  it('hands each event over once, to those who listen, whatever connection it comes by', () => {
    const listener = vi.fn();
    const stop = onEvent('timeline', listener);
    connect();
    latest().say('timeline', { message_id: 'a' });
    latest().fail();
    vi.advanceTimersByTime(1_000);
    latest().say('timeline', { message_id: 'b' });
    stop();
    latest().say('timeline', { message_id: 'c' });
    expect(listener.mock.calls).toEqual([[{ message_id: 'a' }], [{ message_id: 'b' }]]);
  });

  it('is lost when it breaks, and tried again after a second', () => {
    connect();
    latest().fail();
    expect([connection.value, open()]).toEqual(['lost', 0]);
    vi.advanceTimersByTime(999);
    expect(open()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(open()).toBe(1);
  });
});

describe('a page out of sight', () => {
  let page: EventTarget & { hidden: boolean };
  const show = (isShown: boolean) => {
    page.hidden = !isShown;
    page.dispatchEvent(new Event('visibilitychange'));
  };
  beforeEach(() => {
    page = Object.assign(new EventTarget(), { hidden: false });
    restWhenHidden(page, disconnect, connect);
    connect();
  });

  it('lets the connection go after a while, and takes it up when it is seen', () => {
    show(false);
    vi.advanceTimersByTime(HIDDEN_MS - 1);
    expect(open()).toBe(1);
    vi.advanceTimersByTime(1);
    expect([connection.value, open()]).toEqual(['connecting', 0]);
    show(true);
    expect(open()).toBe(1);
  });

  it('keeps the connection if it is soon seen again', () => {
    show(false);
    vi.advanceTimersByTime(HIDDEN_MS - 1);
    show(true);
    vi.advanceTimersByTime(HIDDEN_MS);
    expect(FakeEventSource.opened.map(({ isOpen }) => isOpen)).toEqual([true]);
  });

  it('does not try again what broke before', () => {
    show(false);
    vi.advanceTimersByTime(HIDDEN_MS - 500);
    latest().fail();
    vi.advanceTimersByTime(60_000);
    expect(open()).toBe(0);
    show(true);
    expect(open()).toBe(1);
  });
});
