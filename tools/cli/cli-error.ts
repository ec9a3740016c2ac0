/** The exit codes. docs/cli.md has the same table, and a test compares the two. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  interrupted: 130,
} as const;

type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The meaning of each exit code. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'failed',
  [EXIT.usage]: 'wrong usage',
  [EXIT.notFound]: 'no such stage, stack or message',
  [EXIT.notAllowed]: 'no credentials, or not allowed',
  [EXIT.interrupted]: 'stopped with Ctrl-C',
};

/** An expected error: what is wrong and what it means for messages, then what to do, and an exit code. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: Exclude<ExitCode, typeof EXIT.done>;
  /** What to do. May be empty. */
  readonly hint: string;

  constructor(exitCode: CliError['exitCode'], message: string, hint = '') {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** Wrong usage that the parser cannot detect. */
export function usageError(message: string, hint = ''): CliError {
  return new CliError(EXIT.usage, message, hint);
}
