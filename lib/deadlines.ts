import type { Deadlines } from './delivery.ts';

/** Of the function's time, ms: what is left when work must be over, and when cleaning up must be. */
const RESERVE = { work: 3_000, cleanUp: 1_000 };

/**
 * The deadlines of an invocation. `AbortSignal.timeout` would keep each signal for
 * seconds after its message is done.
 *
 * @param remainingMs What is left of the function's time.
 * @returns The deadlines, and how to end their timers.
 */
export function startDeadlines(
  remainingMs: number,
): Required<Deadlines> & { readonly end: () => void } {
  const work = abortIn(remainingMs - RESERVE.work);
  const cleanUp = abortIn(remainingMs - RESERVE.cleanUp);
  return {
    work: work.signal,
    cleanUp: cleanUp.signal,
    end: () => {
      clearTimeout(work.timer);
      clearTimeout(cleanUp.timer);
    },
  };
}

function abortIn(ms: number) {
  const controller = new AbortController();
  const abort = () =>
    controller.abort(new DOMException('The time of the request is over', 'TimeoutError'));
  return { signal: controller.signal, timer: setTimeout(abort, Math.max(0, ms)) };
}
