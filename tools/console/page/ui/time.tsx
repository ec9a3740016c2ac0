import { signal } from '@preact/signals';
import { ago, exactTime, fullTime, second, shortTime } from './format.ts';

const TICK_MS = 5_000;

/** The current time, updated often enough for `3 min ago`. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);

const FORMATS = { short: shortTime, exact: exactTime, full: fullTime, second, ago };

interface TimeProps {
  /** Epoch ms. */
  readonly at: number;
  /** Each of them is a function of format.ts. */
  readonly as?: keyof typeof FORMATS;
}

export function Time({ at, as = 'short' }: TimeProps) {
  return (
    <time class="figures" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {FORMATS[as](at, now.value)}
    </time>
  );
}
