import { appendFile, cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type Inputs,
  keyOfInputs,
  ROOT,
  readInputs,
  writeInputs,
} from '../../../tools/local/package-inputs.ts';
import { temporaryDir } from './temporary-dir.ts';

const OPTIONS = { args: ['package', '--stage', 'local'], secrets: { WEBHOOK_TOKENS: 'test' } };
/** The key's other inputs: the versions of the installed packages, and the packaging code. */
const OTHERS = [
  'node_modules/.package-lock.json',
  'tools/local/package-service.ts',
  'tools/local/package-inputs.ts',
];

/** A user's setting for deployments. */
const OWN = 'WEBHOOK_TOKENS=of-the-user';

/** A project that a test may change. It has no installed packages. */
async function project(): Promise<string> {
  const [folder, root] = [await temporaryDir(), await temporaryDir()];
  await writeInputs(await readInputs(), folder);
  await rm(join(folder, 'node_modules'));
  await cp(folder, root, { recursive: true });
  for (const path of OTHERS) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(join(ROOT, path), join(root, path));
  }
  return root;
}

const keyOf = async (root: string, options: unknown = OPTIONS) =>
  keyOfInputs(await readInputs(undefined, root), options, root);

it('packaging and deploying have the TypeScript that they load', async () => {
  const inputs = await readInputs();
  const loader = String(inputs.get('infra/plugin/function-config.js'));
  const loaded = [...loader.matchAll(/ from '\.\/([^']+)'/g)].map(([, path]) => path);
  expect(loaded).toContain('lib/config.ts');
  expect([...inputs.keys()]).toEqual(expect.arrayContaining(loaded));
});

it('packaging sees only the key’s files and the installed packages', async () => {
  const folder = await temporaryDir();
  const inputs = await readInputs();
  await writeInputs(inputs, folder);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  expect(paths.sort()).toEqual([...inputs.keys(), 'node_modules'].sort());
  expect([...inputs.keys()]).toEqual(
    expect.arrayContaining([
      'serverless.yml',
      'package-lock.json',
      'tsconfig.json',
      'infra/sweeper.yml',
      'infra/plugin/index.js',
      'infra/bundle/index.js',
      'functions/receive-sms.ts',
      'lib/config.ts',
    ]),
  );
});

it('packaging reads no file of the user', async () => {
  const root = await project();
  const before = await keyOf(root);
  for (const name of ['.env', '.env.local', 'settings.yml']) {
    await writeFile(join(root, name), OWN);
  }
  for (const content of (await readInputs(undefined, root)).values()) {
    expect(String(content)).not.toContain(OWN);
  }
  expect(await keyOf(root)).toBe(before);
});

it('a change of any file changes the key', async () => {
  const root = await project();
  const before = await keyOf(root);
  expect(await keyOf(root)).toBe(before);
  const paths = [...(await readInputs()).keys(), ...OTHERS];
  const keys = new Set([before]);
  for (const path of paths) {
    await appendFile(join(root, path), ' ');
    keys.add(await keyOf(root));
  }
  expect(keys.size).toBe(paths.length + 1);
});

it.each<[string, (root: string) => Promise<unknown>]>([
  ['is added', (root) => writeFile(join(root, 'lib', 'more.ts'), '')],
  [
    'is added in a new folder',
    (root) => cp(join(root, 'lib'), join(root, 'infra', 'lib'), { recursive: true }),
  ],
  ['is taken away', (root) => rm(join(root, 'infra', 'topic.js'))],
  [
    'gets another name',
    (root) => rename(join(root, 'lib', 'config.ts'), join(root, 'lib', 'c.ts')),
  ],
])('a file that %s changes the key', async (_, change) => {
  const root = await project();
  const before = await keyOf(root);
  await change(root);
  expect(await keyOf(root)).not.toBe(before);
});

it('each option changes the key', async () => {
  const inputs: Inputs = new Map();
  const { args, secrets } = OPTIONS;
  const options = [
    OPTIONS,
    { args: [...args, '--param', 'retentionDays=7'], secrets },
    { args, secrets: { WEBHOOK_TOKENS: 'other' } },
    { args, secrets: { ...secrets, EDGE_SECRETS: 'secret' } },
  ];
  const keys = await Promise.all(options.map((each) => keyOfInputs(inputs, each)));
  expect(new Set(keys).size).toBe(options.length);
});

it('there is no key if npm’s list of installed packages is missing', async () => {
  const root = await project();
  await rm(join(root, 'node_modules', '.package-lock.json'));
  await expect(keyOf(root)).rejects.toThrow('ENOENT');
});
