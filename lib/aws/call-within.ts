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
 * A call that ends when its deadline aborts, with its request and its wait for another attempt. It is
 * over when this settles: Lambda freezes what a handler leaves under way, and the next invocation
 * would find it half done.
 *
 * @param call Sends a command of a client of aws-clients.ts, without options.
 * @throws The deadline's reason if the call ended because of it; otherwise the error of the call.
 */
export async function callWithin<Output>(
  deadline: AbortSignal | undefined,
  call: () => Promise<Output>,
): Promise<Output> {
  if (!deadline) return call();
  deadline.throwIfAborted();
  const abort: CallAbort = { aborted: false, onabort: null };
  const forget = onAbort(deadline, () => {
    abort.aborted = true;
    abort.onabort?.();
  });
  try {
    return await current.run(abort, call);
  } catch (error) {
    // The socket of a request that was ended closes in the next turn of the event loop.
    if (abort.aborted) await new Promise(setImmediate);
    throw isAbortError(error) ? deadline.reason : error;
  } finally {
    forget();
  }
}

/**
 * Waits between two attempts of a call.
 *
 * @throws {DOMException} An `AbortError` as soon as the call has to end.
 */
export async function pauseCall(ms: number): Promise<void> {
  const abort = callAbort();
  if (abort?.aborted) throw abortError();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    if (!abort) return;
    abort.onabort = () => {
      clearTimeout(timer);
      reject(abortError());
    };
  });
}

function abortError(): DOMException {
  return new DOMException('The call was aborted', 'AbortError');
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
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
