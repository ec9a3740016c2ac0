import { EXIT, type FailureCode } from './exit-codes.ts';

/** An expected error: one line that says what is wrong, one that says what to do, and an exit code. */
export class CliError extends Error {
  readonly exitCode: FailureCode;
  /** What to do about it; empty if nothing can be said. */
  readonly hint: string;

  constructor(exitCode: FailureCode, message: string, hint = '') {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** The command was used wrongly, in a way that the parser itself does not see. */
export function usageError(message: string, hint = ''): CliError {
  return new CliError(EXIT.usage, message, hint);
}
