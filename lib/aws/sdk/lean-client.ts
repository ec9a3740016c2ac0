import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import { getSchemaSerdePlugin } from '@smithy/core/schema';

/** The caller's name in AWS's own logs. */
const USER_AGENT = 'inbound-sms (aws-sdk-js)';

/** Makes a client do only once what the SDK does for each call with the same result. */
export function leanClient<Client extends DynamoDBClient | SNSClient>(client: Client): Client {
  const lean = client as DynamoDBClient;
  keepSigner(lean.config);
  // Every call copies the configuration three times. Copying a plain object is much faster than copying the
  // SDK's own, which has accessors and was built in many steps.
  (lean as { config: DynamoDBClient['config'] }).config = { ...lean.config };
  lean.middlewareStack.use(getSchemaSerdePlugin(lean.config));
  fixUserAgent(lean);
  return client;
}

/** Makes one signer for all calls of a client. The SDK makes it from the whole configuration each time. */
function keepSigner(config: DynamoDBClient['config']): void {
  const makeSigner = config.signer;
  let signer: ReturnType<typeof makeSigner> | undefined;
  config.signer = (authScheme) => {
    signer ??= makeSigner(authScheme);
    return signer;
  };
}

/** Replaces a description of the machine and of the SDK's settings. */
function fixUserAgent({ middlewareStack }: DynamoDBClient): void {
  const isRemoved = middlewareStack.remove('getUserAgentMiddleware');
  if (!isRemoved) throw new Error('The SDK has no middleware getUserAgentMiddleware');
  middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['user-agent'] = USER_AGENT;
      return next(args);
    },
    { step: 'build', name: 'userAgent' },
  );
}
