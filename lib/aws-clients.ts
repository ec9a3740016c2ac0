import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { callAbort } from './call-within.ts';
import { leanClient } from './lean-client.ts';

/**
 * Ends a request with its call. The SDK's own way, a signal among the options of `send`, has it
 * build its middleware anew for each call.
 */
class CallHttpHandler extends NodeHttpHandler {
  override handle(...[request, options]: Parameters<NodeHttpHandler['handle']>) {
    const abortSignal = callAbort();
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
  requestHandler: new CallHttpHandler({
    connectionTimeout: 500,
    requestTimeout: 1_500,
    throwOnRequestTimeout: true,
  }),
});

export const createDynamoDBClient = (): DynamoDBClient =>
  leanClient(new DynamoDBClient(settings()));
export const createSNSClient = (): SNSClient => leanClient(new SNSClient(settings()));
