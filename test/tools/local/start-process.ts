import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, vi } from 'vitest';
import { temporaryDir } from './temporary-dir.ts';

export const START = fileURLToPath(new URL('../../../tools/local/start.js', import.meta.url));
export const FREE_PORTS = { PORT: '0', SNS_PORT: '0', DYNAMODB_PORT: '0' };

export interface Started {
  readonly child: ChildProcess;
  /** Where its temporary files are. */
  readonly tmpDir: string;
  /** What it has printed so far. */
  readonly output: () => string;
  readonly exit: Promise<[code: number | null, signal: string | null]>;
}

/** Runs `npm start` as a process of its own, until the test ends. */
export async function start(
  args: string[],
  env: Record<string, string> = FREE_PORTS,
  cwd = process.cwd(),
): Promise<Started> {
  const tmpDir = await temporaryDir();
  const child = spawn(process.execPath, [START, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: tmpDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  }
  const exit = once(child, 'close') as Started['exit'];
  return { child, tmpDir, output: () => output, exit };
}

/** Waits until it is ready. @returns The webhook's URL. */
export async function ready({ output }: Started): Promise<string> {
  await vi.waitFor(() => expect(output()).toContain('Ctrl-C stops everything.'), 60_000);
  return /The webhook is ready: {2}(\S+)/.exec(output())?.[1] ?? '';
}

interface Process {
  readonly pid: number;
  readonly parent: number;
}

/** What runs on this machine. A zombie does not: it only waits for its parent to take note. */
async function processes(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => state && !state.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

/** The processes that it has started itself. */
export async function childrenOf({ child }: Started): Promise<number[]> {
  return (await processes()).filter(({ parent }) => parent === child.pid).map(({ pid }) => pid);
}

/** Those of them that run. */
export async function running(pids: readonly number[]): Promise<number[]> {
  return (await processes()).map(({ pid }) => pid).filter((pid) => pids.includes(pid));
}
