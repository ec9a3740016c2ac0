import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOf } from '../../local/aws.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../local/stack.ts';
import { fillTable } from './fill-table.ts';

/** How many records a table gets: published, and pending. */
export interface TableSize {
  readonly stored: number;
  readonly pending: number;
}

export interface FilledOptions extends TableSize, Pick<LocalStackOptions, 'console'> {
  readonly packageDir: string;
  /** Who measures: a part of the temporary folder's name. */
  readonly purpose: string;
}

export interface FilledStack {
  readonly stack: LocalStack;
  /** Of its table. */
  readonly client: DynamoDBClient;
}

/**
 * The service on a table with so many records. The table is on disk: in memory, the emulator itself
 * slows down as it grows.
 *
 * @param started Stops the stack, and deletes the table, in the end.
 */
export async function startFilled(
  { stored, pending, purpose, ...options }: FilledOptions,
  started: AsyncDisposableStack,
): Promise<FilledStack> {
  const dataDir = await mkdtemp(join(tmpdir(), `inbound-sms-${purpose}-`));
  started.defer(() => rm(dataDir, { recursive: true, force: true }));
  const stack = started.use(await startLocalStack({ ...options, dataDir, schedules: false }));
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  started.defer(() => client.destroy());
  await fillTable(client, stack.tableName, stored, 'published');
  await fillTable(client, stack.tableName, pending, 'pending');
  return { stack, client };
}
