import { computed, effect, signal } from '@preact/signals';
import type { MessageSummary } from '../../protocol.ts';
import { type Finder, searchFinder } from '../../search.ts';
import { onEvent, stack } from '../live.ts';
import { hash, inboxHash, messageHash, type Route, route } from '../route.ts';
import { changed, type Filters, filtersQuery, queryOf, readFilters } from './filters.ts';
import { createInboxStore } from './inbox-store.ts';
import { besides, type Place } from './message-list.ts';
import { keepSelected, selection } from './replay.ts';

/** The list's scroll position, to restore it later. */
export const scrolled = { offset: 0 };

/** The inbox's messages. They stay up to date while other views are shown. */
export const inbox = createInboxStore({
  isReadAtTop: () => scrolled.offset === 0 && selection.peek().size === 0,
});
inbox.follow();
effect(() => keepSelected(inbox.state.value.messages));

/** The filters of the inbox, from the address. */
export const filters = computed<Filters>(() => readFilters(queryIn(route.value)));

// The messages' own events do not tell what a replay has published.
onEvent('replay', ({ replay, isUnderWay }) => {
  const { replay: shownReplay, state } = filters.peek();
  if (!isUnderWay && (replay === shownReplay || state === 'replayed')) inbox.refresh();
});

/** The words to mark in found messages. */
export const finder = computed<Finder | undefined>(() =>
  searchFinder(filters.value.search ?? '', stack.value?.country ?? ''),
);

/** The message that the detail loaded last. The list may not have it. */
export const loaded = signal<MessageSummary | undefined>(undefined);

/** The known facts of the open message. */
export const opened = computed(() => {
  const current = route.value;
  if (current.view !== 'message') return undefined;
  const known = [...inbox.state.value.messages, loaded.value];
  return known.find((message) => message?.message_id === current.id);
});

/** The message at the keyboard's position. */
export const active = signal<Place | undefined>(undefined);

/** The message at the keyboard's position, from the list. */
export function activeMessage(): MessageSummary | undefined {
  const place = active.peek();
  return inbox.state.peek().messages.find(({ message_id }) => message_id === place?.message_id);
}

/** The message to scroll to, after a key or because it was opened elsewhere. */
export const revealed = signal<Place | undefined>(undefined);

/** Whether a key opens a message. It then gets the focus. */
export const opensByKey = { current: false };

/** The part of the address that all messages share. */
export function queryIn(current: Route): URLSearchParams {
  return 'query' in current ? current.query : new URLSearchParams();
}

let shown: string | undefined;

/** Shows the messages that match the filters. */
export function showInbox(asked: Filters): void {
  const key = String(filtersQuery(asked));
  if (key === shown) return;
  shown = key;
  active.value = undefined;
  scrolled.offset = 0;
  inbox.ask(() => queryOf(asked, Date.now()));
}

/** Sets filters; `undefined` removes one. */
export function changeFilters(change: Parameters<typeof changed>[1]): void {
  setFilters(changed(filters.peek(), change));
}

/** Clears the search and all filters. */
export function clearFilters(): void {
  setFilters({});
}

function setFilters(wanted: Filters): void {
  const query = filtersQuery(wanted);
  const current = route.peek();
  const to = current.view === 'message' ? messageHash(current.id, query) : inboxHash(query);
  navigate(to, { replace: true });
}

export function openMessage({ message_id }: Pick<MessageSummary, 'message_id'>): void {
  clearTimeout(following);
  navigate(messageHash(message_id, queryIn(route.peek())));
}

/** While a key is held down, only the last message is opened. */
const FOLLOW_MS = 150;
let following: ReturnType<typeof setTimeout> | undefined;
let lastMove = Number.NEGATIVE_INFINITY;

/** Moves to a message by key, and opens it beside the list. */
export function moveTo(message: MessageSummary): void {
  active.value = message;
  revealed.value = message;
  clearTimeout(following);
  if (!isDetailSeen()) return;
  const now = performance.now();
  const isHeld = now - lastMove < FOLLOW_MS;
  lastMove = now;
  if (isHeld) following = setTimeout(follow, FOLLOW_MS, message);
  else follow(message);
}

/** The browser's history has one entry for all messages that the keys passed. */
function follow({ message_id }: MessageSummary): void {
  const current = route.peek();
  const to = messageHash(message_id, queryIn(current));
  if ('query' in current) navigate(to, { replace: current.view === 'message' });
}

/** Narrow screens show the list or the open message. */
function isDetailSeen(): boolean {
  return route.peek().view !== 'inbox' || matchMedia('(min-width: 900px)').matches;
}

/** Moves to the message before or after the keyboard's position, or first to the newest. */
export function step(to: 'newer' | 'older'): void {
  const { messages } = inbox.state.peek();
  const from = active.peek();
  const message = from ? besides(messages, from)[to] : messages[0];
  if (message) moveTo(message);
}

// The keys continue from a message that was opened in another way.
effect(() => {
  const message = opened.value;
  if (!message || message.message_id === active.peek()?.message_id) return;
  active.value = message;
  revealed.value = message;
});

/** The filters whose only result should be opened. */
let wanted: string | undefined;

/** Opens the message that the search finds, if it finds only one. */
export function openSingleHit(): void {
  wanted = String(filtersQuery(filters.peek()));
  openWanted();
}

function openWanted(): void {
  const { status, messages } = inbox.state.peek();
  if (wanted === undefined || wanted !== shown || status === 'loading') return;
  wanted = undefined;
  const [message] = messages;
  if (message && messages.length === 1) {
    opensByKey.current = true;
    openMessage(message);
  }
}

effect(() => {
  if (inbox.state.value.status !== 'loading') openWanted();
});

export const GRID_ID = 'message-grid';
/** Names what is open. */
export const HEADING_ID = 'detail-heading';

/** Moves the focus to the list of messages, if it is shown. */
export function focusGrid(): void {
  document.getElementById(GRID_ID)?.focus({ preventScroll: true });
}

/** Goes from a message or a conversation to the list, where the keys continue. */
export function backToList(): void {
  clearTimeout(following);
  navigate(inboxHash(queryIn(route.peek())));
  // The list may be hidden until the page is rendered.
  requestAnimationFrame(focusGrid);
}

/** Goes to an address; with `replace`, without an entry in the browser's history. */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(history.state, '', to);
  else history.pushState(null, '', to);
  hash.value = to;
}
