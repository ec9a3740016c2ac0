import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { calledOn } from '../../../tools/cli/command.ts';
import { findRunningLocalStack, readUserFiles, selectorOf } from '../../../tools/cli/find-stack.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { temporaryDir } from '../local/temporary-dir.ts';

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return `http://localhost:${port}`;
}

describe('a running local stack', () => {
  it('is waited for five seconds', async () => {
    const over = AbortSignal.abort(new DOMException('It took too long', 'TimeoutError'));
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over);
    onTestFinished(() => timeout.mockRestore());
    const url = await serve(() => {});
    await expect(findRunningLocalStack(url, new AbortController().signal)).rejects.toMatchObject({
      message: `No local stack answers at ${url}: there is no answer`,
      exitCode: 3,
    });
    expect(timeout).toHaveBeenCalledExactlyOnceWith(5_000);
  });

  it('is waited for no longer than the command runs', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal);
    onTestFinished(() => timeout.mockRestore());
    const stopping = new AbortController();
    const url = await serve(() => stopping.abort(new Error('stopped')));
    await expect(findRunningLocalStack(url, stopping.signal)).rejects.toThrow(/^stopped$/);
  });
});

describe('a command that is shown for copying', () => {
  it.each([
    ['bin/inbound-sms doctor', { stage: 'dev' }, {}],
    ['bin/inbound-sms doctor --stage prod', { stage: 'prod' }, {}],
    ['bin/inbound-sms doctor --stage dev', { stage: 'dev' }, { INBOUND_SMS_STAGE: 'prod' }],
    [
      "bin/inbound-sms doctor --stage prod --stack sms --region us-east-1 --profile 'my own'",
      { stage: 'prod', stack: 'sms', region: 'us-east-1', profile: 'my own' },
      {},
    ],
    ['bin/inbound-sms doctor --table sms', { stage: 'dev', table: 'sms' }, {}],
    [
      'bin/inbound-sms doctor --local=http://localhost:3500',
      { stage: 'dev', local: 'http://localhost:3500' },
      {},
    ],
  ])('names the same stack: %s', (command, options, environment) => {
    expect(calledOn({ selector: selectorOf(options, environment) }, 'doctor')).toBe(command);
  });
});

async function read(stage: string, settings?: string, dotenv?: string) {
  const directory = await temporaryDir();
  if (settings !== undefined) await writeFile(join(directory, 'settings.yml'), settings);
  if (dotenv !== undefined) await writeFile(join(directory, '.env'), dotenv);
  const environment: Record<string, string | undefined> = {};
  return { ...readUserFiles(stage, { projectDirectory: directory, environment }), environment };
}

describe('the country of numbers', () => {
  it.each([
    ['AU', 'without a file', undefined],
    ['AU', 'in an empty file', '# nothing yet\n'],
    ['NZ', 'at the top', 'country: nz\n'],
    ['GB', 'as UK', 'country: UK\n'],
    ['NZ', 'of this stage', 'country: US\nprod:\n  country: NZ\ntest:\n  country: FR\n'],
    ['US', 'when another stage has its own', 'country: US\ntest:\n  country: FR\n'],
    ['FR', 'below default', 'default:\n  country: FR\n'],
    // The code of Norway, which other readers of YAML take for `false`.
    ['NO', 'for Norway', 'country: NO\n'],
  ])('is %s %s', async (country, _, settings) => {
    expect(await read('prod', settings)).toMatchObject({ country });
  });

  it.each([
    ['Australia', 'settings.yml, line 2: country must be a code of two letters'],
    ['XX', 'settings.yml, line 2: country must be a code of two letters'],
    ['61', 'settings.yml, line 2: country must be a code of two letters'],
    ['[AU, NZ]', 'settings.yml, line 2: country must be a code of two letters'],
    ['', 'settings.yml, line 2: country must be a code of two letters'],
  ])('is not %j, and the error names the line', async (country, message) => {
    await expect(read('prod', `# mine\ncountry: ${country}\n`)).rejects.toThrow(message);
  });
});

it('reads the name of the service', async () => {
  expect(await read('prod')).toMatchObject({ service: 'inbound-sms' });
  expect(await read('prod', 'service: shop-sms')).toMatchObject({ service: 'shop-sms' });
});

it('adds the variables of .env, except for the local stack', async () => {
  expect((await read('prod', undefined, 'A=1')).environment).toEqual({ A: '1' });
  expect((await read('local', 'country: NZ', 'A=1')).environment).toEqual({});
  expect(await read('local', 'country: NZ', 'A=1')).toMatchObject({ country: 'NZ' });
});

it.each(['no-such-folder', 'a-file'])('says that %s is no folder', async (name) => {
  const directory = await temporaryDir();
  await writeFile(join(directory, 'a-file'), '');
  const projectDirectory = join(directory, name);
  for (const stage of ['prod', 'local']) {
    expect(() => readUserFiles(stage, { projectDirectory, environment: {} })).toThrow(
      `INBOUND_SMS_PROJECT is not a folder: ${projectDirectory}`,
    );
  }
});

it('takes no link to nothing for a missing file', async () => {
  const directory = await temporaryDir();
  await symlink('no-such-file', join(directory, 'settings.yml'));
  expect(() => readUserFiles('prod', { projectDirectory: directory, environment: {} })).toThrow(
    'settings.yml cannot be read: it is a link to a file that does not exist',
  );
});

it('names a file that it cannot read', async () => {
  const directory = await temporaryDir();
  await mkdir(join(directory, 'settings.yml'));
  expect(() => readUserFiles('prod', { projectDirectory: directory, environment: {} })).toThrow(
    'settings.yml cannot be read: it is a folder',
  );
});
