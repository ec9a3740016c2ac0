import { CliError, EXIT } from '../cli-error.ts';
import { explainError } from '../explain-error.ts';
import { type Check, type Finding, finding, RESTORE } from './finding.ts';

/**
 * Runs checks one after the other. One that cannot be made is a finding as well, and the others go on.
 *
 * @throws Once the signal has aborted; an error that nobody expects.
 */
export async function* runChecks(
  checks: readonly Check[],
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  for (const check of checks) {
    signal.throwIfAborted();
    try {
      yield* await check.run();
    } catch (error) {
      signal.throwIfAborted();
      yield failedCheck(check.name, error);
    }
  }
}

function failedCheck(name: string, error: unknown): Finding {
  const explained = explainError(error);
  if (!explained) throw error;
  // What we may not see may be all right.
  const status = explained.exitCode === EXIT.notAllowed ? 'skipped' : 'failed';
  const hint = isGone(error) ? RESTORE : explained.hint;
  return finding(name, status, explained.message, hint ? { hint } : {});
}

/** The stack is there, but not the part of it that the check looks at. */
function isGone(error: unknown): boolean {
  return !(error instanceof CliError) && explainError(error)?.exitCode === EXIT.notFound;
}
