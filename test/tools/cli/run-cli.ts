import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryDir } from '../local/temporary-dir.ts';

const CLI = fileURLToPath(new URL('../../../tools/cli/main.ts', import.meta.url));

/** As the launcher sets it. */
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url));

export interface CliResult {
  /** The exit code; of a process that a signal ended, its name. */
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly result: Promise<CliResult>;
}

export interface CliOptions {
  /** Besides PATH. Nothing else of this process's environment is seen. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs, and where it looks for `.env`: an empty folder, unless one is named. */
  readonly cwd?: string;
  /** What it reads from stdin. */
  readonly input?: string;
}

/** Starts `inbound-sms` as a process of its own, with no credentials and no configuration of AWS's. */
export async function startCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<RunningCli> {
  const { env = {}, input = '', cwd = await temporaryDir() } = options;
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      TZ: 'UTC',
      AWS_EC2_METADATA_DISABLED: 'true',
      INBOUND_SMS_PROJECT: cwd,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...env,
    },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(input);
  const result = once(child, 'close').then(([code, signal]) => ({
    code: signal ?? code,
    stdout,
    stderr,
  }));
  return { child, stdout: () => stdout, stderr: () => stderr, result };
}

/** Runs `inbound-sms` to its end. */
export async function runCli(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  return (await startCli(args, options)).result;
}

/** The JSON documents that `--json` printed, one a line. */
// biome-ignore lint/suspicious/noExplicitAny: what a script would get.
export function documentsOf({ stdout }: Pick<CliResult, 'stdout'>): any[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
