import { execFileSync } from 'node:child_process';

/**
 * Runs git in a folder.
 *
 * @param {string} cwd
 * @param {number} [timeout] In milliseconds.
 * @returns {(...args: string[]) => string | undefined} What git prints; undefined if it prints nothing or fails,
 * as in a folder that is no clone.
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
 * What stands between a project and a path in it, by the host. `HEAD` is the default branch. Codeberg and Gitea
 * have none, and ask for the branch itself.
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
 * The URL of a path in a project, as GitHub, GitLab, Bitbucket, Codeberg and Gitea have it. It is made of host
 * and project only: a remote may hold a password.
 *
 * @param {string} remote A git remote, https or ssh.
 * @param {string} path
 * @param {string} [branch] The default branch, if that is known.
 * @returns {string | undefined} Nothing if the host is not known.
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
  // They serve SSH on port 443 as `ssh.github.com`, `altssh.gitlab.com` and `altssh.bitbucket.org`.
  const webHost = hostname
    .toLowerCase()
    .replace(/^(alt)?ssh\.(?=(github\.com|gitlab\.com|bitbucket\.org)$)/, '');
  const [, tree] = FORGES.find(([pattern]) => pattern.test(webHost)) ?? [];
  const isBranchMissing = tree?.endsWith('/') && !branch;
  // Only GitLab has groups within groups.
  const isNested = project.split('/').length > 2 && tree !== '-/blob/HEAD';
  if (!tree || isBranchMissing || isNested) return undefined;
  // The port of SSH is not that of the web.
  const site = protocol.startsWith('http') ? `${protocol}//${host}` : `https://${webHost}`;
  return `${site}/${project}/${tree.endsWith('/') ? tree + branch : tree}/${encodeURI(path)}`;
}
