import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

export interface DynaliteTables extends AsyncDisposable {
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  /** A new, empty table like that of infra/table.js. */
  create(): Promise<string>;
}

/** An in-memory DynamoDB on a free port of this machine. */
export async function startDynalite(): Promise<DynaliteTables> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const definition = await tableDefinition();
  let tables = 0;
  return {
    client,
    endpoint,
    create: async () => {
      const TableName = `messages-${++tables}`;
      await client.send(new CreateTableCommand({ TableName, ...definition }));
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

/** The deployed table, without properties that dynalite does not support. */
async function tableDefinition(): Promise<Omit<CreateTableCommandInput, 'TableName'>> {
  const { table } = await import(new URL('../../infra/table.js', import.meta.url).href);
  const { Resources } = await table({ resolveVariable: async () => ({}) });
  const { BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } =
    Resources.MessagesTable.Properties;
  return { BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes };
}
