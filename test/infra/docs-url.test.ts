import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { docsFolder, docsUrl } from '../../infra/docs-url.js';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { inServiceCopy, serverless } from '../../tools/local/package-service.ts';
import { TOKEN } from '../helpers/compiled-template.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const GITHUB = 'https://github.com/owner/name/blob/HEAD/docs';
const SECRET = 'ghp_secret';

const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd });

/** Makes a folder look like a clone. It fetches nothing. */
async function makeClone(root: string, remote: string, { project = '.', branch = '' } = {}) {
  await mkdir(join(root, project, 'docs'), { recursive: true });
  await writeFile(join(root, project, 'docs', 'operations.md'), '');
  git(root, 'init', '--quiet');
  git(root, 'add', join(project, 'docs'));
  git(root, 'remote', 'add', 'origin', remote);
  const head = ['symbolic-ref', 'refs/remotes/origin/HEAD', `refs/remotes/origin/${branch}`];
  if (branch) git(root, ...head);
  return join(root, project);
}

describe('the folder of documents', () => {
  // https://docs.npmjs.com/cli/configuring-npm/package-json#repository
  it.each([
    ['https://github.com/owner/name'],
    ['https://github.com/owner/name.git'],
    [{ type: 'git', url: 'git+https://github.com/owner/name.git' }],
    [{ type: 'git', url: 'https://github.com/owner/name/' }],
    ['git+ssh://git@github.com/owner/name.git'],
  ])('follows the repository %j of package.json', (repository) => {
    expect(docsFolder({ repository })).toBe(GITHUB);
  });

  it.each([[null], ['owner/name'], ['https://git.example/owner/name'], [{}]])(
    'is not known for the repository %j',
    (repository) => {
      expect(docsFolder({ repository })).toBe('');
    },
  );

  it.each([
    ['https://github.com/owner/name.git', GITHUB],
    ['https://github.com/owner/name', GITHUB],
    ['git@github.com:owner/name.git', GITHUB],
    ['ssh://git@github.com/owner/name.git', GITHUB],
    ['ssh://git@ssh.github.com:443/owner/name.git', GITHUB],
    [`https://${SECRET}@github.com/owner/name.git`, GITHUB],
    [`https://user:${SECRET}@GitHub.com/owner/name.git?token=${SECRET}`, GITHUB],
    [
      'https://github.example.com:8443/owner/name.git',
      'https://github.example.com:8443/owner/name/blob/HEAD/docs',
    ],
    ['git@gitlab.com:group/sub/name.git', 'https://gitlab.com/group/sub/name/-/blob/HEAD/docs'],
    [
      'ssh://git@gitlab.example.com:2222/group/name.git',
      'https://gitlab.example.com/group/name/-/blob/HEAD/docs',
    ],
    [
      `https://user:${SECRET}@bitbucket.org/owner/name.git`,
      'https://bitbucket.org/owner/name/src/HEAD/docs',
    ],
    ['git@codeberg.org:owner/name.git', 'https://codeberg.org/owner/name/src/branch/main/docs'],
    [
      'https://gitea.example.com/owner/name.git',
      'https://gitea.example.com/owner/name/src/branch/main/docs',
    ],
    // Unknown, or indistinguishable from a secret.
    ['git@git.example.com:owner/name.git', ''],
    [`https://github.com/${SECRET}@github.com/owner/name.git`, ''],
    [`https://github.com/${SECRET}/owner/name.git`, ''],
    ['/srv/git/owner/name.git', ''],
    ['C:/git/owner/name', ''],
    [`https://github.com/owner/${'n'.repeat(200)}`, ''],
  ])('follows the remote origin, without its secrets: %s', async (remote, expected) => {
    const clone = await makeClone(await temporaryDir(), remote, { branch: 'main' });
    expect(docsFolder({ repository: null, clone })).toBe(expected);
  });

  it('may be part of a larger clone', async () => {
    const root = await temporaryDir();
    const clone = await makeClone(root, 'git@github.com:owner/name.git', { project: 'our sms' });
    expect(docsFolder({ repository: null, clone })).toBe(
      'https://github.com/owner/name/blob/HEAD/our%20sms/docs',
    );
  });

  it('is unknown in another project’s clone, and without its default branch', async () => {
    const root = await temporaryDir();
    await makeClone(root, 'git@codeberg.org:owner/name.git');
    expect(docsFolder({ repository: null, clone: root })).toBe('');
    await mkdir(join(root, 'unpacked'));
    expect(docsFolder({ repository: null, clone: join(root, 'unpacked') })).toBe('');
  });

  it('is unknown without git, and without a clone', async () => {
    const clone = await makeClone(await temporaryDir(), 'git@github.com:owner/name.git');
    expect(docsFolder({ repository: null, clone })).toBe(GITHUB);
    expect(docsFolder({ repository: null, clone: await temporaryDir() })).toBe('');
    vi.stubEnv('PATH', '');
    expect(docsFolder({ repository: null, clone })).toBe('');
    vi.unstubAllEnvs();
  });

  it('is the user’s own before all others, then package.json’s', async () => {
    const clone = await makeClone(await temporaryDir(), 'git@gitlab.com:owner/name.git');
    await writeFile(join(clone, 'settings.yml'), 'docsUrl: https://wiki.example.com/sms/\n');
    const own = readSettings(clone).docsUrl;
    const repository = 'https://github.com/owner/name';
    expect(docsFolder({ ...(own && { own }), repository, clone })).toBe(
      'https://wiki.example.com/sms',
    );
    expect(docsFolder({ repository, clone })).toBe(GITHUB);
  });
});

it.each([
  [GITHUB, `${GITHUB}/operations.md#conflicts`],
  // Bitbucket has its own anchors.
  [
    'https://bitbucket.org/owner/name/src/HEAD/docs',
    'https://bitbucket.org/owner/name/src/HEAD/docs/operations.md#markdown-header-conflicts',
  ],
  ['', "docs/operations.md#conflicts in the project's folder"],
])('a section in the folder %j is at %s', (folder, expected) => {
  expect(docsUrl('operations.md#conflicts', folder)).toBe(expected);
});

it('e-mails link to the clone without its secrets, and the functions stay the same', async () => {
  const [inClone, without] = await Promise.all(
    [`https://user:${SECRET}@github.com/owner/name.git`, undefined].map((remote) =>
      inServiceCopy(async (folder) => {
        if (remote) await makeClone(folder, remote);
        const secrets = { WEBHOOK_TOKENS: TOKEN, EDGE_SECRETS: '' };
        await serverless(['package', '--package', 'out', '--stage', 'prod'], folder, secrets);
        const names = (await readdir(join(folder, 'out'))).toSorted();
        const files = names.map(async (name) => {
          return [name, await readFile(join(folder, 'out', name))] as const;
        });
        return new Map(await Promise.all(files));
      }),
    ),
  );
  const text = String(inClone?.get('cloudformation-template-update-stack.json'));
  expect(text).toContain(`What to do: ${GITHUB}/operations.md#conflicts`);
  for (const content of inClone?.values() ?? []) expect(content.includes(SECRET)).toBe(false);
  for (const zip of ['receiveSms.zip', 'publishPending.zip']) {
    expect(inClone?.get(zip)).toEqual(without?.get(zip));
  }
}, 120_000);
