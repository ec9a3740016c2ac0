import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryDir } from '../local/temporary-dir.ts';
import { runCli } from './run-cli.ts';

/** Runs `inbound-sms token ...` for a folder with this file. */
async function save(before: string | null | undefined, ...args: string[]) {
  const directory = await temporaryDir();
  const file = join(directory, args.includes('--stage') ? '.env.prod' : '.env');
  if (before === null) await mkdir(file);
  else if (before !== undefined) {
    await writeFile(file, before);
    await chmod(file, 0o644);
  }
  const { stdout, stderr, code } = await runCli(['token', ...args], { cwd: directory });
  const text = await readFile(file, 'utf8').catch(() => '');
  const mode = (await stat(file).catch(() => undefined))?.mode;
  return { said: stdout + stderr, code, text, mode: mode && mode & 0o777 };
}

describe('inbound-sms token --save', () => {
  it('makes a file that only its owner can read, and does not print the token', async () => {
    const { said, code, text, mode } = await save(undefined, '--save');
    const { WEBHOOK_TOKENS = '' } = parseEnv(text);
    expect({ code, mode }).toEqual({ code: 0, mode: 0o600 });
    expect(WEBHOOK_TOKENS).toMatch(/^[\w-]{32}$/);
    expect(said).toContain('Saved to .env');
    expect(said).not.toContain(WEBHOOK_TOKENS);
  });

  it.each(['A=1', 'A=1\n', '# mine\nALARM_EMAIL=a@example.com\n'])(
    'keeps what is in the file, and closes it to others: %j',
    async (before) => {
      const { text, mode } = await save(before, '--save');
      expect(text.startsWith(before)).toBe(true);
      expect(parseEnv(text)).toEqual({
        ...parseEnv(before),
        WEBHOOK_TOKENS: expect.stringMatching(/^[\w-]{32}$/),
      });
      expect(mode).toBe(0o600);
    },
  );

  it('saves the token of a stage in its own file, and says that .env does not count there', async () => {
    const { said, text } = await save(undefined, '--save', '--stage', 'prod');
    expect(text).toMatch(/^WEBHOOK_TOKENS=/);
    expect(said).toContain('.env.prod is read instead of .env');
  });

  it.each(['WEBHOOK_TOKENS=s3cret-token', 'export WEBHOOK_TOKENS="s3cret"\n'])(
    'changes nothing where there is a token: %j',
    async (before) => {
      const { said, code, text, mode } = await save(before, '--save');
      expect({ code, text, mode }).toEqual({ code: 1, text: before, mode: 0o644 });
      expect(said).toContain('.env sets WEBHOOK_TOKENS already.');
      expect(said).toContain('WEBHOOK_TOKENS=OLD,NEW');
      expect(said).not.toContain('s3cret');
    },
  );

  it.each([
    ['WEBHOOK_TOKENS=', 'WEBHOOK_TOKENS=TOKEN\n'],
    ['A=1\r\nWEBHOOK_TOKENS=\r\nB=2\r\n', 'A=1\r\nWEBHOOK_TOKENS=TOKEN\r\nB=2\r\n'],
    ['export WEBHOOK_TOKENS = ""\n', 'export WEBHOOK_TOKENS =TOKEN\n'],
    ["WEBHOOK_TOKENS='' # mine\n", 'WEBHOOK_TOKENS=TOKEN # mine\n'],
    ['A="\nWEBHOOK_TOKENS="\nWEBHOOK_TOKENS=\n', 'A="\nWEBHOOK_TOKENS="\nWEBHOOK_TOKENS=TOKEN\n'],
  ])('fills in a variable that is empty: %j', async (before, after) => {
    const { code, text, mode } = await save(before, '--save');
    const { WEBHOOK_TOKENS = '' } = parseEnv(text);
    expect(WEBHOOK_TOKENS).toMatch(/^[\w-]{32}$/);
    expect({ code, mode }).toEqual({ code: 0, mode: 0o600 });
    expect(text.replace(WEBHOOK_TOKENS, 'TOKEN')).toMatch(new RegExp(`^${after}# Who hears`));
  });

  it('changes nothing where the variable stands twice, once empty', async () => {
    const before = 'WEBHOOK_TOKENS=s3cret\nWEBHOOK_TOKENS=\n';
    const { code, text, said } = await save(before, '--save');
    expect({ code, text }).toEqual({ code: 1, text: before });
    expect(said).toContain('.env sets WEBHOOK_TOKENS twice, in line 1 and in line 2.');
  });

  it('says that a folder is no file', async () => {
    const { said, code } = await save(null, '--save');
    expect(code).toBe(1);
    expect(said).toContain('.env cannot be read: it is a folder');
  });

  it.each([
    [['--save', '--stage', '../x'], 'A stage has only letters'],
    [['--stage', 'prod'], '--stage needs --save'],
    [['--sve'], "unknown option '--sve'"],
  ])('%j is refused', async (args, message) => {
    expect(await save(undefined, ...args)).toMatchObject({
      code: 2,
      said: expect.stringContaining(message),
    });
  });
});

describe('inbound-sms token --json', () => {
  it('has the token for a script', async () => {
    const { said } = await save(undefined, '--json');
    expect(JSON.parse(said)).toEqual({ token: expect.stringMatching(/^[\w-]{32}$/) });
  });

  it('has the name of the file that it was saved in, and not the token', async () => {
    const { said } = await save(undefined, '--save', '--json');
    expect(JSON.parse(said)).toEqual({ saved: '.env' });
  });
});
