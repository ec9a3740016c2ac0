import { fileURLToPath } from 'node:url';
import { CliError, EXIT } from './cli-error.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Long enough to remove temporary queues. After that, the process ends. */
const CLEANUP_LIMIT_MS = 10_000;

/** The signals that end a command. The exit code is 128 plus this number. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** The process, as a command sees it. */
export interface Runtime {
  /** The variables of the environment. Those of `.env` are added. */
  readonly environment: Record<string, string | undefined>;
  /** The current folder. Relative file names start there. */
  readonly directory: string;
  /** The project's folder, where `.env` is. */
  readonly projectDirectory: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts with an {@link Interruption} or an {@link OutputError} when the command must end. */
  readonly signal: AbortSignal;
  /** After this call, the command continues when stdout has no reader: its work and its exit code still count. */
  goOnUnread(): void;
}

/** A command was stopped. This is not an error. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('Interrupted');
    this.exitCode = exitCode;
  }
}

/** The output cannot be written. It may end in the middle of a line. */
export class OutputError extends CliError {
  override readonly name = 'OutputError';

  constructor({ code, message }: NodeJS.ErrnoException) {
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    super(
      EXIT.failed,
      `The output cannot be written: ${isFull ? `there is no space left (${code})` : message}`,
      `What was written is not complete. ${isFull ? 'Free some space, or write to another disk' : 'Write to another place'}, and run the command again.`,
    );
  }
}

/** The runtime of this process. Ctrl-C, the end of the terminal, or the end of stdout's reader interrupts the command. */
export function processRuntime(): Runtime {
  const interrupting = new AbortController();
  const abort = (reason: Error, exitCode: number) => {
    if (interrupting.signal.aborted) return;
    interrupting.abort(reason);
    setTimeout(() => process.exit(exitCode), CLEANUP_LIMIT_MS).unref();
  };
  const interrupt = (exitCode: number) => abort(new Interruption(exitCode), exitCode);
  for (const [signal, number] of Object.entries(SIGNALS)) {
    // `on` and not `once`: npm repeats the Ctrl-C that the terminal has sent already.
    process.on(signal, () => interrupt(128 + number));
  }
  let needsReader = true;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // As with `inbound-sms list | head`: the reader needs no more.
      if (error.code !== 'EPIPE') abort(new OutputError(error), EXIT.failed);
      else if (needsReader) interrupt(EXIT.done);
    });
  }
  return {
    environment: process.env,
    directory: process.cwd(),
    projectDirectory: process.env.INBOUND_SMS_PROJECT || PROJECT,
    // A getter, so that only commands that read stdin open it and wait for it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interrupting.signal,
    goOnUnread: () => {
      needsReader = false;
    },
  };
}

/** A signal that aborts this much later. */
export function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  const abort = () => void setTimeout(() => later.abort(signal.reason), ms).unref();
  signal.addEventListener('abort', abort, { once: true });
  return later.signal;
}
