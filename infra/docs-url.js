import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { gitIn, webUrl } from './git.js';

const PACKAGE = new URL('../package.json', import.meta.url);

/** With a longer URL, an alarm's text could exceed CloudWatch's 1,024 characters. */
export const MAX_URL_LENGTH = 200;

/**
 * Where to read a section of a document: on the web if the folder's URL is known, otherwise in the user's
 * copy of the project.
 *
 * @param {string} section `operations.md#conflicts`
 * @param {string} folder The URL of `docs`; empty if unknown.
 */
export function docsUrl(section, folder) {
  if (!folder) return `docs/${section} in the project's folder`;
  const isBitbucket = new URL(folder).host === 'bitbucket.org';
  return `${folder}/${isBitbucket ? section.replace('#', '#markdown-header-') : section}`;
}

/**
 * Finds the URL of the documents' folder. It takes the first of these: the user's own, `repository` of
 * package.json, the clone's remote `origin`.
 *
 * @param {object} from
 * @param {string | undefined} [from.own]
 * @param {string | { url?: string } | null} [from.repository]
 * https://docs.npmjs.com/cli/configuring-npm/package-json#repository
 * @param {string} [from.clone] A folder. Without it, git is not asked.
 * @returns {string} Empty if none is known.
 */
export function docsFolder({ own, repository = repositoryOfPackage(), clone }) {
  if (own) return own;
  const remote = typeof repository === 'string' ? repository : repository?.url;
  const url = webUrl(remote ?? '', 'docs') ?? (clone && urlOfClone(clone)) ?? '';
  return url.length <= MAX_URL_LENGTH ? url : '';
}

/** Undefined without git, outside of a clone, or in a clone of another project. @param {string} folder */
function urlOfClone(folder) {
  const git = gitIn(folder, 5_000);
  // The path from the clone's root, because the project may be part of a larger one. Empty if it is not
  // committed.
  const operations = ['--full-name', 'docs/operations.md'];
  const file = git('-c', 'core.quotePath=false', 'ls-files', ...operations);
  const remote = file && git('remote', 'get-url', 'origin');
  if (!remote) return undefined;
  // The default branch, which `git clone` has stored.
  const branch = git('symbolic-ref', '--short', 'refs/remotes/origin/HEAD');
  return webUrl(remote, posix.dirname(file), branch?.replace('origin/', ''));
}

function repositoryOfPackage() {
  return JSON.parse(readFileSync(PACKAGE, 'utf8')).repository;
}
