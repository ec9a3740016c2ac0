import { computed, effect, signal } from '@preact/signals';
import type { MessageSummary } from '../../protocol.ts';
import { type Finder, searchFinder } from '../../search.ts';
import { onEvent, stack } from '../live.ts';
import { hash, inboxHash, messageHash, type Route, route } from '../route.ts';
import { changed, type Filters, filtersQuery, queryOf, readFilters } from './filters.ts';
import { createInboxStore } from './inbox-store.ts';
import { besides, type Place } from './message-list.ts';
import { keepSelected, selection } from './replay.ts';

/** How far the list was scrolled, for when one comes back. */
export const scrolled = { offset: 0 };

/** The inbox's messages. They are kept, and kept up to date, while other views are shown. */
export const inbox = createInboxStore({
  isReadAtTop: () => scrolled.offset === 0 && selection.peek().size === 0,
});
inbox.follow();
effect(() => keepSelected(inbox.state.value.messages));

/** What the inbox is narrowed down to: it stands in the address. */
export const filters = computed<Filters>(() => readFilters(queryIn(route.value)));

// What a replay has published is not known by the messages' own news.
onEvent('replay', ({ replay, isUnderWay }) => {
  const { replay: shownReplay, state } = filters.peek();
  if (!isUnderWay && (replay === shownReplay || state === 'replayed')) inbox.refresh();
});

/** What to mark in the messages that a search has found. */
export const finder = computed<Finder | undefined>(() =>
  searchFinder(filters.value.search ?? '', stack.value?.country ?? ''),
);

/** The message that a detail has loaded last: the list may not have it. */
export const loaded = signal<MessageSummary | undefined>(undefined);

/** The message that is open, as far as it is known. */
export const opened = computed(() => {
  const current = route.value;
  if (current.view !== 'message') return undefined;
  const known = [...inbox.state.value.messages, loaded.value];
  return known.find((message) => message?.message_id === current.id);
});

/** The message that the keys are at. */
export const active = signal<Place | undefined>(undefined);

/** The message of the list that the keys are at. */
export function activeMessage(): MessageSummary | undefined {
  const place = active.peek();
  return inbox.state.peek().messages.find(({ message_id }) => message_id === place?.message_id);
}

/** The message that the list is to scroll to: the keys have gone to it, or it was opened elsewhere. */
export const revealed = signal<Place | undefined>(undefined);

/** Whether a message is being opened by key: then the focus goes to it. */
export const opensByKey = { current: false };

/** The part of the address that goes along from message to message. */
export function queryIn(current: Route): URLSearchParams {
  return 'query' in current ? current.query : new URLSearchParams();
}

let shown: string | undefined;

/** Shows what the filters let through. */
export function showInbox(asked: Filters): void {
  const key = String(filtersQuery(asked));
  if (key === shown) return;
  shown = key;
  active.value = undefined;
  scrolled.offset = 0;
  inbox.ask(() => queryOf(asked, Date.now()));
}

/** Narrows the inbox down, or opens it up: `undefined` takes a filter away. */
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

/** Keys that are held down come faster: only where they stop is a message opened. */
const FOLLOW_MS = 150;
let following: ReturnType<typeof setTimeout> | undefined;
let lastMove = Number.NEGATIVE_INFINITY;

/** To a message by key. What is beside the list follows. */
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

/** The browser's history has one step for all messages that one went through. */
function follow({ message_id }: MessageSummary): void {
  const current = route.peek();
  const to = messageHash(message_id, queryIn(current));
  if ('query' in current) navigate(to, { replace: current.view === 'message' });
}

/** On narrow screens the list is seen, or what is open. */
function isDetailSeen(): boolean {
  return route.peek().view !== 'inbox' || matchMedia('(min-width: 900px)').matches;
}

/** To the message before or after the one that the keys are at; to the newest at first. */
export function step(to: 'newer' | 'older'): void {
  const { messages } = inbox.state.peek();
  const from = active.peek();
  const message = from ? besides(messages, from)[to] : messages[0];
  if (message) moveTo(message);
}

// The keys go on from what was opened in any other way.
effect(() => {
  const message = opened.value;
  if (!message || message.message_id === active.peek()?.message_id) return;
  active.value = message;
  revealed.value = message;
});

/** The filters whose only message is to be opened when it is found. */
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

/** To the list of messages, if it is there. */
export function focusGrid(): void {
  document.getElementById(GRID_ID)?.focus({ preventScroll: true });
}

/** From a message or a conversation to the list, where the keys go on. */
export function backToList(): void {
  clearTimeout(following);
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
