import { computed, signal } from '@preact/signals';

/** Where one is in the page. The query belongs to the inbox: its filters. `asked` has those of the requests. */
export type Route =
  | { readonly view: 'inbox'; readonly query: URLSearchParams }
  | { readonly view: 'message'; readonly id: string; readonly query: URLSearchParams }
  | {
      readonly view: 'conversation';
      readonly from: string;
      readonly to: string;
      readonly query: URLSearchParams;
    }
  | {
      readonly view: 'requests';
      /** The one that is open. */
      readonly id: string | undefined;
      readonly asked: URLSearchParams;
    }
  | { readonly view: 'send' | 'chaos' | 'subscribers' | 'activity' | 'stack' }
  | { readonly view: 'unknown' };

/** The hash of the address: main.tsx keeps it as the browser has it. */
export const hash = signal('');

/** Where the page is now. */
export const route = computed(() => parseRoute(hash.value));

/**
 * Reads a hash: `#/messages/ID?search=…`. An empty one is the inbox.
 *
 * @returns `unknown` for what leads nowhere.
 */
export function parseRoute(text: string): Route {
  const [, path = '', search = ''] = /^#?([^?]*)\??(.*)$/s.exec(text) ?? [];
  const query = new URLSearchParams(search);
  let parts: string[];
  try {
    parts = path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return { view: 'unknown' };
  }
  const [view = '', first = '', second = ''] = parts;
  if (view === '' && parts.length <= 1) return { view: 'inbox', query };
  if (view === 'messages' && first && parts.length === 2) {
    return { view: 'message', id: first, query };
  }
  if (view === 'conversations' && parts.length === 3) {
    return { view: 'conversation', from: first, to: second, query };
  }
  if (view === 'requests' && parts.length <= 2 && (first || parts.length === 1)) {
    return { view, id: first || undefined, asked: query };
  }
  const isLab = view === 'send' || view === 'chaos' || view === 'subscribers';
  if ((isLab || view === 'activity' || view === 'stack') && parts.length === 1) return { view };
  return { view: 'unknown' };
}

/** The inbox; with its filters, if they are given. */
export function inboxHash(query?: URLSearchParams): string {
  return hashOf([''], query);
}

/** A message, beside the inbox with these filters. */
export function messageHash(id: string, query?: URLSearchParams): string {
  return hashOf(['messages', id], query);
}

/** All messages from one number to another. */
export function conversationHash(from: string, to: string, query?: URLSearchParams): string {
  return hashOf(['conversations', from, to], query);
}

/** The refused requests with these filters; and one that is open. */
export function requestsHash(id?: string, query?: URLSearchParams): string {
  return hashOf(['requests', ...(id === undefined ? [] : [id])], query);
}

function hashOf(parts: readonly string[], query?: URLSearchParams): string {
  const path = `#/${parts.map(encodeURIComponent).join('/')}`;
  return query?.size ? `${path}?${query}` : path;
}
