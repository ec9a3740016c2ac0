import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inServiceCopy, serverless } from '../../tools/local/package-service.ts';
import { TOKEN } from '../helpers/compiled-template.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The shipped files that users edited before settings.yml: see its README. */
const BEFORE = join(ROOT, 'test', 'fixtures', 'settings-before', 'files.tar.gz');

/** Git without anybody's settings. */
const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
const IDENTITY = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];

type Edit = (text: string) => string;

/** Edits of parameters.yml, and their result. */
const EDIT: Edit = (text) =>
  text
    .replace('retentionDays: 90', 'retentionDays: 400')
    .replace('allowedSmsNumbers: []', 'allowedSmsNumbers: ["0412345678"]')
    .replace('\n# `npm start`', '\nprod:\n  noTrafficAlarmHours: 24\n\n# `npm start`')
    .replace('throttleRate: 10000', 'throttleRate: 7');
const MOVED = {
  default: { retentionDays: '400', allowedSmsNumbers: ['0412345678'] },
  prod: { noTrafficAlarmHours: '24' },
};
const RENAME: Edit = (text) => text.replace('service: inbound-sms', 'service: shop-sms');

/** A user's clone of the version before, with edits. */
class Clone {
  readonly directory: string;
  constructor(directory: string) {
    this.directory = directory;
  }
  path(name: string): string {
    return join(this.directory, name);
  }
  /** Git's output, also if it fails, because a conflict is no failure here. */
  async git(...args: string[]): Promise<string> {
    const result = run('git', [...IDENTITY, ...args], { cwd: this.directory, env });
    return result.then(
      ({ stdout }) => stdout,
      ({ stdout, stderr }) => stdout + stderr,
    );
  }
  async edit(name: string, edit: Edit): Promise<void> {
    await writeFile(this.path(name), edit(await readFile(this.path(name), 'utf8')));
  }
  async move(): Promise<{ said: string; code: number }> {
    const script = join(ROOT, 'infra', 'plugin', 'move-settings.js');
    return run(process.execPath, [script], { cwd: this.directory }).then(
      ({ stdout }) => ({ said: stdout, code: 0 }),
      ({ stdout, stderr, code }) => ({ said: stdout + stderr, code }),
    );
  }
  async settings(): Promise<unknown> {
    return parse(await readFile(this.path('settings.yml'), 'utf8'), { schema: 'failsafe' });
  }
}

/**
 * The version before and this one as two commits. All files of this version are new to git, so git could
 * take any of them for a deleted file.
 */
async function bothVersions(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-versions-'));
  const git = (...args: string[]) => run('git', [...IDENTITY, ...args], { cwd: directory, env });
  await git('init', '-q', '--initial-branch', 'main');
  await run('tar', ['-xzf', BEFORE, '-C', directory]);
  await git('add', '-A');
  await git('commit', '-qm', 'The version before');
  const ofThis = ['-C', ROOT, '--git-dir', join(directory, '.git'), '--work-tree', ROOT];
  await git(...ofThis, 'add', '-A');
  await git(...ofThis, 'commit', '-qm', 'This version');
  return directory;
}

let upstream: string;
beforeAll(async () => {
  upstream = await bothVersions();
});
afterAll(() => rm(upstream, { recursive: true, force: true }));

async function cloneBefore(): Promise<Clone> {
  const clone = new Clone(await temporaryDir());
  await clone.git('clone', '-q', '--no-checkout', upstream, '.');
  await clone.git('reset', '-q', '--hard', 'HEAD~1');
  return clone;
}

/** A way to keep edits and get this version, and to finish after the settings are moved. */
interface Way {
  bring(clone: Clone): Promise<unknown>;
  /** After `git add -A infra serverless.yml`. */
  end(clone: Clone): Promise<unknown>;
}
const MERGE: Way = {
  bring: async (clone) => {
    await clone.git('commit', '-qam', 'Mine');
    await clone.git('pull', '--no-rebase', '--no-edit');
  },
  end: (clone) => clone.git('commit', '--no-edit'),
};
const WAYS: Readonly<Record<string, Way>> = {
  'a commit and a merge': MERGE,
  'a commit and a rebase': {
    bring: async (clone) => {
      await clone.git('commit', '-qam', 'Mine');
      await clone.git('pull', '--rebase');
    },
    end: (clone) => clone.git('-c', 'core.editor=true', 'rebase', '--continue'),
  },
  'a stash': {
    bring: async (clone) => {
      await clone.git('stash');
      await clone.git('pull', '--ff-only');
      await clone.git('stash', 'pop');
    },
    end: (clone) => clone.git('stash', 'drop'),
  },
  'a merge whose conflicts are resolved already': {
    bring: async (clone) => {
      await MERGE.bring(clone);
      await clone.git('rm', '-q', 'infra/parameters.yml');
      await clone.git('checkout', '--theirs', 'serverless.yml');
      await clone.git('add', '-A');
      await clone.git('commit', '-qm', 'Merge');
    },
    end: async () => {},
  },
};

describe.each(Object.entries(WAYS))('edits of the version before, with %s', (_, { bring, end }) => {
  it.each([
    ['of the parameters', { 'infra/parameters.yml': EDIT }, MOVED],
    ['of the name of the service', { 'serverless.yml': RENAME }, { service: 'shop-sms' }],
    [
      'of both',
      { 'infra/parameters.yml': EDIT, 'serverless.yml': RENAME },
      { service: 'shop-sms', ...MOVED },
    ],
  ])('%s are moved to settings.yml, and nothing of them stays', async (_, edits, settings) => {
    const clone = await cloneBefore();
    for (const [name, edit] of Object.entries(edits)) await clone.edit(name, edit);
    await bring(clone);
    const { said, code } = await clone.move();
    expect(code, said).toBe(0);
    expect(await clone.settings()).toEqual(settings);
    expect(said.includes('npm start -- --param throttleRate=7')).toBe('default' in settings);
    await clone.git('add', '-A', 'infra', 'serverless.yml');
    await end(clone);
    expect(await clone.git('status')).toContain('nothing to commit, working tree clean');
    expect(await clone.git('status')).toContain('On branch main');
    expect(await clone.git('diff', '--stat', 'origin/main')).toBe('');
  });
});

it('moves nothing if nothing was changed', async () => {
  const clone = await cloneBefore();
  await clone.git('pull', '--ff-only');
  expect(await clone.move()).toMatchObject({
    code: 0,
    said: expect.stringContaining('there is nothing to move'),
  });
  await expect(readFile(clone.path('settings.yml'))).rejects.toThrow('ENOENT');
});

it('does not change an existing settings.yml, and continues if all is in it', async () => {
  const clone = await cloneBefore();
  await clone.edit('infra/parameters.yml', EDIT);
  await MERGE.bring(clone);
  await writeFile(clone.path('settings.yml'), 'prod:\n  noTrafficAlarmHours: 7\n');
  const refused = await clone.move();
  expect(refused.code).toBe(1);
  expect(refused.said).toContain('retentionDays: 400');
  expect(await clone.settings()).toEqual({ prod: { noTrafficAlarmHours: '7' } });
  expect(await readFile(clone.path('infra/parameters.yml'), 'utf8')).toContain('400');

  const added = 'default:\n  retentionDays: 400\n  allowedSmsNumbers: 0412345678\n';
  await clone.edit('settings.yml', (text) => text + added);
  expect(await clone.move()).toMatchObject({ code: 0 });
  await expect(readFile(clone.path('infra/parameters.yml'))).rejects.toThrow('ENOENT');
});

it('compares with the defaults if there is no git', async () => {
  const clone = await cloneBefore();
  await clone.edit('infra/parameters.yml', EDIT);
  await rm(clone.path('.git'), { recursive: true });
  expect(await clone.move()).toMatchObject({ code: 0 });
  expect(await clone.settings()).toEqual(MOVED);
});

it('a deploy refuses while the old file exists', async () => {
  const refused = inServiceCopy(async (folder) => {
    await run('tar', ['-xzf', BEFORE, '-C', folder, 'infra/parameters.yml']);
    await serverless(['package', '--package', 'out'], folder, {
      WEBHOOK_TOKENS: TOKEN,
      EDGE_SECRETS: '',
    });
  });
  await expect(refused).rejects.toThrow(
    'infra/parameters.yml is not read any more. Run `node infra/plugin/move-settings.js`',
  );
}, 120_000);

it('the launcher tells how to resolve a conflict in serverless.yml', async () => {
  const clone = await cloneBefore();
  await clone.edit('serverless.yml', RENAME);
  await MERGE.bring(clone);
  await symlink(join(ROOT, 'node_modules'), clone.path('node_modules'));
  const packaged = run(clone.path('bin/serverless'), ['package'], { cwd: clone.directory });
  await expect(packaged).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('`node infra/plugin/move-settings.js` resolves it'),
  });
});
