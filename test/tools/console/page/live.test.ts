import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  connect,
  connection,
  disconnect,
  HIDDEN_MS,
  onEvent,
  readEvents,
  restWhenHidden,
  stack,
  TABS_CHANNEL,
} from '../../../../tools/console/page/live.ts';

/** A request for events, which is answered as the test says. */
class Asked {
  static all: Asked[] = [];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer = Promise.withResolvers<Response>();
  isOpen = true;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(url: string, { headers = {}, signal }: RequestInit) {
    this.url = url;
    this.headers = headers as Record<string, string>;
    signal?.addEventListener('abort', () => this.fail());
    Asked.all.push(this);
  }

  async say(type: string, data: unknown): Promise<void> {
    if (!this.#body) {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          this.#body = controller;
        },
      });
      this.answer.resolve(new Response(body));
    }
    const text = `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
    if (this.isOpen) this.#body?.enqueue(new TextEncoder().encode(text));
    await settled();
  }

  async refuse(status: number): Promise<void> {
    this.isOpen = false;
    this.answer.resolve(Response.json({ title: 'No' }, { status }));
    await settled();
  }

  /** The server ends the stream. */
  async end(): Promise<void> {
    this.isOpen = false;
    this.#body?.close();
    await settled();
  }

  /** The connection breaks. */
  async fail(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    const error = new TypeError('network error');
    this.answer.reject(error);
    this.#body?.error(error);
    await settled();
  }
}

/** Until what has come is handed over. */
const settled = () => vi.advanceTimersByTimeAsync(0);
const latest = () => Asked.all.at(-1) as Asked;
const open = () => Asked.all.filter(({ isOpen }) => isOpen).length;

beforeEach(() => {
  Asked.all = [];
  vi.stubGlobal(
    'fetch',
    (url: string, options: RequestInit) => new Asked(url, options).answer.promise,
  );
  vi.useFakeTimers();
});
afterEach(async () => {
  disconnect();
  await settled();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the connection', () => {
  it('is live once the server says what it is', async () => {
    connect();
    expect(latest().url).toBe('/_console/api/events');
    expect(connection.value).toBe('connecting');
    await latest().say('hello', { name: 'a-stack' });
    expect(connection.value).toBe('live');
    expect(stack.value).toEqual({ name: 'a-stack' });
  });

  it('is one, however often it is asked for', () => {
    connect();
    connect();
    expect(open()).toBe(1);
  });

  it('hands each event over once, to those who listen, whatever connection it comes by', async () => {
    const listener = vi.fn();
    const stop = onEvent('timeline', listener);
    connect();
    await latest().say('timeline', { message_id: 'a' });
    await latest().fail();
    await vi.advanceTimersByTimeAsync(1_000);
    await latest().say('timeline', { message_id: 'b' });
    stop();
    await latest().say('timeline', { message_id: 'c' });
    expect(listener.mock.calls).toEqual([[{ message_id: 'a' }], [{ message_id: 'b' }]]);
  });

  it.each([
    ['it breaks', () => latest().fail()],
    [
      'the server ends it',
      async () => {
        await latest().say('hello', {});
        await latest().end();
      },
    ],
    ['the server fails', () => latest().refuse(500)],
  ])('is lost when %s, and tried again after a second', async (_, break_) => {
    connect();
    await break_();
    expect([connection.value, open()]).toEqual(['lost', 0]);
    await vi.advanceTimersByTimeAsync(999);
    expect(open()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(open()).toBe(1);
  });

  it('is not tried again without a session, until somebody asks', async () => {
    connect();
    await latest().refuse(401);
    expect(connection.value).toBe('refused');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open()).toBe(0);
    connect();
    await latest().say('hello', {});
    expect(connection.value).toBe('live');
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
    expect(Asked.all.map(({ isOpen }) => isOpen)).toEqual([true]);
  });

  it('lets the connection go if it was never seen', () => {
    const unseen = Object.assign(new EventTarget(), { hidden: true });
    restWhenHidden(unseen, disconnect, connect);
    vi.advanceTimersByTime(HIDDEN_MS);
    expect(open()).toBe(0);
    // Otherwise it would rest again at the messages of the tests that follow.
    unseen.hidden = false;
  });

  it('lets the connection go at once if another tab needs one, and only then', async () => {
    const other = new BroadcastChannel(TABS_CHANNEL);
    onTestFinished(() => other.close());
    const heard = vi.fn();
    const listener = new BroadcastChannel(TABS_CHANNEL);
    listener.addEventListener('message', heard);
    onTestFinished(() => listener.close());
    other.postMessage('opened');
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
    expect(open()).toBe(1);
    show(false);
    other.postMessage('seen');
    await vi.waitFor(() => expect(open()).toBe(0));
    show(true);
    expect(open()).toBe(1);
  });

  it('does not try again what broke before', async () => {
    show(false);
    vi.advanceTimersByTime(HIDDEN_MS - 500);
    await latest().fail();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open()).toBe(0);
    show(true);
    expect(open()).toBe(1);
  });
});

const TEXT = [
  'event: hello\ndata: {"name":"Größe 👋"}\n\n',
  ':\n\n',
  'event: timeline\ndata: {"message_id":"event: x"}\n\n',
].join('');
const EVENTS = [
  ['hello', '{"name":"Größe 👋"}'],
  ['timeline', '{"message_id":"event: x"}'],
];

/** What is read of these bytes, as they come. */
async function read(...chunks: readonly Uint8Array[]): Promise<[string, string][]> {
  const events: [string, string][] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  await readEvents(body, (...event) => events.push(event));
  return events;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the reader of events', () => {
  it('hands over each event, and no comment', async () => {
    expect(await read(bytes(TEXT))).toEqual(EVENTS);
  });

  it('does so wherever the network cuts them, be it in a letter', async () => {
    const all = bytes(TEXT);
    for (let at = 0; at <= all.length; at++) {
      expect(await read(all.slice(0, at), all.slice(at)), `at ${at}`).toEqual(EVENTS);
    }
    expect(await read(...[...all].map((byte) => Uint8Array.of(byte)))).toEqual(EVENTS);
  });

  it('leaves out what was cut off at the end', async () => {
    expect(await read(bytes(TEXT.slice(0, -1)))).toEqual(EVENTS.slice(0, 1));
  });

  it('fails when the connection breaks', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new TypeError('network error')),
    });
    await expect(readEvents(body, () => {})).rejects.toThrow('network error');
  });
});
