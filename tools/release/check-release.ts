import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** What a release is made of. */
export interface Candidate {
  /** The version to be, such as `1.1.0`. */
  readonly version: string;
  /** Today here, as `2026-11-28`. */
  readonly today: string;
  readonly branch: string;
  /** What `git status --porcelain` prints. */
  readonly status: string;
  /** The text of CHANGELOG.md. */
  readonly changelog: string;
}

/** What keeps a version from being released, in words for whoever releases it. */
export function faultsOf(candidate: Candidate): string[] {
  const { branch, status } = candidate;
  return [
    ...(branch === 'main' ? [] : [`You are on ${branch}. Releases are made on main.`]),
    ...(status === '' ? [] : [`The tree is not clean. Commit or remove:\n${status.trimEnd()}`]),
    ...changelogFaults(candidate),
  ];
}

function changelogFaults({ version, today, changelog }: Candidate): string[] {
  const [, newest = ''] = changelog.split(/^## /m);
  const [heading = '', ...lines] = newest.split('\n');
  const wanted = `${version} - ${today}`;
  if (heading !== wanted) {
    return [`CHANGELOG.md must begin with "## ${wanted}", not with "## ${heading}".`];
  }
  const hasEntry = lines.some((line) => line.startsWith('- '));
  return hasEntry ? [] : [`CHANGELOG.md has no entry for ${version}.`];
}

/** A day of this machine's calendar, as `2026-11-28`. */
export const dayOf = (date: Date) => date.toLocaleDateString('sv-SE');

/** `npm version` runs this, and then `npm test`, before it changes a file. */
function main(): void {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' });
  const faults = faultsOf({
    version: process.env.npm_new_version ?? '',
    today: dayOf(new Date()),
    branch: git('branch', '--show-current').trim() || 'no branch',
    status: git('status', '--porcelain'),
    changelog: readFileSync('CHANGELOG.md', 'utf8'),
  });
  for (const fault of faults) console.error(stripVTControlCharacters(fault));
  if (faults.length > 0) process.exitCode = 1;
}

if (import.meta.main) main();
