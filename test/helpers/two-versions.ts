import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/aws/message-item.ts';
import { clientOf } from '../../tools/local/aws.ts';
import type { AwsCall, Fault } from '../../tools/local/fault-proxy.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import { type FaultyStack, startFaultyStack } from './faulty-stack.ts';
import { type SubscribedQueue, subscribeQueue } from './local-stack.ts';
import { startVersionBefore } from './version-before.ts';

/** The functions of this version and the one before, on one table and one topic. */
export interface TwoVersions extends AsyncDisposable {
  readonly service: FaultyStack;
  readonly now: LocalStack;
  readonly before: LocalStack;
  /** Gets the messages of both versions. */
  readonly queue: SubscribedQueue;
  /** Ends all faults, and empties the queue. */
  reset(): Promise<void>;
  /** Stores a record directly. */
  put(item: Item): Promise<void>;
  /** Makes a pending record old enough for a sweep. Its claim stays. */
  grow(messageId: string): Promise<void>;
}

export async function startTwoVersions(): Promise<TwoVersions> {
  await using started = new AsyncDisposableStack();
  const service = started.use(await startFaultyStack());
  const before = started.use(
    await startVersionBefore({
      dynamodbEndpoint: service.dynamodb.url,
      snsEndpoint: service.sns.url,
    }),
  );
  const { dynamodbEndpoint, tableName: TableName } = service.stack;
  const client = new DynamoDBClient(clientOf(dynamodbEndpoint));
  started.defer(async () => client.destroy());
  const queue = await subscribeQueue(service.stack);
  started.defer(() => queue.close());
  const running = started.move();
  return {
    service,
    now: service.stack,
    before,
    queue,
    reset: async () => {
      service.reset();
      await queue.all();
    },
    put: async (Item) => void (await client.send(new PutItemCommand({ TableName, Item }))),
    grow: async (messageId) => {
      const command = new UpdateItemCommand({
        TableName,
        Key: { message_id: { S: messageId } },
        UpdateExpression: 'SET received_at = :long_ago',
        ConditionExpression: 'attribute_exists(pending_shard)',
        ExpressionAttributeValues: { ':long_ago': { N: '1000' } },
      });
      await client.send(command).catch((error: Error) => {
        if (error.name !== 'ConditionalCheckFailedException') throw error;
      });
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** SNS refuses an attribute without a value; the emulator does not. */
export function refuseEmptyAttributes({ body }: AwsCall): Fault | undefined {
  const isEmpty = Object.entries(body).some(
    ([name, value]) => name.endsWith('.StringValue') && value === '',
  );
  return isEmpty ? { kind: 'error-before', code: 'InvalidParameterValue', status: 400 } : undefined;
}
