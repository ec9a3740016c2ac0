import { render } from 'preact';
import './ui/tokens.css';
import './ui/base.css';
import { App } from './app.tsx';
import { connect } from './live.ts';

const root = document.getElementById('console');
if (root) render(<App />, root);
connect();
