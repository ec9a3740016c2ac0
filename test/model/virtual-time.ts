import type { Invocation } from './lambda.ts';
import { currentInvocation } from './lambda.ts';

export interface Timer {
  readonly at: number;
  readonly fire: () => void;
  /** The invocation whose code started it, if any. It fires only while that sandbox is awake. */
  readonly invocation: Invocation | undefined;
  /** May be left behind when a handler returns, as an unreferenced timer. */
  isBackground: boolean;
  /** It was started by `setImmediate`. */
  readonly isImmediate?: boolean;
}

/** The time of one schedule, which moves only when the schedule says so. */
export class VirtualTime {
  now = 1_700_000_000_000;
  readonly #timers = new Set<Timer>();

  start(ms: number, fire: () => void, invocation?: Invocation, isBackground = false): Timer {
    const timer = { at: this.now + Math.max(0, ms), fire, invocation, isBackground };
    this.#timers.add(timer);
    return timer;
  }

  startImmediate(fire: () => void, invocation: Invocation): void {
    const timer = { at: this.now, fire, invocation, isBackground: false, isImmediate: true };
    this.#timers.add(timer);
  }

  /** A timer that is due at once, if any. */
  takeImmediate(): Timer | undefined {
    for (const timer of this.#timers) {
      if (!timer.isImmediate || !timer.invocation?.sandbox.isAwake) continue;
      this.#timers.delete(timer);
      return timer;
    }
    return undefined;
  }

  stop(timer: Timer): void {
    this.#timers.delete(timer);
  }

  /** When the next timer is due that can fire. */
  get nextAt(): number | undefined {
    return this.#next()?.at;
  }

  /** The next timer that is due until then, if any. The time moves there. */
  takeDue(until: number): Timer | undefined {
    const next = this.#next();
    if (!next || next.at > until) return undefined;
    this.now = Math.max(this.now, next.at);
    this.#timers.delete(next);
    return next;
  }

  /** The running timers of an invocation. */
  timersOf(invocation: Invocation): Timer[] {
    return [...this.#timers].filter((timer) => timer.invocation === invocation);
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.invocation?.sandbox.isAwake === false) continue;
      if (!next || timer.at < next.at) next = timer;
    }
    return next;
  }
}

/**
 * Gives the code of invocations virtual timers, until it is disposed of. Other code keeps the real ones.
 *
 * @param keepsTimers A defect: `clearTimeout` clears none of them.
 */
export function installVirtualTimers({ keepsTimers = false } = {}): Disposable {
  const real = { setTimeout, clearTimeout, setImmediate };
  const realTimeout = AbortSignal.timeout;
  const virtualSetTimeout = (fire: () => void, ms = 0) => {
    const invocation = currentInvocation();
    if (!invocation) return real.setTimeout(fire, ms);
    const timer = invocation.time.start(ms, fire, invocation);
    const handle = {
      timer,
      stop: () => invocation.time.stop(timer),
      ref: () => handle,
      unref: () => {
        timer.isBackground = true;
        return handle;
      },
      [Symbol.dispose]: () => invocation.time.stop(timer),
    };
    return handle;
  };
  const virtualSetImmediate = (fire: () => void) => {
    const invocation = currentInvocation();
    if (!invocation) return real.setImmediate(fire);
    return invocation.time.startImmediate(fire, invocation);
  };
  const virtualClearTimeout = (handle: unknown) => {
    const { stop } = (handle ?? {}) as { stop?: () => void };
    if (stop && keepsTimers) return;
    if (stop) stop();
    else real.clearTimeout(handle as Parameters<typeof clearTimeout>[0]);
  };
  const virtualTimeout = (ms: number) => {
    const invocation = currentInvocation();
    if (!invocation) return realTimeout(ms);
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException('Time is up', 'TimeoutError'));
    invocation.time.start(ms, abort, invocation, true);
    return controller.signal;
  };
  const put = (timers: object, timeout: (ms: number) => AbortSignal) => {
    Object.assign(globalThis, timers);
    AbortSignal.timeout = timeout;
  };
  const virtual = {
    setTimeout: virtualSetTimeout,
    clearTimeout: virtualClearTimeout,
    setImmediate: virtualSetImmediate,
  };
  put(virtual, virtualTimeout);
  return { [Symbol.dispose]: () => put(real, realTimeout) };
}
