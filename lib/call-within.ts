import { AsyncLocalStorage } from 'node:async_hooks';

/** What a request under way is told when its call has to end: the SDK's handler sets `onabort`. */
export interface CallAbort {
  aborted: boolean;
  onabort: (() => void) | null;
}

const current = new AsyncLocalStorage<CallAbort>();

/** What the call under way in this context is aborted by; none outside of {@link callWithin}. */
export function callAbort(): CallAbort | undefined {
  return current.getStore();
}

/**
 * A call that ends when the signal aborts, and its request with it. The SDK itself looks at the
 * signal only while a request is under way, not while it waits between two attempts.
 *
 * @param call Sends a command of a client of aws-clients.ts, without options.
 * @throws The signal's reason once it has aborted; whatever the call throws otherwise.
 */
export async function callWithin<Output>(
  signal: AbortSignal | undefined,
  call: () => Promise<Output>,
): Promise<Output> {
  if (!signal) return call();
  signal.throwIfAborted();
  const abort: CallAbort = { aborted: false, onabort: null };
  const aborted = Promise.withResolvers<never>();
  const forget = onAbort(signal, () => {
    abort.aborted = true;
    aborted.reject(signal.reason);
    abort.onabort?.();
  });
  try {
    return await Promise.race([current.run(abort, call), aborted.promise]);
  } finally {
    forget();
  }
}

type Listener = () => void;

const listenersOf = new WeakMap<AbortSignal, Set<Listener>>();

/**
 * As one event listener, however many calls a signal ends: the calls of a sweep share theirs, and
 * each listener that is added to an event target is compared with all that are there.
 *
 * @returns Takes the listener away.
 */
function onAbort(signal: AbortSignal, listener: Listener): () => void {
  const listeners = listenersOf.get(signal) ?? listenTo(signal);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function listenTo(signal: AbortSignal): Set<Listener> {
  const listeners = new Set<Listener>();
  listenersOf.set(signal, listeners);
  const tellAll = () => {
    for (const listener of listeners) listener();
  };
  signal.addEventListener('abort', tellAll);
  return listeners;
}
