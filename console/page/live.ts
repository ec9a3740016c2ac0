import { signal } from '@preact/signals';
import { API_PATH, type ConsoleEvents, type StackInfo } from '../protocol.ts';

type Listener<Name extends keyof ConsoleEvents> = (data: ConsoleEvents[Name]) => void;

/** How the page hears from the server. `connecting` the first time, and after a rest; `lost` while it tries again. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting');

/** What the server says it is; of the last connection. */
export const stack = signal<StackInfo | undefined>(undefined);

const listeners = new Map<string, Set<(data: never) => void>>();
/** How long to leave the server alone after it did not answer. */
const RETRY_MS = 1_000;

let source: EventSource | undefined;
let retrying: ReturnType<typeof setTimeout> | undefined;

/** Calls back for each event of this name, whatever connection it comes by. */
export function onEvent<Name extends keyof ConsoleEvents>(
  name: Name,
  listener: Listener<Name>,
): () => void {
  const set = listeners.get(name) ?? new Set();
  listeners.set(name, set.add(listener));
  source?.addEventListener(name, dispatch);
  return () => void set.delete(listener);
}

/**
 * Connects, and again whenever the connection breaks. Each time the server says `hello`: whoever shows
 * what could have changed meanwhile asks for it then. Does nothing if it is connected.
 */
export function connect(): void {
  clearTimeout(retrying);
  if (source) return;
  source = new EventSource(`${API_PATH}events`);
  for (const name of listeners.keys()) source.addEventListener(name, dispatch);
  source.addEventListener('error', () => {
    // Not left to the browser, which gives up when something else than events answers.
    disconnect();
    connection.value = 'lost';
    retrying = setTimeout(connect, RETRY_MS);
  });
}

/** Until somebody connects again. */
export function disconnect(): void {
  clearTimeout(retrying);
  source?.close();
  source = undefined;
  connection.value = 'connecting';
}

/** One function for all, so that adding it twice for a name adds it once. */
function dispatch(event: Event): void {
  const { type, data } = event as MessageEvent;
  for (const listener of listeners.get(type) ?? []) listener(JSON.parse(data) as never);
}

onEvent('hello', (info) => {
  stack.value = info;
  connection.value = 'live';
});
