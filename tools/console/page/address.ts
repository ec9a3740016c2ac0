/** Where one is in the page. The query belongs to the inbox: its filters. */
export type Route =
  | { readonly view: 'inbox'; readonly query: URLSearchParams }
  | { readonly view: 'message'; readonly id: string; readonly query: URLSearchParams }
  | {
      readonly view: 'conversation';
      readonly from: string;
      readonly to: string;
      readonly query: URLSearchParams;
    }
  | { readonly view: 'send' | 'chaos' | 'subscribers' | 'activity' }
  | { readonly view: 'unknown' };

/**
 * Reads a hash: `#/messages/ID?search=…`. What came before the page knew hashes (`''`) is the inbox.
 *
 * @returns `unknown` for what leads nowhere.
 */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = split(hash.replace(/^#/, ''));
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
  const isLab = view === 'send' || view === 'chaos' || view === 'subscribers';
  if ((isLab || view === 'activity') && parts.length === 1) return { view };
  return { view: 'unknown' };
}

/** At the first question mark. */
function split(text: string): [string, string] {
  const at = text.indexOf('?');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function withQuery(path: string, query?: URLSearchParams): string {
  const search = query ? String(query) : '';
  return search ? `${path}?${search}` : path;
}

/** The inbox; with its filters, if they are given. */
export function inboxHash(query?: URLSearchParams): string {
  return withQuery('#/', query);
}

/** A message, beside the inbox with these filters. */
export function messageHash(id: string, query?: URLSearchParams): string {
  return withQuery(`#/messages/${encodeURIComponent(id)}`, query);
}

/** All messages from one number to another. */
export function conversationHash(from: string, to: string, query?: URLSearchParams): string {
  const path = `#/conversations/${encodeURIComponent(from)}/${encodeURIComponent(to)}`;
  return withQuery(path, query);
}
