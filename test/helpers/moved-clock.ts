/** The clock of this process, and so of its emulators, which can be put forward. It never stands still. */
export interface MovedClock extends Disposable {
  /** Ms by which it is ahead. */
  readonly ahead: number;
  /** Moves it on to this time, epoch ms; not back. */
  moveTo(time: number): void;
}

/** Only `Date.now` is moved, which the emulators ask: timers and other processes keep their time. */
export function moveClock(): MovedClock {
  const now = Date.now;
  let ahead = 0;
  Date.now = () => now() + ahead;
  return {
    get ahead() {
      return ahead;
    },
    moveTo(time) {
      ahead = Math.max(ahead, time - now());
    },
    [Symbol.dispose]() {
      Date.now = now;
    },
  };
}
