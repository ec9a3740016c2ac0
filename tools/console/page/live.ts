import { signal } from '@preact/signals';
import type { ConsoleEvents, StackInfo } from '../protocol.ts';
import { ApiError, askForEvents } from './api.ts';
import { readEvents } from './event-stream.ts';

type Listener<Name extends keyof ConsoleEvents> = (data: ConsoleEvents[Name]) => void;

/**
 * How the page hears from the server: `connecting` the first time, and after a rest; `lost` while it tries
 * again; `refused` where it has no session, or one of an earlier start.
 */
export const connection = signal<'connecting' | 'live' | 'lost' | 'refused'>('connecting');

/** What the server says it is; of the last connection. */
export const stack = signal<StackInfo | undefined>(undefined);

const listeners = new Map<string, Set<(data: never) => void>>();
/** How long to leave the server alone after it did not answer. */
const RETRY_MS = 1_000;
/** The status of what is refused for want of a session. */
const NO_SESSION = 401;

let connected: AbortController | undefined;
let retrying: ReturnType<typeof setTimeout> | undefined;

/** Calls back for each event of this name, whatever connection it comes by. */
export function onEvent<Name extends keyof ConsoleEvents>(
  name: Name,
  listener: Listener<Name>,
): () => void {
  const set = listeners.get(name) ?? new Set();
  listeners.set(name, set.add(listener));
  return () => void set.delete(listener);
}

/**
 * Connects, and again whenever the connection breaks. Each time the server says `hello`: whoever shows
 * what could have changed meanwhile asks for it then. Does nothing if it is connected.
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

/** Until somebody connects again. */
export function disconnect(): void {
  clearTimeout(retrying);
  connected?.abort();
  connected = undefined;
  connection.value = 'connecting';
}

/** Hands events over until the connection ends. @returns Why it did. */
async function follow(signal: AbortSignal): Promise<'lost' | 'refused'> {
  try {
    await readEvents(await askForEvents(signal), (name, data) => {
      // What was read before somebody disconnected may still come.
      if (!signal.aborted) dispatch(name, data);
    });
    return 'lost';
  } catch (error) {
    return error instanceof ApiError && error.status === NO_SESSION ? 'refused' : 'lost';
  }
}

function dispatch(name: string, text: string): void {
  const set = listeners.get(name);
  if (!set) return;
  const data = JSON.parse(text) as never;
  for (const listener of set) {
    try {
      listener(data);
    } catch (error) {
      // A fault of ours is no broken connection: the browser reports it.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

onEvent('hello', (info) => {
  stack.value = info;
  connection.value = 'live';
});
