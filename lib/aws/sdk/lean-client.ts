import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import { getSchemaSerdePlugin } from '@smithy/core/schema';

/** What AWS's own logs show of the caller. */
const USER_AGENT = 'inbound-sms (aws-sdk-js)';

/** A client without what the SDK does anew for each call and always with the same result. */
export function leanClient<Client extends DynamoDBClient | SNSClient>(client: Client): Client {
  const lean = client as DynamoDBClient;
  keepSigner(lean.config);
  // Every call copies the configuration three times. A plain copy of it is copied much faster than the
  // SDK's own object, which has accessors and was put together in many steps.
  (lean as { config: DynamoDBClient['config'] }).config = { ...lean.config };
  lean.middlewareStack.use(getSchemaSerdePlugin(lean.config));
  fixUserAgent(lean);
  return client;
}

/** A signer is made from the whole configuration, and it is the same one for every call of a client. */
function keepSigner(config: DynamoDBClient['config']): void {
  const makeSigner = config.signer;
  let signer: ReturnType<typeof makeSigner> | undefined;
  config.signer = (authScheme) => {
    signer ??= makeSigner(authScheme);
    return signer;
  };
}

/** In place of a description of the machine and of the SDK's settings. */
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
