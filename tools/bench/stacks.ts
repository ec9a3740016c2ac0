/** What the commands measure: the packaged service, on a table that they fill. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Item, toItem } from '../../lib/aws/message-item.ts';
import { fingerprint } from '../../lib/messages/sms-message.ts';
import { clientOf } from '../local/aws.ts';
import { packageService } from '../local/package-service.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../local/stack.ts';
import { progress } from './command.ts';

/**
 * The directory of a package for the local stack: one that exists already, or a new one.
 *
 * @param using Deletes a new one in the end.
 */
export async function packaged(
  existing: string | undefined,
  using: AsyncDisposableStack,
): Promise<string> {
  if (existing) return existing;
  progress('Packaging the service ...');
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-bench-'));
  using.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  await packageService({ directory, tokens: 'test' });
  return directory;
}

/** How many records a table gets: published, and pending. */
export interface TableSize {
  readonly stored: number;
  readonly pending: number;
}

export interface FilledStack extends TableSize {
  readonly stack: LocalStack;
  /** Of its table. */
  readonly client: DynamoDBClient;
}

/**
 * The service on a table with so many records. The table is on disk: in memory, the emulator itself
 * slows down as it grows.
 *
 * @param using Stops the stack, and deletes the table, in the end.
 */
export async function startFilled(
  size: TableSize,
  options: Pick<LocalStackOptions, 'packageDir' | 'console'>,
  using: AsyncDisposableStack,
): Promise<FilledStack> {
  progress(`Filling a table: ${size.stored} stored, ${size.pending} pending ...`);
  const dataDir = await mkdtemp(join(tmpdir(), 'inbound-sms-table-'));
  using.defer(() => rm(dataDir, { recursive: true, force: true }));
  const stack = using.use(await startLocalStack({ ...options, dataDir, schedules: false }));
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  using.defer(() => client.destroy());
  await fillTable(client, stack.tableName, size.stored, 'published');
  await fillTable(client, stack.tableName, size.pending, 'pending');
  return { ...size, stack, client };
}

/** DynamoDB's own limit on one BatchWriteItem. */
const BATCH = 25;
const BATCHES_AT_ONCE = 8;

type Kind = 'published' | 'pending';

/** Puts records of one kind into a table, as fast as it takes them. */
export async function fillTable(
  client: DynamoDBClient,
  tableName: string,
  count: number,
  kind: Kind,
): Promise<void> {
  let made = 0;
  const worker = async () => {
    while (made < count) {
      const size = Math.min(BATCH, count - made);
      const first = made;
      made += size;
      const requests = Array.from({ length: size }, (_, index) => ({
        PutRequest: { Item: record(first + index, kind) },
      }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
}

const TEXT =
  'A text of the length that a short message usually has: about a hundred characters in all.';

/** A record as the webhook leaves it: published, or old and waiting for the sweeper. */
function record(n: number, kind: Kind): Item {
  const message = { from: '+61400000001', sms_number: '+61400000002', body: TEXT };
  const stored = {
    ...message,
    message_id: randomUUID(),
    service_id: '1234567',
    timestamp: 1_790_000_000,
    extra: {},
    fingerprint: fingerprint(message),
    received_at: 1_000 + n,
    requests: 1,
    attempts: 1,
  };
  if (kind === 'pending') return toItem(stored);
  const published = { published_at: 1_000 + n, sns_message_id: randomUUID() };
  return { ...toItem({ ...stored, ...published }), expires_at: { N: '4000000000' } };
}
