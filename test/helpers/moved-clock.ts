import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The clock of this process and its emulators. It can be moved forward, and never stops. */
export interface MovedClock extends Disposable {
  /** Ms by which it is ahead. */
  readonly ahead: number;
  /** Moves it forward to this time, epoch ms. Never back. */
  moveTo(time: number): void;
}

/**
 * Moves only `Date.now`. Timers are not affected.
 *
 * @param file Other processes with `clockOf(file)` in their environment read the clock from it. Without it,
 * their clock is not moved.
 */
export function moveClock(file?: string): MovedClock {
  const now = Date.now;
  let ahead = 0;
  const tell = () => {
    if (file === undefined) return;
    // A process that reads at the same time gets the old or the new time.
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

/** The environment of a Node process with the clock of `moveClock(file)`. */
export function clockOf(file: string): Record<string, string> {
  const preload = fileURLToPath(new URL('moved-process.ts', import.meta.url));
  return { MOVED_CLOCK: file, NODE_OPTIONS: `--import=${preload}` };
}
