import { render } from 'preact';
import './ui/tokens.css';
import './ui/base.css';
import { App } from './app.tsx';
import { connect, disconnect } from './live.ts';
import { restWhenHidden } from './rest-when-hidden.ts';

const root = document.getElementById('console');
if (root) render(<App />, root);
connect();
restWhenHidden(document, disconnect, connect);
