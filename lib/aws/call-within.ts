import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<AbortSignal>();

/** The deadline of the current call. Undefined outside of {@link callWithin}. */
export function callAbort(): AbortSignal | undefined {
  return current.getStore();
}

/**
 * Makes a call that ends when its deadline aborts. Its request and its pause between attempts end, too,
 * before this settles. Otherwise Lambda would freeze them, and the next invocation would find them half
 * done.
 *
 * @param call Sends a command of a client of aws-clients.ts, without options.
 * @throws The deadline's reason if the deadline ended the call; otherwise the call's error.
 */
export async function callWithin<Output>(
  deadline: AbortSignal | undefined,
  call: () => Promise<Output>,
): Promise<Output> {
  if (!deadline) return call();
  deadline.throwIfAborted();
  try {
    return await current.run(deadline, call);
  } catch (error) {
    // The socket of an ended request closes in the next turn of the event loop.
    if (deadline.aborted) await new Promise(setImmediate);
    throw isAbortError(error) ? deadline.reason : error;
  }
}

/**
 * Waits between two attempts of a call.
 *
 * @throws The reason of the call's deadline as soon as it aborts.
 */
export async function pauseCall(ms: number): Promise<void> {
  const deadline = callAbort();
  deadline?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(deadline?.reason);
    };
    const timer = setTimeout(() => {
      deadline?.removeEventListener('abort', end);
      resolve();
    }, ms);
    deadline?.addEventListener('abort', end, { once: true });
  });
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
