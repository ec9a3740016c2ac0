import { CliError, EXIT } from '../cli-error.ts';
import { explainError } from '../explain-error.ts';
import type { Stack } from '../stack.ts';

/** `skipped`: the check is not possible from here. `warning`: it works, but something should be done. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

/** The result of a check. */
export interface Finding {
  readonly check: string;
  readonly status: Status;
  /** The fact, in one line. It may quote texts of others. */
  readonly detail: string;
  /** How long it took, if that is of interest. */
  readonly ms?: number;
  /** What to do about it. */
  readonly hint?: string;
}

/** Checks one thing, or several of a kind. */
export interface Check {
  /** The name of its findings, or the beginning of their names. */
  readonly name: string;
  /** @throws The error of AWS. {@link runChecks} turns it into a finding. */
  run(stack: Stack, signal: AbortSignal): Promise<readonly Finding[]>;
}

/** Makes the findings of a check of this name, with a hint where something should be done. */
export function findingsOf(check: string) {
  const of =
    (status: Status) =>
    (detail: string, hint = '', ms?: number): Finding => ({
      check,
      status,
      detail,
      ...(ms !== undefined && { ms }),
      ...(hint && { hint }),
    });
  return {
    ok: (detail: string, ms?: number) => of('ok')(detail, '', ms),
    warning: of('warning'),
    failed: of('failed'),
    skipped: of('skipped'),
  };
}

/** Ends a call of the SDK with the command. */
export type Abort = { readonly abortSignal: AbortSignal };

interface Context extends ReturnType<typeof findingsOf> {
  readonly stack: Stack;
  readonly signal: AbortSignal;
  readonly abort: Abort;
}

/** A check of this name. It makes its findings with the functions of its context. */
export function check(
  name: string,
  run: (context: Context) => Promise<Finding | readonly Finding[]>,
): Check {
  return {
    name,
    async run(stack, signal) {
      const abort = { abortSignal: signal };
      return [await run({ stack, signal, abort, ...findingsOf(name) })].flat();
    },
  };
}

/** A deploy does not restore a part that somebody has changed by hand: CloudFormation compares only templates. */
export const RESTORE =
  'Somebody has changed it by hand, and a deploy does not restore it: docs/operations.md#changed-by-hand';

/**
 * Runs the checks in order. A check that throws an expected error becomes a finding, and the others run.
 *
 * @throws If the signal has aborted, or for an unexpected error.
 */
export async function* runChecks(
  checks: readonly Check[],
  stack: Stack,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  for (const check of checks) {
    signal.throwIfAborted();
    try {
      yield* await check.run(stack, signal);
    } catch (error) {
      signal.throwIfAborted();
      const explained = explainError(error);
      if (!explained) throw error;
      const { failed, skipped } = findingsOf(check.name);
      // The stack exists, but the checked part does not.
      const isGone = explained.exitCode === EXIT.notFound && !(error instanceof CliError);
      // A part that we may not see may be fine.
      const found = explained.exitCode === EXIT.notAllowed ? skipped : failed;
      yield found(explained.message, isGone ? RESTORE : explained.hint);
    }
  }
}
