import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';

/**
 * The SDK has no request timeout by default, and `requestTimeout` alone only warns. A webhook has
 * seconds, not minutes: three short attempts.
 */
const LIMITS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1_500, throwOnRequestTimeout: true },
};

export const createDynamoDBClient = (): DynamoDBClient => new DynamoDBClient(LIMITS);
export const createSNSClient = (): SNSClient => new SNSClient(LIMITS);

/**
 * A call that ends when the signal aborts. The SDK itself looks at the signal only while a request
 * is under way, not while it waits between two attempts.
 *
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
    return await Promise.race([call({ abortSignal: signal }), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
