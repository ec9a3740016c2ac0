/** `skipped`: nobody can tell from here. `warning`: it works, and something should be done. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

/** A deploy changes only what its template changes: CloudFormation does not see what somebody did by hand. */
export const RESTORE =
  'Somebody has changed it by hand, and a deploy does not bring it back: docs/operations.md#changed-by-hand';

/** What a check has found. */
export interface Finding {
  readonly check: string;
  readonly status: Status;
  /** What is so, in one line. It may quote what others wrote. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
  /** How long it took, where that tells something. */
  readonly ms?: number;
}

/** Finds out about one thing, or about several of a kind. */
export interface Check {
  /** Its findings have this name, or begin with it. */
  readonly name: string;
  /** @throws What AWS throws: the one who runs it makes a finding of that. */
  run(): Promise<readonly Finding[]>;
}

/** A check's finding, with what is to be done where something is. */
export function finding(
  check: string,
  status: Status,
  detail: string,
  more: { readonly hint?: string; readonly ms?: number } = {},
): Finding {
  return { check, status, detail, ...more };
}
