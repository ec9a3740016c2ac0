import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Option } from '@commander-js/extra-typings';
import { benchCommand, count, counts, packageOption, progress } from './command.ts';
import { figure, machineLine, type Sample, sampleOf, table } from './report.ts';
import { deliverForm, smsForm, TYPICAL } from './sms.ts';
import { type FilledStack, packaged, startFilled, type TableSize } from './stacks.ts';
import { fillTable } from './stored-records.ts';

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const REPORT_MEMORY = new URL('report-memory.ts', import.meta.url).href;

/** Commands of the CLI. Everything in the tables was received in 1970. */
const COMMANDS = {
  list: ['list', '--json'],
  stats: ['stats', '--json', '--since', '1970-01-01', '--until', '1970-01-02'],
  export: ['export'],
} as const;
type Command = keyof typeof COMMANDS;

const WARM_UP_POSTS = 20;

export const command = benchCommand(
  'Times the shipped bundle (posts and sweeps) and the command line (list, stats and export) against how ' +
    'many messages are stored and how many are pending. With the defaults it fills tables of 1,200,000 ' +
    'records first, on disk in the temporary folder. The tables are all there at once and taken in turn, ' +
    'so that whatever else the machine does falls on all of them alike.',
)
  .addOption(
    counts('--stored <list>', 'records stored, a table for each', [0, 100_000, 1_000_000], 0),
  )
  .addOption(count('--pending <n>', 'records pending in one more table', 100_000, 0))
  .addOption(count('--posts <n>', 'posts timed on each table', 200))
  .addOption(counts('--sweeps <list>', 'pending records that a sweep finds', [0, 100, 1_000], 0))
  .addOption(count('--rounds <n>', 'how often each sweep, and each command, is timed', 7))
  .addOption(
    new Option('--only <part>', 'one part alone').choices(['posts', 'sweeps', 'commands'] as const),
  )
  .addOption(packageOption())
  .action(async ({ stored, pending, posts, sweeps, rounds, only, package: existing }) => {
    await using resources = new AsyncDisposableStack();
    const { path: packageDir } = resources.use(await packaged(existing));
    const fill = async (size: TableSize) => resources.use(await startFilled(size, { packageDir }));
    const tables: FilledStack[] = [];
    for (const size of stored) tables.push(await fill({ stored: size, pending: 0 }));
    const isPart = (part: typeof only) => only === undefined || only === part;
    console.log(machineLine());
    // First of all: sweeps and posts add to the tables.
    if (isPart('commands')) console.log(await commandsReport(tables, rounds));
    if (isPart('posts')) {
      const withPending = [...tables, await fill({ stored: 0, pending })];
      console.log(await postsReport(withPending, posts));
    }
    if (isPart('sweeps')) console.log(await sweepsReport(tables, sweeps, rounds));
  });

async function postsReport(tables: readonly FilledStack[], posts: number): Promise<string> {
  progress('Posting ...');
  const samples = await timeInTurn(tables, WARM_UP_POSTS, posts, ({ stack: { webhookUrl } }) =>
    deliverForm(webhookUrl, smsForm(TYPICAL, new URL(webhookUrl).pathname)),
  );
  const first = samples[0]?.sample.median;
  return `
Time of a post, ms (median, and from the first to the third quartile):

${table([
  ['stored', 'pending', 'median', 'quartiles', 'against the first'],
  ...samples.map(({ stored, pending, sample: { median, quartiles } }) => {
    const spread = quartiles.map((each) => figure(each, 2)).join('–');
    const ratio = `${figure(median / (first ?? median), 2)}x`;
    return [figure(stored), figure(pending), figure(median, 2), spread, ratio];
  }),
])}`;
}

async function sweepsReport(
  tables: readonly FilledStack[],
  found: readonly number[],
  rounds: number,
): Promise<string> {
  progress('Sweeping ...');
  const cells = found.flatMap((pending) =>
    tables.map(({ client, stack }) => ({ pending, client, stack })),
  );
  const samples = await timeInTurn(
    cells,
    1,
    rounds,
    ({ stack }) => stack.invoke('publishPending', {}),
    ({ client, stack, pending }) => fillTable(client, stack.tableName, pending, 'pending'),
  );
  return `
Time of a sweep, ms, by how many pending records it finds and how many are stored; against the first
column in brackets:

${table([
  ['pending', ...tables.map(({ stored }) => `${figure(stored)} stored`)],
  ...found.map((pending) => {
    const row = samples.filter((each) => each.pending === pending);
    const medians = row.map(({ sample }) => sample.median);
    return [figure(pending), ...medians.map((median) => against(median, medians[0], 1))];
  }),
])}`;
}

async function commandsReport(tables: readonly FilledStack[], rounds: number): Promise<string> {
  const commands = (Object.keys(COMMANDS) as Command[]).flatMap((name) =>
    tables.map(({ stored, stack: { url } }) => ({ name, stored, url, memory: 0, lines: 0 })),
  );
  progress('Looking at the memory of each command ...');
  const flags = ['--expose-gc', '--import', REPORT_MEMORY];
  for (const each of commands) Object.assign(each, await run(each.name, each.url, flags));
  progress(`Running each command ${rounds} times ...`);
  const results = await timeInTurn(commands, 0, rounds, ({ name, url }) => run(name, url));
  return `
Medians of whole processes of the command line; against the first table in brackets:

${table([
  ['command', 'stored', 'lines written', 'ms', 'MB in use'],
  ...results.map(({ name, stored, lines, memory, sample: { median } }) => {
    const base = results.find((result) => result.name === name);
    const cells = [against(median, base?.sample.median), against(memory, base?.memory)];
    return [name, figure(stored), figure(lines), ...cells];
  }),
])}`;
}

/**
 * Times work on one subject after the other, again and again: whatever else the machine does falls on all
 * of them alike.
 *
 * @param warmUp Rounds that are not counted.
 * @param prepare What is not timed.
 */
async function timeInTurn<T>(
  subjects: readonly T[],
  warmUp: number,
  rounds: number,
  work: (subject: T) => Promise<unknown>,
  prepare?: (subject: T) => Promise<unknown>,
): Promise<(T & { readonly sample: Sample })[]> {
  const timed = subjects.map((subject) => ({ subject, times: [] as number[] }));
  for (let round = -warmUp; round < rounds; round++) {
    for (const { subject, times } of timed) {
      await prepare?.(subject);
      const startedAt = performance.now();
      await work(subject);
      if (round >= 0) times.push(performance.now() - startedAt);
    }
  }
  return timed.map(({ subject, times }) => ({ ...subject, sample: sampleOf(times) }));
}

/** Runs a command of the CLI. @throws {Error} With what it said, if it failed. */
async function run(name: Command, url: string, flags: readonly string[] = []) {
  const args = [...flags, CLI, ...COMMANDS[name], `--local=${url}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [, stdout, stderr, reported] = child.stdio as (Readable | null)[];
  if (!stdout || !stderr || !reported) throw new Error('unreachable');
  let lines = 0;
  stdout.setEncoding('latin1').on('data', (chunk: string) => {
    lines += chunk.split('\n').length - 1;
  });
  const [errors, memory] = await Promise.all([text(stderr), text(reported)]);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${errors}`);
  return { lines, memory: Number(memory) };
}

function against(value: number, base = value, decimals = 0): string {
  return `${figure(value, decimals)} (${figure(value / base, 2)}x)`;
}
