import {
  CreateTableCommand,
  DynamoDBClient,
  ScanCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CREDENTIALS, clientOf, REGION } from '../../tools/local/aws.ts';
import type { LocalStack } from '../../tools/local/stack.ts';

export interface InboxTable extends AsyncDisposable {
  /** The examples' environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** The texts of all its messages, by `message_id`. */
  texts(): Promise<Record<string, string>>;
}

/** The table in which the guide's examples keep messages. */
export async function createInbox(
  stack: Pick<LocalStack, 'dynamodbEndpoint' | 'snsEndpoint'>,
): Promise<InboxTable> {
  const TableName = 'sms-inbox';
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'message_id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'message_id', KeyType: 'HASH' }],
    }),
  );
  await waitUntilTableExists({ client, minDelay: 0.1, maxWaitTime: 10 }, { TableName });
  return {
    environment: {
      TABLE: TableName,
      AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbEndpoint,
      AWS_ENDPOINT_URL_SQS: stack.snsEndpoint,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
    async texts() {
      const { Items = [] } = await client.send(
        new ScanCommand({ TableName, ConsistentRead: true }),
      );
      return Object.fromEntries(Items.map((item) => [item.message_id?.S, item.body?.S]));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}
