/** What the commands measure: the packaged service, on a table that they fill. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOf } from '../local/aws.ts';
import { packageService } from '../local/package-service.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../local/stack.ts';
import { progress } from './command.ts';
import { fillTable } from './stored-records.ts';

/** A folder with a package for the local stack. */
export interface PackageFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * The package in `existing`, or a new one, which is deleted when it is disposed of.
 *
 * @param settings The text of settings.yml of a new one.
 */
export async function packaged(
  existing?: string,
  signal?: AbortSignal,
  settings?: string,
): Promise<PackageFolder> {
  if (existing) return { path: existing, [Symbol.asyncDispose]: async () => {} };
  progress('Packaging the service ...');
  const folder = await mkdtempDisposable(join(tmpdir(), 'inbound-sms-bench-'));
  const options = { directory: folder.path, tokens: 'test', settings, signal };
  await packageService(options).catch(async (error) => {
    await folder.remove();
    throw error;
  });
  return folder;
}

/** How many records a table gets: published, and pending. */
export interface TableSize {
  readonly stored: number;
  readonly pending: number;
}

export interface FilledStack extends TableSize, AsyncDisposable {
  readonly stack: LocalStack;
  /** Of its table. */
  readonly client: DynamoDBClient;
}

/**
 * The service on a table with so many records. The table is on disk, until it is disposed of: in memory,
 * the emulator itself slows down as it grows.
 */
export async function startFilled(
  size: TableSize,
  options: Pick<LocalStackOptions, 'packageDir' | 'console'>,
): Promise<FilledStack> {
  progress(`Filling a table: ${size.stored} stored, ${size.pending} pending ...`);
  await using resources = new AsyncDisposableStack();
  const { path } = resources.use(await mkdtempDisposable(join(tmpdir(), 'inbound-sms-table-')));
  const stack = resources.use(
    await startLocalStack({ ...options, dataDir: path, schedules: false }),
  );
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  resources.defer(() => client.destroy());
  await fillTable(client, stack.tableName, size.stored, 'published');
  await fillTable(client, stack.tableName, size.pending, 'pending');
  const kept = resources.move();
  return { ...size, stack, client, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
