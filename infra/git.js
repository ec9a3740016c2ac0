import { execFileSync } from 'node:child_process';

/**
 * Runs git in a folder.
 *
 * @param {string} cwd
 * @param {number} [timeout] In milliseconds.
 * @returns {(...args: string[]) => string | undefined} Git's output. Undefined if it is empty or git fails,
 * for example because the folder is no clone.
 */
export function gitIn(cwd, timeout) {
  return (...args) => {
    try {
      return (
        execFileSync('git', args, {
          cwd,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
          timeout,
        }).trim() || undefined
      );
    } catch {
      return undefined;
    }
  };
}

/**
 * The part of a URL between a project and a path in it, by host. `HEAD` is the default branch. Codeberg and
 * Gitea do not know `HEAD`, so the branch follows.
 *
 * @type {readonly [host: RegExp, tree: string][]}
 */
const FORGES = [
  [/(^|\.)github\./, 'blob/HEAD'],
  [/(^|\.)gitlab\./, '-/blob/HEAD'],
  [/^bitbucket\.org$/, 'src/HEAD'],
  [/^codeberg\.org$|(^|\.)(gitea|forgejo)\./, 'src/branch/'],
];

/**
 * The URL of a path in a project on GitHub, GitLab, Bitbucket, Codeberg or Gitea. It uses only host and
 * project, because a remote may hold a password.
 *
 * @param {string} remote A git remote, https or ssh.
 * @param {string} path
 * @param {string} [branch] The default branch, if known.
 * @returns {string | undefined} Undefined if the host is unknown.
 */
export function webUrl(remote, path, branch) {
  // `git@github.com:owner/name`, but not `https://…`
  const [, scpHost, scpPath] = /^(?:[^@:/]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(remote) ?? [];
  const address = scpHost ? `ssh://${scpHost}/${scpPath}` : remote.replace(/^git\+/, '');
  if (!URL.canParse(address)) return undefined;
  const { protocol, host, hostname, pathname } = new URL(address);
  const project = pathname.replace(/^\/+/, '').replace(/(\.git)?\/*$/, '');
  if (!/^(https?|ssh|git):$/.test(protocol) || !/^[\w.-]+(\/[\w.-]+)+$/.test(project)) {
    return undefined;
  }
  // These hosts serve SSH on port 443 as `ssh.github.com`, `altssh.gitlab.com` and `altssh.bitbucket.org`.
  const webHost = hostname
    .toLowerCase()
    .replace(/^(alt)?ssh\.(?=(github\.com|gitlab\.com|bitbucket\.org)$)/, '');
  const [, tree] = FORGES.find(([pattern]) => pattern.test(webHost)) ?? [];
  const isBranchMissing = tree?.endsWith('/') && !branch;
  // Only GitLab has groups within groups.
  const isNested = project.split('/').length > 2 && tree !== '-/blob/HEAD';
  if (!tree || isBranchMissing || isNested) return undefined;
  // The port of SSH is not the port of the website.
  const site = protocol.startsWith('http') ? `${protocol}//${host}` : `https://${webHost}`;
  return `${site}/${project}/${tree.endsWith('/') ? tree + branch : tree}/${encodeURI(path)}`;
}
