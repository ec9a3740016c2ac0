import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOf } from '../../local/aws.ts';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';
import { type Sample, sampleOf } from '../measurement.ts';
import { fillTable } from './fill-table.ts';

export interface GrowthOptions {
  readonly packageDir: string;
  /** How many published records there are; a table for each. */
  readonly stored: readonly number[];
  /** How many records are pending in one more table. */
  readonly pending: number;
  /** Posts to each table. */
  readonly posts: number;
  /** How many pending records a sweep finds. */
  readonly sweeps: readonly number[];
  /** How often each sweep is measured. */
  readonly rounds: number;
  readonly onProgress?: (text: string) => void;
}

/** A table with so many records, and the service on it. */
interface Filled {
  readonly stored: number;
  readonly pending: number;
  readonly stack: LocalStack;
  readonly client: DynamoDBClient;
}

export interface GrowthResult {
  /** Time of a post, ms. */
  readonly posts: readonly {
    readonly stored: number;
    readonly pending: number;
    readonly sample: Sample;
  }[];
  /** Time of a sweep, ms. */
  readonly sweeps: readonly {
    readonly stored: number;
    readonly found: number;
    readonly sample: Sample;
  }[];
}

const WARM_UP_POSTS = 20;

/**
 * Times the shipped bundle on tables of different sizes, all there at once and taken in turn, so that
 * whatever else the machine does falls on all of them alike. The tables are on disk: in memory, the
 * emulator itself slows down as it grows.
 */
export async function measureGrowth(options: GrowthOptions): Promise<GrowthResult> {
  await using started = new AsyncDisposableStack();
  const tables: Filled[] = [];
  const sizes = [
    ...options.stored.map((stored) => ({ stored, pending: 0 })),
    { stored: 0, pending: options.pending },
  ];
  for (const size of sizes) {
    options.onProgress?.(`Filling a table: ${size.stored} stored, ${size.pending} pending ...`);
    tables.push(await startFilled(size, options.packageDir, started));
  }

  options.onProgress?.('Posting ...');
  const posts = tables.map(() => [] as number[]);
  for (let n = 0; n < WARM_UP_POSTS + options.posts; n++) {
    for (const [index, { stack }] of tables.entries()) {
      const time = await timeOf(() => post(stack.webhookUrl));
      if (n >= WARM_UP_POSTS) posts[index]?.push(time);
    }
  }

  options.onProgress?.('Sweeping ...');
  const swept = tables.filter(({ pending }) => pending === 0);
  const sweeps = options.sweeps.flatMap((found) =>
    swept.map((table) => ({ found, table, times: [] as number[] })),
  );
  // The first round warms up.
  for (let round = 0; round <= options.rounds; round++) {
    for (const { found, table, times } of sweeps) {
      await fillTable(table.client, table.stack.tableName, found, 'pending');
      const time = await timeOf(() => table.stack.invoke('publishPending', {}));
      if (round > 0) times.push(time);
    }
  }
  return {
    posts: tables.map(({ stored, pending }, index) => ({
      stored,
      pending,
      sample: sampleOf(posts[index] ?? []),
    })),
    sweeps: sweeps.map(({ found, table, times }) => ({
      stored: table.stored,
      found,
      sample: sampleOf(times),
    })),
  };
}

async function startFilled(
  size: { readonly stored: number; readonly pending: number },
  packageDir: string,
  started: AsyncDisposableStack,
): Promise<Filled> {
  const dataDir = await mkdtemp(join(tmpdir(), 'inbound-sms-growth-'));
  started.defer(() => rm(dataDir, { recursive: true, force: true }));
  const stack = started.use(await startLocalStack({ packageDir, dataDir, schedules: false }));
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  started.defer(() => client.destroy());
  await fillTable(client, stack.tableName, size.stored, 'published');
  await fillTable(client, stack.tableName, size.pending, 'pending');
  return { ...size, stack, client };
}

async function post(url: string): Promise<void> {
  const body = new URLSearchParams({
    message_id: randomUUID(),
    from: '+61400000001',
    sms_number: '+61400000002',
    body: 'A text',
  });
  const answer = await fetch(url, { method: 'POST', body });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`A post was answered ${answer.status}`);
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
