import { render } from 'preact';
// The cascade: a view's stylesheet comes after those that all views share.
import './ui/base.css';
import './ui/controls.css';
import './ui/components.css';
import { SESSION_FRAGMENT, type SessionAnswer, type SessionRequest } from '../stack-protocol.ts';
import { ApiError, ask, keepSession } from './api.ts';
import { App } from './app.tsx';
// After those of the views, which it changes.
import './ui/forced-colors.css';
import './ui/print.css';
import { navigate } from './inbox/inbox.ts';
import { connect, disconnect, restWhenHidden } from './live.ts';
import { hash, inboxHash } from './route.ts';

hash.value = location.hash;
const begun = beginSession();
const root = document.getElementById('console');
if (root) render(<App />, root);
await begun;
restWhenHidden(document, disconnect, connect);
connect();

addEventListener('hashchange', async () => {
  hash.value = location.hash;
  // A URL pasted over the address of this page: the browser loads nothing anew.
  if (!location.hash.startsWith(SESSION_FRAGMENT)) return;
  disconnect();
  await beginSession();
  connect();
});

/**
 * Begins the session of the address, if it has one, and takes it out of the address bar. One that has been
 * used changes nothing: this browser may be the one that used it.
 */
async function beginSession(): Promise<void> {
  const address = location.hash;
  if (!address.startsWith(SESSION_FRAGMENT)) return;
  navigate(inboxHash(), { replace: true });
  const body: SessionRequest = { code: address.slice(SESSION_FRAGMENT.length) };
  try {
    const { secret } = await ask<SessionAnswer>('session', { method: 'POST', body });
    keepSession(secret);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
