/**
 * Signals that abort one after the other as an invocation's time runs out. Pass one to a call as its
 * `deadline`.
 */
export type Deadlines<Name extends string> = Readonly<Record<Name, AbortSignal>> & Disposable;

/**
 * Starts the deadlines of an invocation. Dispose of them when it ends. A timer that is left would be frozen
 * with the sandbox and fire in a later invocation. `AbortSignal.timeout` cannot be ended.
 *
 * @param remainingMs The time that the function has left.
 * @param reserveMs The time that must be left when each signal aborts.
 */
export function startDeadlines<Name extends string>(
  remainingMs: number,
  reserveMs: Readonly<Record<Name, number>>,
): Deadlines<Name> {
  const timers: NodeJS.Timeout[] = [];
  const signals = {} as Record<Name, AbortSignal>;
  for (const name in reserveMs) {
    const controller = new AbortController();
    const abort = () =>
      controller.abort(new DOMException('The time of the invocation is over', 'TimeoutError'));
    timers.push(setTimeout(abort, Math.max(0, remainingMs - reserveMs[name])));
    signals[name] = controller.signal;
  }
  return Object.assign(signals, {
    [Symbol.dispose]: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  });
}
