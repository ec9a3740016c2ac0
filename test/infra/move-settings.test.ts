import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inServiceCopy, serverless } from '../../tools/local/package-service.ts';
import { TOKEN } from '../helpers/compiled-template.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The files that people edited before settings.yml, as they were shipped. */
const BEFORE = join(ROOT, 'test', 'fixtures', 'settings-before');

type Edit = (text: string) => string;

/** Edits of parameters.yml, and what becomes of them. */
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

/** Somebody's clone of the version before, with their edits. */
class Clone {
  readonly directory: string;
  constructor(directory: string) {
    this.directory = directory;
  }
  path(name: string): string {
    return join(this.directory, name);
  }
  /** What git says, also if it fails: a conflict is no failure here. */
  async git(...args: string[]): Promise<string> {
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const result = run('git', [...identity, ...args], { cwd: this.directory });
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

async function cloneBefore(): Promise<Clone> {
  const upstream = new Clone(await temporaryDir());
  await upstream.git('init', '--initial-branch', 'main');
  await mkdir(upstream.path('infra'));
  await cp(join(BEFORE, 'parameters.yml'), upstream.path('infra/parameters.yml'));
  await cp(join(BEFORE, 'serverless.yml'), upstream.path('serverless.yml'));
  await writeFile(upstream.path('.gitignore'), 'settings.yml\n');
  await upstream.git('add', '-A');
  await upstream.git('commit', '-m', 'The version before');
  const clone = new Clone(await temporaryDir());
  await clone.git('clone', '-q', upstream.directory, '.');
  await upstream.git('rm', '-q', 'infra/parameters.yml');
  await cp(join(ROOT, 'serverless.yml'), upstream.path('serverless.yml'));
  await upstream.git('add', '-A');
  await upstream.git('commit', '-m', 'This version');
  return clone;
}

/** The ways in which people keep edits, and in which git merges them. */
const WAYS: Readonly<Record<string, (clone: Clone) => Promise<unknown>>> = {
  'a commit and a merge': async (clone) => {
    await clone.git('commit', '-qam', 'Mine');
    await clone.git('pull', '--no-rebase', '--no-edit');
  },
  'a commit and a rebase': async (clone) => {
    await clone.git('commit', '-qam', 'Mine');
    await clone.git('pull', '--rebase');
  },
  'a stash': async (clone) => {
    await clone.git('stash');
    await clone.git('pull', '--ff-only');
    await clone.git('stash', 'pop');
  },
  'a merge whose conflicts are resolved already': async (clone) => {
    await clone.git('commit', '-qam', 'Mine');
    await clone.git('pull', '--no-rebase', '--no-edit');
    await clone.git('rm', '-q', 'infra/parameters.yml');
    await clone.git('checkout', '--theirs', 'serverless.yml');
    await clone.git('add', '-A');
    await clone.git('commit', '-qm', 'Merge');
  },
};

describe.each(Object.entries(WAYS))('edits of the version before, with %s', (_, bring) => {
  it('are moved to settings.yml, and nothing of them stays', async () => {
    const clone = await cloneBefore();
    await clone.edit('infra/parameters.yml', EDIT);
    await clone.edit('serverless.yml', RENAME);
    await bring(clone);
    const { said, code } = await clone.move();
    expect(code, said).toBe(0);
    expect(await clone.settings()).toEqual({ service: 'shop-sms', ...MOVED });
    expect(said).toContain('npm start -- --param throttleRate=7');
    await expect(readFile(clone.path('infra/parameters.yml'))).rejects.toThrow('ENOENT');
    expect(await readFile(clone.path('serverless.yml'), 'utf8')).toBe(
      await readFile(join(ROOT, 'serverless.yml'), 'utf8'),
    );
  });
});

it('only the name of the service is moved if nothing else was changed', async () => {
  const clone = await cloneBefore();
  await clone.edit('serverless.yml', RENAME);
  await WAYS['a commit and a merge']?.(clone);
  expect(await clone.move()).toMatchObject({ code: 0 });
  expect(await clone.settings()).toEqual({ service: 'shop-sms' });
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

it('leaves a settings.yml as it is, and goes on when all is in it', async () => {
  const clone = await cloneBefore();
  await clone.edit('infra/parameters.yml', EDIT);
  await WAYS['a commit and a merge']?.(clone);
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

it('without git compares with the defaults', async () => {
  const clone = await cloneBefore();
  await clone.edit('infra/parameters.yml', EDIT);
  await rm(clone.path('.git'), { recursive: true });
  expect(await clone.move()).toMatchObject({ code: 0 });
  expect(await clone.settings()).toEqual(MOVED);
});

it('a deploy refuses while the old file is there', async () => {
  const refused = inServiceCopy(async (folder) => {
    await cp(join(BEFORE, 'parameters.yml'), join(folder, 'infra', 'parameters.yml'));
    await serverless(['package', '--package', 'out'], folder, {
      WEBHOOK_TOKENS: TOKEN,
      EDGE_SECRETS: '',
    });
  });
  await expect(refused).rejects.toThrow(
    'infra/parameters.yml is not read any more. Run `npm run move-settings`',
  );
}, 120_000);

it('the launcher tells of a conflict in serverless.yml what resolves it', async () => {
  const clone = await cloneBefore();
  await clone.edit('serverless.yml', RENAME);
  await WAYS['a commit and a merge']?.(clone);
  for (const name of ['bin', 'node_modules']) await symlink(join(ROOT, name), clone.path(name));
  const packaged = run(clone.path('bin/serverless'), ['package'], { cwd: clone.directory });
  await expect(packaged).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('`npm run move-settings` resolves it'),
  });
});
