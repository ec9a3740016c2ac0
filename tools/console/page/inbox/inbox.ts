import { computed, signal } from '@preact/signals';
import type { MessageSummary } from '../../protocol.ts';
import { ApiError, ask } from '../api.ts';
import { connection, onEvent, stack } from '../live.ts';
import { hash, inboxHash, messageHash, type Route, route } from '../route.ts';
import { changed, type Filters, filtersQuery, queryOf, readFilters } from './filters.ts';
import type { Place } from './message-list.ts';
import { createMessageStore, type MessageStore } from './message-store.ts';

/** A list of messages out of this server. */
export function createServerStore(): MessageStore {
  return createMessageStore({
    // Events come after the first `hello`, which says it.
    country: () => stack.peek()?.country ?? '',
    load: (query, signal) => ask('messages', { query, signal }),
    mayPass: (error) => error instanceof ApiError && (error.status === 0 || error.status >= 500),
  });
}

/** The inbox's messages. They are kept while other views are shown. */
export const inbox = createServerStore();

onEvent('hello', inbox.refresh);
onEvent('message', inbox.take);

/** What the inbox is narrowed down to: it stands in the address. */
export const filters = computed<Filters>(() => readFilters(queryIn(route.value)));

/** The message that the arrow keys are at. */
export const active = signal<Place | undefined>(undefined);

/** How far the list was scrolled, for when one comes back. */
export const scrolled = { offset: 0 };

/** The part of the address that goes along from message to message. */
export function queryIn(current: Route): URLSearchParams {
  return 'query' in current ? current.query : new URLSearchParams();
}

let shown: string | undefined;

/** Shows what the filters let through. */
export function showInbox(wanted: Filters): void {
  const key = String(filtersQuery(wanted));
  if (key === shown) return;
  shown = key;
  active.value = undefined;
  scrolled.offset = 0;
  inbox.ask(() => queryOf(wanted, Date.now()));
  // Before that, `hello` does it.
  if (connection.peek() !== 'connecting') inbox.refresh();
}

/** Narrows the inbox down, or opens it up: `undefined` takes a filter away. */
export function changeFilters(change: Parameters<typeof changed>[1]): void {
  const query = filtersQuery(changed(filters.peek(), change));
  const current = route.peek();
  const to = current.view === 'message' ? messageHash(current.id, query) : inboxHash(query);
  navigate(to, { replace: true });
}

export function openMessage({ message_id }: Pick<MessageSummary, 'message_id'>): void {
  navigate(messageHash(message_id, queryIn(route.peek())));
}

/** From a message or a conversation to the list. */
export function backToList(): void {
  navigate(inboxHash(queryIn(route.peek())));
}

/** Goes there; with `replace`, without a step in the browser's history. */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(history.state, '', to);
  else history.pushState(null, '', to);
  hash.value = to;
}
