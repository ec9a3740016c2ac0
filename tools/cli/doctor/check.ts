import { CliError, EXIT } from '../cli-error.ts';
import { explainError } from '../explain-error.ts';
import type { Stack } from '../stack.ts';

/** `skipped`: nobody can tell from here. `warning`: it works, and something should be done. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

/** What a check has found. */
export interface Finding {
  readonly check: string;
  readonly status: Status;
  /** What is so, in one line. It may quote what others wrote. */
  readonly detail: string;
  /** How long it took, where that tells something. */
  readonly ms?: number;
  /** What to do about it. */
  readonly hint?: string;
}

/** Finds out about one thing, or about several of a kind. */
export interface Check {
  /** Its findings have this name, or begin with it. */
  readonly name: string;
  /** @throws What AWS throws: {@link runChecks} makes a finding of that. */
  run(stack: Stack, signal: AbortSignal): Promise<readonly Finding[]>;
}

/** The findings that a check of this name may have, each with what is to be done where something is. */
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

/** For a call of the SDK: it ends with the command. */
export type Abort = { readonly abortSignal: AbortSignal };

interface Context extends ReturnType<typeof findingsOf> {
  readonly stack: Stack;
  readonly signal: AbortSignal;
  readonly abort: Abort;
}

/** A check of this name, which says what it finds with the functions of its context. */
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

/** A deploy changes only what its template changes: CloudFormation does not see what somebody did by hand. */
export const RESTORE =
  'Somebody has changed it by hand, and a deploy does not bring it back: docs/operations.md#changed-by-hand';

/**
 * Runs checks one after the other. One that cannot be made is a finding as well, and the others go on.
 *
 * @throws Once the signal has aborted; an error that nobody expects.
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
      // The stack is there, but not the part of it that the check looks at.
      const isGone = explained.exitCode === EXIT.notFound && !(error instanceof CliError);
      // What we may not see may be all right.
      const found = explained.exitCode === EXIT.notAllowed ? skipped : failed;
      yield found(explained.message, isGone ? RESTORE : explained.hint);
    }
  }
}
