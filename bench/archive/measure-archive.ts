import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startFilled } from '../growth/start-filled.ts';
import { type Sample, sampleOf } from '../measurement.ts';

const CLI = fileURLToPath(new URL('../../cli/inbound-sms.ts', import.meta.url));
const REPORT_MEMORY = new URL('report-memory.ts', import.meta.url).href;

/** What is measured, and the arguments for it. Everything in the tables was received in 1970. */
const COMMANDS = {
  list: ['list', '--json'],
  stats: ['stats', '--json', '--since', '1970-01-01'],
  export: ['export'],
} as const;

const LINE_FEED = 10;

export type MeasuredCommand = keyof typeof COMMANDS;
export const MEASURED_COMMANDS = Object.keys(COMMANDS) as MeasuredCommand[];

export interface ArchiveOptions {
  readonly packageDir: string;
  /** How many messages there are; a table for each. */
  readonly stored: readonly number[];
  readonly runs: number;
  readonly onProgress?: (text: string) => void;
}

export interface ArchiveResult {
  readonly command: MeasuredCommand;
  readonly stored: number;
  /** Lines that it wrote. */
  readonly lines: number;
  /** From start to end of the process, ms. */
  readonly time: Sample;
  /** The most memory that was in use, MB. */
  readonly memory: number;
}

/**
 * Runs the commands as processes on tables of different sizes, taken in turn, so that whatever else the
 * machine does falls on all of them alike.
 */
export async function measureArchive({
  packageDir,
  ...options
}: ArchiveOptions): Promise<ArchiveResult[]> {
  await using started = new AsyncDisposableStack();
  const stacks: { readonly stored: number; readonly url: string }[] = [];
  for (const stored of options.stored) {
    options.onProgress?.(`Filling a table with ${stored} messages ...`);
    const filled = { stored, pending: 0, packageDir, purpose: 'archive' };
    const { stack } = await startFilled(filled, started);
    stacks.push({ stored, url: stack.url });
  }
  const measured = MEASURED_COMMANDS.flatMap((command) =>
    stacks.map((stack) => ({ command, ...stack, memory: 0, lines: 0, times: [] as number[] })),
  );
  options.onProgress?.('Looking at the memory ...');
  for (const each of measured) each.memory = await memoryOf(each.command, each.url);
  for (let round = 1; round <= options.runs; round++) {
    options.onProgress?.(`Round ${round} of ${options.runs} ...`);
    for (const each of measured) {
      const startedAt = performance.now();
      each.lines = await linesOf(each.command, each.url);
      each.times.push(performance.now() - startedAt);
    }
  }
  return measured.map(({ command, stored, lines, memory, times }) => ({
    command,
    stored,
    lines,
    memory,
    time: sampleOf(times),
  }));
}

async function linesOf(command: MeasuredCommand, url: string): Promise<number> {
  const { lines } = await run(command, url);
  return lines;
}

async function memoryOf(command: MeasuredCommand, url: string): Promise<number> {
  const { report } = await run(command, url, '--expose-gc', '--import', REPORT_MEMORY);
  return Number(report);
}

/** @throws {Error} With what the command said, if it failed. */
async function run(
  command: MeasuredCommand,
  url: string,
  ...flags: string[]
): Promise<{ readonly lines: number; readonly report: string }> {
  const args = [...flags, CLI, ...COMMANDS[command], `--local=${url}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [, stdout, stderr, reported] = child.stdio as (Readable | null)[];
  if (!stdout || !stderr || !reported) throw new Error('unreachable');
  let lines = 0;
  stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === LINE_FEED) lines++;
  });
  const [errors, report] = await Promise.all([text(stderr), text(reported)]);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}`);
  return { lines, report };
}
