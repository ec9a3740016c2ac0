import type { Client, Command, MetadataBearer } from '@smithy/types';
import { callWithin } from '../../lib/aws/call-within.ts';

/** Cancels a call: it rejects as soon as the signal aborts. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * {@link callWithin} for clients that take the signal in the options of `send`.
 *
 * @param call Passes the options on to `send`.
 * @throws The signal's reason once it has aborted; otherwise the call's error.
 */
export function abortable<Output>(
  signal: AbortSignal | undefined,
  call: (options: { abortSignal?: AbortSignal }) => Promise<Output>,
): Promise<Output> {
  return callWithin(signal, () => call(signal ? { abortSignal: signal } : {}));
}

/** Sends a command that ends as soon as the signal aborts: see {@link abortable}. */
export function send<
  Input extends object,
  Output extends MetadataBearer,
  In extends Input,
  Out extends Output,
  Config,
>(
  client: Pick<Client<Input, Output, Config>, 'send'>,
  command: Command<Input, In, Output, Out, Config>,
  signal: AbortSignal | undefined,
): Promise<Out> {
  return abortable(signal, (abort) => client.send(command, abort));
}
