import { render } from 'preact';
import './ui/tokens.css';
import './ui/base.css';
import { App } from './app.tsx';
import { connect, disconnect } from './live.ts';
import { restWhenHidden } from './rest-when-hidden.ts';
import { inboxHash, navigate } from './route.ts';
import { keepSession } from './session.ts';

/** The secret goes from the address bar and from the tab's history. @returns Whether there was one. */
function beginSession(): boolean {
  const isBegun = keepSession(location.hash);
  if (isBegun) navigate(inboxHash(), { replace: true });
  return isBegun;
}

beginSession();
// Pasted over the address of this page: the browser loads nothing anew.
addEventListener('hashchange', () => {
  if (!beginSession()) return;
  disconnect();
  connect();
});
const root = document.getElementById('console');
if (root) render(<App />, root);
connect();
restWhenHidden(document, disconnect, connect);
