import { fileURLToPath } from 'node:url';
import { CliError, EXIT } from './cli-error.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Long enough to remove what a command made; then the process ends all the same. */
const CLEANUP_LIMIT_MS = 10_000;

/** Numbers of the signals that end a command: its exit code is 128 and the signal's number. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** What a command sees of the process that it runs in. */
export interface Runtime {
  /** The variables; those of `.env` are added to it. */
  readonly environment: Record<string, string | undefined>;
  /** The folder that the command runs in: names of files start there. */
  readonly directory: string;
  /** The project's folder, where `.env` is. */
  readonly projectDirectory: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts with an {@link Interruption} or an {@link OutputError} when the command must end. */
  readonly signal: AbortSignal;
  /** From now on the command goes on when nobody reads stdout any more: its exit code is a result, too. */
  goOnUnread(): void;
}

/** Why a command ends before it is done, which is no error. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('Interrupted');
    this.exitCode = exitCode;
  }
}

/** The output cannot be written: what is there ends anywhere, also in the middle of a line. */
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

/** This process: Ctrl-C, the end of the terminal, and a reader that has gone interrupt the command. */
export function processRuntime(): Runtime {
  const interrupting = new AbortController();
  const abort = (reason: Error, exitCode: number) => {
    if (interrupting.signal.aborted) return;
    interrupting.abort(reason);
    setTimeout(() => process.exit(exitCode), CLEANUP_LIMIT_MS).unref();
  };
  const interrupt = (exitCode: number) => abort(new Interruption(exitCode), exitCode);
  for (const [signal, number] of Object.entries(SIGNALS)) {
    // Not once: npm passes Ctrl-C on to a process that the terminal has told already.
    process.on(signal, () => interrupt(128 + number));
  }
  let needsReader = true;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `inbound-sms list | head` has read all that it wants.
      if (error.code !== 'EPIPE') abort(new OutputError(error), EXIT.failed);
      else if (needsReader) interrupt(EXIT.done);
    });
  }
  return {
    environment: process.env,
    directory: process.cwd(),
    projectDirectory: process.env.INBOUND_SMS_PROJECT || PROJECT,
    // Opened by whoever reads it: no other command waits for it.
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

/** Aborts that much later than the signal. */
export function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  const abort = () => void setTimeout(() => later.abort(signal.reason), ms).unref();
  signal.addEventListener('abort', abort, { once: true });
  return later.signal;
}
