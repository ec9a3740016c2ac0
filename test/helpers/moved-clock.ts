import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The clock of this process, and so of its emulators, which can be put forward. It never stands still. */
export interface MovedClock extends Disposable {
  /** Ms by which it is ahead. */
  readonly ahead: number;
  /** Moves it on to this time, epoch ms; not back. */
  moveTo(time: number): void;
}

/**
 * Only `Date.now` is moved: timers keep their time.
 *
 * @param file Where other processes that have `clockOf(file)` in their environment read the clock. Without it
 *   they keep their time.
 */
export function moveClock(file?: string): MovedClock {
  const now = Date.now;
  let ahead = 0;
  const tell = () => {
    if (file === undefined) return;
    // A process that reads meanwhile gets one time or the other.
    writeFileSync(`${file}.new`, `${ahead}`);
    renameSync(`${file}.new`, file);
  };
  tell();
  Date.now = () => now() + ahead;
  return {
    get ahead() {
      return ahead;
    },
    moveTo(time) {
      ahead = Math.max(ahead, time - now());
      tell();
    },
    [Symbol.dispose]() {
      Date.now = now;
    },
  };
}

/** The environment of a process of Node that has the clock of `moveClock(file)`. */
export function clockOf(file: string): Record<string, string> {
  const preload = fileURLToPath(new URL('moved-process.ts', import.meta.url));
  return { MOVED_CLOCK: file, NODE_OPTIONS: `--import=${preload}` };
}
