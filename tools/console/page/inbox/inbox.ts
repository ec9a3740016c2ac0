import { computed, effect, signal } from '@preact/signals';
import type { MessageSummary } from '../../protocol.ts';
import { hash, inboxHash, messageHash, type Route, route } from '../route.ts';
import { changed, type Filters, filtersQuery, queryOf, readFilters } from './filters.ts';
import { createInboxStore } from './inbox-store.ts';
import type { Place } from './message-list.ts';
import { keepSelected } from './replay.ts';

/** The inbox's messages. They are kept, and kept up to date, while other views are shown. */
export const inbox = createInboxStore();
inbox.follow();
effect(() => keepSelected(inbox.state.value.messages));

/** What the inbox is narrowed down to: it stands in the address. */
export const filters = computed<Filters>(() => readFilters(queryIn(route.value)));

/** The message that the arrow keys are at. */
export const active = signal<Place | undefined>(undefined);

/** How far the list was scrolled, for when one comes back. */
export const scrolled = { offset: 0 };

/** Whether a message is being opened by key: then the focus goes to it. */
export const opensByKey = { current: false };

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
}

/** Narrows the inbox down, or opens it up: `undefined` takes a filter away. */
export function changeFilters(change: Parameters<typeof changed>[1]): void {
  setFilters(changed(filters.peek(), change));
}

/** Clears all filters but the search. */
export function clearFilters(): void {
  setFilters(changed({}, { search: filters.peek().search }));
}

function setFilters(wanted: Filters): void {
  const query = filtersQuery(wanted);
  const current = route.peek();
  const to = current.view === 'message' ? messageHash(current.id, query) : inboxHash(query);
  navigate(to, { replace: true });
}

export function openMessage({ message_id }: Pick<MessageSummary, 'message_id'>): void {
  navigate(messageHash(message_id, queryIn(route.peek())));
}

export const GRID_ID = 'message-grid';

/** To the list of messages, if it is there. */
export function focusGrid(): void {
  document.getElementById(GRID_ID)?.focus({ preventScroll: true });
}

/** From a message or a conversation to the list, where the keys go on. */
export function backToList(): void {
  navigate(inboxHash(queryIn(route.peek())));
  // It may be hidden until the page has been brought up to date.
  requestAnimationFrame(focusGrid);
}

/** Goes there; with `replace`, without a step in the browser's history. */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(history.state, '', to);
  else history.pushState(null, '', to);
  hash.value = to;
}
