import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

export interface DynaliteTables extends AsyncDisposable {
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  /** A new, empty table of the shape of infra/table.yml. */
  create(): Promise<string>;
}

/** DynamoDB on a free port of this machine, in memory. */
export async function startDynalite(): Promise<DynaliteTables> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  let tables = 0;
  return {
    client,
    endpoint,
    create: async () => {
      const TableName = `messages-${++tables}`;
      await client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'message_id', AttributeType: 'S' },
            { AttributeName: 'pending_shard', AttributeType: 'S' },
            { AttributeName: 'received_at', AttributeType: 'N' },
          ],
          KeySchema: [{ AttributeName: 'message_id', KeyType: 'HASH' }],
          GlobalSecondaryIndexes: [
            {
              IndexName: 'pending-index',
              KeySchema: [
                { AttributeName: 'pending_shard', KeyType: 'HASH' },
                { AttributeName: 'received_at', KeyType: 'RANGE' },
              ],
              Projection: { ProjectionType: 'KEYS_ONLY' },
            },
          ],
        }),
      );
      const status = async () =>
        (await client.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus;
      while ((await status()) !== 'ACTIVE');
      return TableName;
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
