import { computed, signal } from '@preact/signals';
import { parseRoute } from './address.ts';

export { conversationHash, inboxHash, messageHash, type Route } from './address.ts';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

/** Where the page is now. */
export const route = computed(() => parseRoute(hash.value));

/** Goes there; with `replace`, without a step in the browser's history. */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(history.state, '', to);
  else history.pushState(null, '', to);
  hash.value = to;
}
