import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** Lines that explain why a program has ended. */
const MAX_LINES = 10;
const MAX_LINE_LENGTH = 500;
/** How long the program may take to end when it is asked to. */
const GRACE_MS = 2_000;

/**
 * Runs a program in a process group of its own. The group ends with this process, however that ends: a tunnel
 * that is left behind would lead strangers to the next program that gets its port. The shell's own job waits
 * for the end of a pipe that only this process holds.
 */
const LEASHED = `
(trap '' TERM INT HUP; cat <&3; kill -TERM 0; sleep 2; kill -KILL 0) >/dev/null 2>&1 &
exec "$@" 3<&-
`;

/** A tunnel program that runs. Disposed of, it and its children end. */
export interface TunnelProcess extends AsyncDisposable {
  /** How it has ended, such as `exit code 1`, once it has. */
  readonly ended: Promise<string>;
  /** The last lines of its output. */
  readonly lastLines: readonly string[];
}

/**
 * @param environment Of the program.
 * @param onLine Each line that it writes.
 */
export function runTunnelProgram(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): TunnelProcess {
  const child = spawn('/bin/sh', ['-c', LEASHED, 'sh', ...argv], {
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const lastLines: string[] = [];
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const read = streams.map((input) => {
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => {
      if (line.trim() === '') return;
      lastLines.push(line.slice(0, MAX_LINE_LENGTH));
      if (lastLines.length > MAX_LINES) lastLines.shift();
      onLine(line);
    });
    return once(lines, 'close');
  });
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once('error', ({ message }) => resolve(message));
  child.once('exit', async (code, signal) => {
    signalGroup(child.pid, 'SIGKILL');
    await Promise.all(read);
    resolve(signal ?? `exit code ${code}`);
  });
  // Its other end is the program's. It is never written to.
  child.stdio[3]?.on('error', () => {});
  return {
    ended,
    lastLines,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        signalGroup(child.pid, 'SIGTERM');
        await Promise.race([ended, delay(GRACE_MS, undefined, { ref: false })]);
        signalGroup(child.pid, 'SIGKILL');
      }
      await ended;
      child.stdio[3]?.destroy();
    },
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}
