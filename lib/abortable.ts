/**
 * A call of any SDK client that ends when the signal aborts. The SDK itself looks at the signal only
 * while a request is under way, not while it waits between two attempts.
 *
 * @param call Passes the options on to `send`.
 * @throws The signal's reason once it has aborted; whatever the call throws otherwise.
 */
export async function abortable<Output>(
  signal: AbortSignal | undefined,
  call: (options: { abortSignal?: AbortSignal }) => Promise<Output>,
): Promise<Output> {
  if (!signal) return call({});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([call({ abortSignal: signal }), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
