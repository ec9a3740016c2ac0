import { AsyncLocalStorage } from 'node:async_hooks';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { leanClient } from './lean-client.ts';

/** What the call that is being made must not outlast. */
const callSignal = new AsyncLocalStorage<AbortSignal>();

/**
 * Aborts a request with the signal of {@link callWithin}. The SDK's own way, as an option of `send`,
 * has it build its middleware anew for each call.
 */
class SignalledHttpHandler extends NodeHttpHandler {
  override handle(...[request, options]: Parameters<NodeHttpHandler['handle']>) {
    const abortSignal = callSignal.getStore();
    return super.handle(request, abortSignal ? { ...options, abortSignal } : options);
  }
}

/**
 * The SDK has no request timeout by default, and `requestTimeout` alone only warns. A webhook has
 * seconds, not minutes: three short attempts.
 */
const settings = () => ({
  maxAttempts: 3,
  cacheMiddleware: true,
  requestHandler: new SignalledHttpHandler({
    connectionTimeout: 500,
    requestTimeout: 1_500,
    throwOnRequestTimeout: true,
  }),
});

export const createDynamoDBClient = (): DynamoDBClient =>
  leanClient(new DynamoDBClient(settings()));
export const createSNSClient = (): SNSClient => leanClient(new SNSClient(settings()));

/**
 * A call that ends when the signal aborts, and its request with it. The SDK itself looks at the
 * signal only while a request is under way, not while it waits between two attempts.
 *
 * @param call Sends a command: of a client from here without options, of any other with those given.
 * @throws The signal's reason once it has aborted; whatever the call throws otherwise.
 */
export async function callWithin<Output>(
  signal: AbortSignal | undefined,
  call: (options: { abortSignal?: AbortSignal }) => Promise<Output>,
): Promise<Output> {
  if (!signal) return call({});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([
      callSignal.run(signal, call, { abortSignal: signal }),
      aborted.promise,
    ]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
