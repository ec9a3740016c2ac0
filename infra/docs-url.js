import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { gitIn, webUrl } from './git.js';

const PACKAGE = new URL('../package.json', import.meta.url);

/** Of the folder of documents: with it, the texts of alarms keep below CloudWatch's 1,024 characters. */
export const MAX_URL_LENGTH = 200;

/**
 * Where people read a section of a document: on the web if the folder's URL is known, otherwise in their copy
 * of the project.
 *
 * @param {string} section `operations.md#conflicts`
 * @param {string} folder The URL of `docs`, or nothing.
 */
export function docsUrl(section, folder) {
  if (!folder) return `docs/${section} in the project's folder`;
  const isBitbucket = new URL(folder).host === 'bitbucket.org';
  return `${folder}/${isBitbucket ? section.replace('#', '#markdown-header-') : section}`;
}

/**
 * The URL of the folder of documents. The first that is known counts: the user's own, `repository` of
 * package.json, the remote `origin` of the clone.
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

/** Nothing without git, in no clone, or in that of another project. @param {string} folder */
function urlOfClone(folder) {
  const git = gitIn(folder, 5_000);
  // From the clone's root: the project may be a part of a larger one. Empty if it is not committed there.
  const operations = ['--full-name', 'docs/operations.md'];
  const file = git('-c', 'core.quotePath=false', 'ls-files', ...operations);
  const remote = file && git('remote', 'get-url', 'origin');
  if (!remote) return undefined;
  // The default branch, as `git clone` has noted it.
  const branch = git('symbolic-ref', '--short', 'refs/remotes/origin/HEAD');
  return webUrl(remote, posix.dirname(file), branch?.replace('origin/', ''));
}

function repositoryOfPackage() {
  return JSON.parse(readFileSync(PACKAGE, 'utf8')).repository;
}
