import { randomUUID } from 'node:crypto';
import { type Sample, sampleOf } from '../measurement.ts';
import { fillTable } from './fill-table.ts';
import { type FilledStack, startFilled, type TableSize } from './start-filled.ts';

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
 * whatever else the machine does falls on all of them alike.
 */
export async function measureGrowth({
  packageDir,
  ...options
}: GrowthOptions): Promise<GrowthResult> {
  await using started = new AsyncDisposableStack();
  const tables: (TableSize & FilledStack)[] = [];
  const sizes = [
    ...options.stored.map((stored) => ({ stored, pending: 0 })),
    { stored: 0, pending: options.pending },
  ];
  for (const size of sizes) {
    options.onProgress?.(`Filling a table: ${size.stored} stored, ${size.pending} pending ...`);
    const filled = await startFilled({ ...size, packageDir, purpose: 'growth' }, started);
    tables.push({ ...size, ...filled });
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
