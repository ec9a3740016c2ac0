import { signal } from '@preact/signals';
import { ago, exactTime, fullTime, second, shortTime } from './format.ts';
import { isPrinting } from './printing.ts';

const TICK_MS = 5_000;

/** The current time, updated often enough for `3 min ago`. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);

const FORMATS = { short: shortTime, exact: exactTime, full: fullTime, second, ago };

/** On paper every time has its day: it is read on another one. */
const PRINTED = {
  short: 'second',
  exact: 'full',
  full: 'full',
  second: 'second',
  ago: 'second',
} as const;

interface TimeProps {
  /** Epoch ms. */
  readonly at: number;
  /** Each of them is a function of format.ts. */
  readonly as?: keyof typeof FORMATS;
}

export function Time({ at, as = 'short' }: TimeProps) {
  const format = FORMATS[isPrinting.value ? PRINTED[as] : as];
  return (
    <time class="figures" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {format(at, now.value)}
    </time>
  );
}
