/** Where git hosts serve SSH on port 443. */
const SSH_HOSTS = {
  'ssh.github.com': 'github.com',
  'altssh.gitlab.com': 'gitlab.com',
  'altssh.bitbucket.org': 'bitbucket.org',
};

/** What stands between a project and a path in it, by the host. `HEAD` is the default branch. */
const FORGES = [
  { host: /(^|\.)github\./, project: /^[^/]+\/[^/]+$/, tree: () => 'blob/HEAD' },
  { host: /(^|\.)gitlab\./, project: /\//, tree: () => '-/blob/HEAD' },
  { host: /^bitbucket\.org$/, project: /^[^/]+\/[^/]+$/, tree: () => 'src/HEAD' },
  {
    host: /^codeberg\.org$|(^|\.)(gitea|forgejo)\./,
    project: /^[^/]+\/[^/]+$/,
    // It has no HEAD there.
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
  const { site, host, project } = parse(remote) ?? {};
  const forge = FORGES.find((each) => each.host.test(host ?? '') && each.project.test(project));
  const tree = forge?.tree(branch);
  return tree && `${site}/${project}/${tree}/${encodeURI(path)}`;
}

function parse(/** @type {string} */ remote) {
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
  // The port of SSH is not that of the web.
  const site = protocol.startsWith('http') ? `${protocol}//${host}` : `https://${webHost}`;
  return { site, host: webHost, project };
}
