import { signal } from '@preact/signals';
import type { ConsoleEvents, StackInfo } from '../protocol.ts';
import { ApiError, request } from './api.ts';

/**
 * How the page hears from the server: `connecting` the first time, and after a rest; `lost` while it tries
 * again; `refused` where it has no session, or one of an earlier start.
 */
export const connection = signal<'connecting' | 'live' | 'lost' | 'refused'>('connecting');

/** What the server says it is; of the last connection. */
export const stack = signal<StackInfo | undefined>(undefined);

/** How long to leave the server alone after it did not answer. */
const RETRY_MS = 1_000;
/** The status of what is refused for want of a session. */
const NO_SESSION = 401;

/** A listener that throws neither breaks the connection nor keeps the event from the others. */
const events = new EventTarget();
let connected: AbortController | undefined;
let retrying: ReturnType<typeof setTimeout> | undefined;

/** Calls back for each event of this name, on every connection. @returns A function that ends it. */
export function onEvent<Name extends keyof ConsoleEvents>(
  name: Name,
  listener: (data: ConsoleEvents[Name]) => void,
): () => void {
  const hear = (event: Event) => listener((event as CustomEvent<ConsoleEvents[Name]>).detail);
  events.addEventListener(name, hear);
  return () => events.removeEventListener(name, hear);
}

/**
 * Connects, and again whenever the connection breaks. Each time the server says `hello`, and
 * the views then load anew what may have changed. Does nothing if it is connected.
 */
export function connect(): void {
  clearTimeout(retrying);
  if (connected) return;
  const mine = new AbortController();
  connected = mine;
  void follow(mine.signal).then((end) => {
    if (connected !== mine) return;
    disconnect();
    connection.value = end;
    if (end === 'lost') retrying = setTimeout(connect, RETRY_MS);
  });
}

/** Disconnects, until {@link connect} is called. */
export function disconnect(): void {
  clearTimeout(retrying);
  connected?.abort();
  connected = undefined;
  connection.value = 'connecting';
}

/** Hands events over until the connection ends. @returns Why it did. */
async function follow(ended: AbortSignal): Promise<'lost' | 'refused'> {
  try {
    const { body } = await request('events', { signal: ended });
    if (!body) return 'lost';
    await readEvents(body, (name, data) => {
      // What was read before somebody disconnected may still come.
      if (ended.aborted) return;
      events.dispatchEvent(new CustomEvent(name, { detail: JSON.parse(data) }));
    });
    return 'lost';
  } catch (error) {
    return error instanceof ApiError && error.status === NO_SESSION ? 'refused' : 'lost';
  }
}

/**
 * Reads the events that the console's server sends, until it ends: each has a name and one line of data.
 * The browser's own `EventSource` cannot send a header, and so no session.
 *
 * @throws {Error} If the connection breaks.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (name: string, data: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      // Anything else is a comment, which keeps the connection alive.
      if (name !== undefined && data !== undefined) onEvent(name, data);
    }
  }
}

/** How long a page must be out of sight to be left alone, ms. */
export const HIDDEN_MS = 30_000;
/** The tabs of this origin tell each other here that they need a connection. */
export const TABS_CHANNEL = 'inbound-sms-tabs';

/** The part of a document that tells whether somebody sees it. */
type Sight = EventTarget & { readonly hidden: boolean };

/**
 * Stops what a page that nobody sees should not go on with, and takes it up when somebody does: a tab
 * that was forgotten would go on reading the table. A browser has six connections for all tabs of a host
 * (HTTP/1.1). So a page that is opened or seen makes those that nobody sees stop at once.
 */
export function restWhenHidden(page: Sight, stop: () => void, resume: () => void): void {
  const tabs = new BroadcastChannel(TABS_CHANNEL);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restLater = () => {
    timer = setTimeout(stop, HIDDEN_MS);
  };
  tabs.addEventListener('message', () => {
    if (page.hidden) stop();
  });
  page.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (page.hidden) return restLater();
    tabs.postMessage('seen');
    resume();
  });
  tabs.postMessage('opened');
  if (page.hidden) restLater();
}

onEvent('hello', (info) => {
  stack.value = info;
  connection.value = 'live';
});
