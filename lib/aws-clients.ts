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

interface SdkClient<Command, Output> {
  send(command: Command, options: { abortSignal?: AbortSignal }): Promise<Output>;
}

/**
 * Sends a command that ends when the signal aborts. The SDK itself looks at the signal only while a
 * request is under way, not while it waits between two attempts.
 *
 * @throws The signal's reason once it has aborted; whatever the SDK throws otherwise.
 */
export async function sendWithin<Command, Output>(
  client: SdkClient<Command, Output>,
  command: Command,
  signal: AbortSignal | undefined,
): Promise<Output> {
  if (!signal) return client.send(command, {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([client.send(command, { abortSignal: signal }), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
