import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Option } from '@commander-js/extra-typings';
import { benchCommand, count, counts, packageOption, progress } from './command.ts';
import { figure, machineLine, sampleOf, table } from './report.ts';
import { postForm, smsForm, TYPICAL } from './sms.ts';
import { type FilledStack, fillTable, packaged, startFilled } from './stacks.ts';

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
const LINE_FEED = 10;

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
    const packageDir = await packaged(existing, resources);
    const fill = (size: { stored: number; pending: number }) =>
      startFilled(size, { packageDir }, resources);
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
  const times = tables.map((): number[] => []);
  for (let n = 0; n < WARM_UP_POSTS + posts; n++) {
    for (const [index, { stack }] of tables.entries()) {
      const form = smsForm(TYPICAL, new URL(stack.webhookUrl).pathname);
      const time = await timeOf(() => postForm(stack.webhookUrl, form));
      if (n >= WARM_UP_POSTS) times[index]?.push(time);
    }
  }
  const samples = times.map((values) => sampleOf(values));
  return `
Time of a post, ms (median, and from the first to the third quartile):

${table([
  ['stored', 'pending', 'median', 'quartiles', 'against the first'],
  ...tables.map(({ stored, pending }, index) => {
    const { median = 0, quartiles: [low, high] = [0, 0] } = samples[index] ?? {};
    const spread = `${figure(low, 2)}–${figure(high, 2)}`;
    const against = `${figure(median / (samples[0]?.median ?? median), 2)}x`;
    return [figure(stored), figure(pending), figure(median, 2), spread, against];
  }),
])}`;
}

async function sweepsReport(
  tables: readonly FilledStack[],
  found: readonly number[],
  rounds: number,
): Promise<string> {
  progress('Sweeping ...');
  const times = found.map(() => tables.map((): number[] => []));
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [row, pending] of found.entries()) {
      for (const [column, { client, stack }] of tables.entries()) {
        await fillTable(client, stack.tableName, pending, 'pending');
        const time = await timeOf(() => stack.invoke('publishPending', {}));
        if (round > 0) times[row]?.[column]?.push(time);
      }
    }
  }
  return `
Time of a sweep, ms, by how many pending records it finds and how many are stored; against the first
column in brackets:

${table([
  ['pending', ...tables.map(({ stored }) => `${figure(stored)} stored`)],
  ...found.map((pending, row) => {
    const medians = (times[row] ?? []).map((values) => sampleOf(values).median);
    return [figure(pending), ...medians.map((median) => against(median, medians[0], 1))];
  }),
])}`;
}

async function commandsReport(tables: readonly FilledStack[], rounds: number): Promise<string> {
  const measured = (Object.keys(COMMANDS) as Command[]).flatMap((name) =>
    tables.map(({ stored, stack: { url } }) => ({
      ...{ name, stored, url, memory: 0, lines: 0, times: [] as number[] },
    })),
  );
  progress('Looking at the memory of each command ...');
  const flags = ['--expose-gc', '--import', REPORT_MEMORY];
  for (const each of measured) each.memory = (await run(each.name, each.url, flags)).memory;
  for (let round = 1; round <= rounds; round++) {
    progress(`Commands: round ${round} of ${rounds} ...`);
    for (const each of measured) {
      each.times.push(
        await timeOf(async () => {
          each.lines = (await run(each.name, each.url)).lines;
        }),
      );
    }
  }
  const results = measured.map((each) => ({ ...each, time: sampleOf(each.times).median }));
  return `
Medians of whole processes of the command line; against the first table in brackets:

${table([
  ['command', 'stored', 'lines written', 'ms', 'MB in use'],
  ...results.map(({ name, stored, lines, time, memory }) => {
    const base = results.find((result) => result.name === name);
    const cells = [against(time, base?.time), against(memory, base?.memory)];
    return [name, figure(stored), figure(lines), ...cells];
  }),
])}`;
}

/** Runs a command. @throws {Error} With what it said, if it failed. */
async function run(name: Command, url: string, flags: readonly string[] = []) {
  const args = [...flags, CLI, ...COMMANDS[name], `--local=${url}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [, stdout, stderr, reported] = child.stdio as Readable[];
  if (!stdout || !stderr || !reported) throw new Error('unreachable');
  let lines = 0;
  stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === LINE_FEED) lines++;
  });
  const [errors, memory] = await Promise.all([text(stderr), text(reported)]);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${errors}`);
  return { lines, memory: Number(memory) };
}

function against(value: number, base = value, decimals = 0): string {
  return `${figure(value, decimals)} (${figure(value / base, 2)}x)`;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
