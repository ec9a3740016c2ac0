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
 * Where git hosts serve SSH on port 443.
 *
 * @type {Readonly<Record<string, string>>}
 */
const SSH_HOSTS = {
  'ssh.github.com': 'github.com',
  'altssh.gitlab.com': 'gitlab.com',
  'altssh.bitbucket.org': 'bitbucket.org',
};

/**
 * What stands between a project and a path in it, by the host. `HEAD` is the default branch.
 *
 * @type {readonly { host: RegExp, isNested?: true, tree(branch?: string): string | undefined }[]}
 */
const FORGES = [
  { host: /(^|\.)github\./, tree: () => 'blob/HEAD' },
  { host: /(^|\.)gitlab\./, isNested: true, tree: () => '-/blob/HEAD' },
  { host: /^bitbucket\.org$/, tree: () => 'src/HEAD' },
  // It has no HEAD there.
  {
    host: /^codeberg\.org$|(^|\.)(gitea|forgejo)\./,
    tree: (branch) => branch && `src/branch/${branch}`,
  },
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
  const name = hostname.toLowerCase();
  const webHost = SSH_HOSTS[name] ?? name;
  const forge = FORGES.find((each) => each.host.test(webHost));
  const tree = forge?.tree(branch);
  if (!tree || (!forge?.isNested && project.split('/').length > 2)) return undefined;
  // The port of SSH is not that of the web.
  const site = protocol.startsWith('http') ? `${protocol}//${host}` : `https://${webHost}`;
  return `${site}/${project}/${tree}/${encodeURI(path)}`;
}
