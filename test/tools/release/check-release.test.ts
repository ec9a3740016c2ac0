import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Candidate, dayOf, faultsOf } from '../../../tools/release/check-release.ts';
import { temporaryDir } from '../local/temporary-dir.ts';

const READY: Candidate = {
  version: '1.1.0',
  today: '2027-01-31',
  branch: 'main',
  status: '',
  changelog: '# Changelog\n\n## 1.1.0 - 2027-01-31\n\n- News.\n\n## 1.0.0 - 2026-11-28\n\n- All.\n',
};
const { changelog } = READY;

describe('a release', () => {
  it('is fine on a clean main with a changelog of today', () => {
    expect(faultsOf(READY)).toEqual([]);
  });

  it.each<[string, Partial<Candidate>, string]>([
    ['of a branch', { branch: 'fix' }, 'You are on fix. Releases are made on main.'],
    [
      'with changes',
      { status: ' M lib/webhook.ts\n?? notes.txt\n' },
      'The tree is not clean. Commit or remove:\n M lib/webhook.ts\n?? notes.txt',
    ],
    [
      'of another version than the changelog’s',
      { version: '2.0.0' },
      'CHANGELOG.md must begin with "## 2.0.0 - 2027-01-31", not with "## 1.1.0 - 2027-01-31".',
    ],
    [
      'of another day than the changelog’s',
      { today: '2027-02-01' },
      'CHANGELOG.md must begin with "## 1.1.0 - 2027-02-01", not with "## 1.1.0 - 2027-01-31".',
    ],
    [
      'with entries that no version has',
      { changelog: changelog.replace('## ', '## Unreleased\n\n- More.\n\n## ') },
      'CHANGELOG.md must begin with "## 1.1.0 - 2027-01-31", not with "## Unreleased".',
    ],
    [
      'with nothing in the changelog',
      { changelog: changelog.replace('- News.', 'News.') },
      'CHANGELOG.md has no entry for 1.1.0.',
    ],
  ])('is refused %s', (_, changes, fault) => {
    expect(faultsOf({ ...READY, ...changes })).toEqual([fault]);
  });

  it('tells all that is wrong at once', () => {
    expect(faultsOf({ ...READY, branch: 'fix', status: '?? a\n', version: '2.0.0' })).toHaveLength(
      3,
    );
  });
});

describe('npm version', { timeout: 60_000 }, () => {
  const run = promisify(execFile);
  const TODAY = dayOf(new Date());

  /** A clone that is ready for 1.1.0, in which `npm test` runs this script. */
  async function clone(test: string, text: string) {
    const folder = await temporaryDir();
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
    const { preversion } = scripts;
    await mkdir(join(folder, 'tools'));
    await cp('tools/release', join(folder, 'tools', 'release'), { recursive: true });
    const manifest = { name: 'a', version: '1.0.0', type: 'module', scripts: { preversion, test } };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'CHANGELOG.md'), text);
    // The Node that runs the project, as `npm run` finds it in node_modules/.bin.
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    const people = { NAME: 'a', EMAIL: 'a@example.com' };
    const env = {
      PATH,
      HOME: await temporaryDir(),
      ...Object.fromEntries(
        Object.entries(people).flatMap(([name, value]) => [
          [`GIT_AUTHOR_${name}`, value],
          [`GIT_COMMITTER_${name}`, value],
        ]),
      ),
    };
    const git = async (...args: string[]) =>
      (await run('git', args, { cwd: folder, env })).stdout.trim();
    await git('init', '-q', '-b', 'main');
    await git('add', '-A');
    await git('commit', '-q', '-m', 'Begin');
    const release = () => run('npm', ['version', 'minor'], { cwd: folder, env });
    const version = async () =>
      JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version;
    return { git, release, version };
  }
  const PASSES = 'node -e ""';
  const FAILS = 'echo a test fails >&2 && exit 1';
  const dated = (day: string) => `# Changelog\n\n## 1.1.0 - ${day}\n\n- News.\n`;

  it('commits and tags a version that is ready', async () => {
    const { git, release, version } = await clone(PASSES, dated(TODAY));
    await release();
    expect(await version()).toBe('1.1.0');
    expect(await git('tag')).toBe('v1.1.0');
    expect(await git('status', '--porcelain')).toBe('');
  });

  it.each([
    ['the changelog is of another day', PASSES, dated('2026-01-01'), 'CHANGELOG.md must begin'],
    ['a test fails', FAILS, dated(TODAY), 'a test fails\n'],
  ])('changes nothing if %s', async (_, test, text, said) => {
    const { git, release, version } = await clone(test, text);
    const error = await release().then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error.stderr).toContain(said);
    expect(await version()).toBe('1.0.0');
    expect(await git('tag')).toBe('');
    expect(await git('status', '--porcelain')).toBe('');
  });
});
