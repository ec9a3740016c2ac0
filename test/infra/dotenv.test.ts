import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readUserFiles } from '../../tools/cli/find-stack.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVERLESS = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');

/** The variables of the cases. */
const NAMES = ['A', 'B', 'C'];

interface Case {
  /** By name; `null` is a folder. */
  readonly files: Readonly<Record<string, string | Buffer | { readonly link: string } | null>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, string>> | string;
  /** Whether to run a real deploy, too, which takes seconds. */
  readonly isDeployed?: true;
}

/** A file's meaning, or why it is refused. No error shows a file's secrets. */
const CASES: Readonly<Record<string, Case>> = {
  'no file': { files: {}, expected: {} },
  'a comment, an export, blanks': {
    files: { '.env': '# mine\nexport A = 1 # one\n\n  B=2\n' },
    expected: { A: '1', B: '2' },
  },
  'the file of the stage instead': {
    isDeployed: true,
    files: { '.env': 'A=1\nB=1', '.env.prod': 'A=2', '.env.dev': 'A=3' },
    expected: { A: '2' },
  },
  'a variable that is set': {
    files: { '.env': 'A=1' },
    environment: { A: '2' },
    expected: { A: '2' },
  },
  'a variable that is set to nothing': {
    isDeployed: true,
    files: { '.env': 'A=1' },
    environment: { A: '' },
    expected: { A: '' },
  },
  'an empty value': { files: { '.env': 'A=\nB=""' }, expected: { A: '', B: '' } },
  quotes: {
    files: { '.env': `A="two words"\nB='#1'\nC="one\ntwo=2"` },
    expected: { A: 'two words', B: '#1', C: 'one\ntwo=2' },
  },
  references: {
    isDeployed: true,
    files: { '.env': 'A=1\nB=${A}-${D:-none}-$E\nC=\\$A' },
    environment: { E: 'set' },
    expected: { A: '1', B: '1-none-set', C: '$A' },
  },
  'lines of Windows and a BOM': {
    files: { '.env': '\ufeffA=1\r\nB=2\r\n' },
    expected: { A: '1', B: '2' },
  },
  'UTF-16, as PowerShell writes it': {
    isDeployed: true,
    files: { '.env': Buffer.from('\ufeffA=1\r\n', 'utf16le') },
    expected: { A: '1' },
  },
  'UTF-16 behind UTF-8': {
    files: {
      '.env': Buffer.concat([Buffer.from('A=s3cret\n'), Buffer.from('B=s3cret', 'utf16le')]),
    },
    expected: '.env mixes encodings. Save it as UTF-8',
  },
  'a variable twice': {
    files: { '.env': 'A=s3cret\n# A=0\nB=1\nexport A="s3cret"\n' },
    expected: '.env sets A twice, in line 1 and in line 4. Keep one of them',
  },
  'the tokens twice': {
    isDeployed: true,
    files: { '.env.prod': 'WEBHOOK_TOKENS=s3cret\nWEBHOOK_TOKENS=s3cret2\n' },
    expected:
      '.env.prod sets WEBHOOK_TOKENS twice, in line 1 and in line 2. Keep one of them, or both values in one line: WEBHOOK_TOKENS=OLD,NEW',
  },
  'a name within a quoted value': {
    files: { '.env': 'A="x\nA=y"\n' },
    expected: { A: 'x\nA=y' },
  },
  'a quote that is not closed': {
    isDeployed: true,
    files: { '.env': 'B=1\nA="s3cret\n' },
    expected:
      '.env, line 2: the value of A begins with " but does not end with it. Put quotes on both sides, or none',
  },
  'a quote that is not closed, behind an export and before a comment': {
    files: { '.env': "export A = 's3cret # mine\n" },
    expected: ".env, line 1: the value of A begins with ' but does not end with it",
  },
  'text behind the closing quote': {
    files: { '.env': 'A="s3cret"s3cret\n' },
    expected: '.env, line 1: the value of A begins with " but does not end with it',
  },
  'quotes within quotes, and within a value': {
    files: { '.env': `A='"json"'\nB=it's\nC="say \\"x\\""\n` },
    expected: { A: '"json"', B: "it's", C: 'say \\"x\\"' },
  },
  'a link to nothing': {
    isDeployed: true,
    files: { '.env': { link: 'no-such-file' } },
    expected: '.env cannot be read: it is a link to a file that does not exist',
  },
  'a link to a file': {
    files: { '.env': { link: 'shared' }, shared: 'A=1' },
    expected: { A: '1' },
  },
  'a folder': {
    isDeployed: true,
    files: { '.env': null },
    expected: '.env cannot be read: it is a folder, and should be a file',
  },
};

async function folderWith(files: Case['files']): Promise<string> {
  const directory = await temporaryDir();
  for (const [name, content] of Object.entries(files)) {
    if (content === null) await mkdir(join(directory, name));
    else if (typeof content === 'object' && 'link' in content) {
      await symlink(content.link, join(directory, name));
    } else await writeFile(join(directory, name), content);
  }
  return directory;
}

const among = (environment: Readonly<Record<string, string | null | undefined>>) =>
  Object.fromEntries(
    NAMES.flatMap((name) => (environment[name] == null ? [] : [[name, environment[name]]])),
  );

describe.each(Object.entries(CASES))(
  '%s',
  (_, { files, environment = {}, expected, isDeployed }) => {
    it('means this to the command line', async () => {
      const directory = await folderWith(files);
      const variables = { ...environment };
      if (typeof expected === 'string') {
        expect(() =>
          readUserFiles('prod', { projectDirectory: directory, environment: variables }),
        ).toThrow(expected);
        return;
      }
      readUserFiles('prod', { projectDirectory: directory, environment: variables });
      expect(among(variables)).toEqual(expected);
    });

    if (!isDeployed) return;
    it('means the same to a deploy', async () => {
      const directory = await folderWith(files);
      const { stdout, code } = await printService(directory, environment);
      if (typeof expected === 'string') {
        expect(stdout).toContain(expected);
        expect(stdout).not.toContain('s3cret');
        expect(code).toBe(1);
        return;
      }
      expect(code, stdout).toBe(0);
      expect(among(JSON.parse(stdout))).toEqual(expected);
    });
  },
);

/** A small service that reads `.env` as ours does, and prints the variables. */
async function printService(directory: string, environment: Readonly<Record<string, string>>) {
  const [, useDotenv] =
    /^useDotenv: (.+)$/m.exec(await readFile(join(ROOT, 'serverless.yml'), 'utf8')) ?? [];
  const lines = [
    ...['service: one', 'configValidationMode: error', `useDotenv: ${useDotenv}`],
    ...['provider:', '  name: aws', `  stage: \${opt:stage, 'dev'}`],
    ...['plugins:', '  - ./infra/plugin/index.js', 'custom:'],
    ...NAMES.map((name) => `  ${name}: \${env:${name}, null}`),
  ];
  await writeFile(join(directory, 'serverless.yml'), lines.join('\n'));
  for (const name of ['infra', 'node_modules'])
    await symlink(join(ROOT, name), join(directory, name));
  const { PATH = '', HOME = '' } = process.env;
  const args = ['print', '--stage', 'prod', '--path', 'custom', '--format', 'json'];
  return run(process.execPath, [SERVERLESS, ...args], {
    cwd: directory,
    env: { PATH, HOME, NO_COLOR: '1', NODE_NO_WARNINGS: '1', ...environment },
  }).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    ({ stdout, stderr, code }) => ({ stdout: stdout + stderr, code }),
  );
}

it.skipIf(process.getuid?.() === 0)('a file without read permission is refused', async () => {
  const directory = await folderWith({ '.env': 'A=1' });
  await chmod(join(directory, '.env'), 0);
  expect(() => readUserFiles('prod', { projectDirectory: directory, environment: {} })).toThrow(
    '.env cannot be read: you have no permission to read it',
  );
});
