import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { fromItem, type Item } from '../../lib/aws/message-item.ts';
import { type FaultProxy, startFaultProxy } from '../../tools/local/fault-proxy.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import { type AllOldFront, startAllOldFront } from './all-old-front.ts';
import { startTestStack } from './local-stack.ts';

/** The local stack with a fault proxy before each AWS service, and its functions' log lines. */
export interface FaultyStack extends AsyncDisposable {
  readonly stack: LocalStack;
  readonly dynamodb: FaultProxy;
  readonly sns: FaultProxy;
  /** All lines of the functions. */
  readonly logs: string[];
  /** All AWS calls since the last reset, such as `PutItem`, in order. */
  readonly operations: () => string[];
  /** Ends faults, and clears calls and logs. */
  reset(): void;
  item(messageId: string): Promise<Item | undefined>;
  /** Makes a record so old that its claim has ended and the sweeper takes it. */
  age(messageId: string): Promise<void>;
}

export async function startFaultyStack(): Promise<FaultyStack> {
  await using started = new AsyncDisposableStack();
  const front: AllOldFront = started.use(await startAllOldFront());
  const dynamodb = started.use(await startFaultProxy({ target: front.url }));
  const sns = started.use(await startFaultProxy({ target: front.url }));
  const logs: string[] = [];
  const stack = started.use(
    await startTestStack({
      endpoints: { dynamodb: dynamodb.url, sns: sns.url },
      onFunctionLog: (_, line) => logs.push(line),
    }),
  );
  front.setTarget(stack.dynamodbEndpoint);
  sns.setTarget(stack.snsEndpoint);

  const client = new DynamoDBClient({
    endpoint: stack.dynamodbEndpoint,
    region: 'ap-southeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  started.defer(async () => client.destroy());
  const TableName = stack.tableName;
  const keyOf = (messageId: string) => ({ message_id: { S: messageId } });
  const item = async (messageId: string) =>
    (await client.send(new GetItemCommand({ TableName, Key: keyOf(messageId) }))).Item;

  let seen = { dynamodb: 0, sns: 0 };
  const running = started.move();
  return {
    stack,
    dynamodb,
    sns,
    logs,
    operations: () =>
      [...dynamodb.calls.slice(seen.dynamodb), ...sns.calls.slice(seen.sns)]
        .toSorted((a, b) => a.at - b.at)
        .map(({ operation }) => operation),
    reset: () => {
      dynamodb.setFault(undefined);
      sns.setFault(undefined);
      seen = { dynamodb: dynamodb.calls.length, sns: sns.calls.length };
      logs.length = 0;
    },
    item,
    age: async (messageId) => {
      const stored = await item(messageId);
      if (!stored) throw new Error('There is no such record');
      const { claim } = fromItem(stored);
      await client.send(
        new UpdateItemCommand({
          TableName,
          Key: keyOf(messageId),
          UpdateExpression: `SET received_at = :long_ago${claim ? ', claim_until = :long_ago' : ''}`,
          ExpressionAttributeValues: { ':long_ago': { N: '1000' } },
        }),
      );
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
