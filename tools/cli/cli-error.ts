/** How a command ends, for scripts. docs/cli.md has the same table; a test holds the two together. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  interrupted: 130,
} as const;

type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means, for people. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'failed',
  [EXIT.usage]: 'wrong usage',
  [EXIT.notFound]: 'no such stage, stack or message',
  [EXIT.notAllowed]: 'no credentials, or not allowed',
  [EXIT.interrupted]: 'stopped with Ctrl-C',
};

/** An expected error: one line that says what is wrong, one that says what to do, and an exit code. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: Exclude<ExitCode, typeof EXIT.done>;
  /** What to do about it; empty if nothing can be said. */
  readonly hint: string;

  constructor(exitCode: CliError['exitCode'], message: string, hint = '') {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** The command was used wrongly, in a way that the parser itself does not see. */
export function usageError(message: string, hint = ''): CliError {
  return new CliError(EXIT.usage, message, hint);
}
