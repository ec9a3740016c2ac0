import { callWithin } from '../../lib/aws/call-within.ts';

/** Ends a call early: it rejects as soon as the signal aborts. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * {@link callWithin} for clients whose requests are not told of its end: they take the signal among
 * the options of `send`.
 *
 * @param call Passes the options on to `send`.
 * @throws The signal's reason once it has aborted; whatever the call throws otherwise.
 */
export function abortable<Output>(
  signal: AbortSignal | undefined,
  call: (options: { abortSignal?: AbortSignal }) => Promise<Output>,
): Promise<Output> {
  return callWithin(signal, () => call(signal ? { abortSignal: signal } : {}));
}
