import { render } from 'preact';
// The cascade: a view's stylesheet comes after those that all views share.
import './ui/base.css';
import './ui/controls.css';
import './ui/components.css';
import { App } from './app.tsx';
import { beginSession, beginsSession } from './begin-session.ts';
import { connect, disconnect } from './live.ts';
import { restWhenHidden } from './rest-when-hidden.ts';

const root = document.getElementById('console');
const begun = beginSession(location.hash);
if (root) render(<App />, root);
await begun;
connect();
restWhenHidden(document, disconnect, connect);

// Pasted over the address of this page: the browser loads nothing anew.
addEventListener('hashchange', async () => {
  const { hash } = location;
  if (!beginsSession(hash)) return;
  disconnect();
  await beginSession(hash);
  connect();
});
