import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { inServiceCopy, packageService, serverless } from '../../../tools/local/package-service.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { temporaryDir } from './temporary-dir.ts';

// Packaging takes seconds, and much longer on a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const functionsIn = async (directory: string) =>
  Promise.all(
    ['receiveSms.zip', 'publishPending.zip'].map((zip) => readFile(join(directory, zip))),
  );

/** A user's variables, which packaging must not read. */
const USERS_OWN = {
  AWS_PROFILE: 'no-such-profile',
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  HTTP_PROXY: 'http://127.0.0.1:1',
  NODE_OPTIONS: '--require=/no/such/file',
  HOME: '/dev/null',
  XDG_CACHE_HOME: '/dev/null',
  SLS_LOG_LEVEL: 'debug',
  ALARM_EMAIL: 'somebody@example.com',
  SERVERLESS_PLATFORM_STAGE: 'dev',
};

test('two in parallel, with all that a user may have set, make the same package', async () => {
  for (const [name, value] of Object.entries(USERS_OWN)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const directories = [await temporaryDir(), await temporaryDir()];
  await Promise.all(directories.map((directory) => packageService({ directory, tokens: 'test' })));
  const expected = await functionsIn(packageDir());
  for (const directory of directories) expect(await functionsIn(directory)).toEqual(expected);
});

test('the fault of a service that cannot be packaged is reported', async () => {
  const directory = await temporaryDir();
  await expect(packageService({ directory, tokens: 'not/a/token' })).rejects.toThrow(
    /^The service cannot be packaged:\n.*WEBHOOK_TOKENS may hold only letters/s,
  );
});

test('packaging can be cancelled', async () => {
  const directory = await temporaryDir();
  const ending = new AbortController();
  const packaging = packageService({ directory, tokens: 'test', signal: ending.signal });
  ending.abort();
  await expect(packaging).rejects.toThrow('aborted');
  expect(await readdir(directory)).toEqual([]);
});

test('code that cannot be built ends the packaging', async () => {
  const message = await inServiceCopy(async (folder) => {
    await rm(join(folder, 'functions'), { recursive: true });
    await mkdir(join(folder, 'functions'));
    for (const name of ['receive-sms', 'publish-pending']) {
      await writeFile(join(folder, 'functions', `${name}.ts`), "import './missing.ts';");
    }
    const directory = await temporaryDir();
    return serverless(['package', '--stage', 'local', '--package', directory], folder, {
      WEBHOOK_TOKENS: 'test',
      EDGE_SECRETS: '',
    }).catch((error: Error) => error.message);
  });
  expect(message).toContain('Could not resolve "./missing.ts"');
});
