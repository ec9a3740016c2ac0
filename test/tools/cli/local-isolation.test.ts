import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { someRecord } from '../../fixtures/messages.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { serveStack } from './fake-local-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';

const LAUNCHER = fileURLToPath(new URL('../../../bin/inbound-sms', import.meta.url));

const HOSTILE = {
  AWS_PROFILE: 'nobody',
  AWS_REGION: 'not a region',
  AWS_ENDPOINT_URL: 'nowhere',
  AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_USE_DUALSTACK_ENDPOINT: 'true',
  AWS_MAX_ATTEMPTS: 'many',
  AWS_RETRY_MODE: 'never',
  AWS_CA_BUNDLE: '/nowhere',
  HTTP_PROXY: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  ALL_PROXY: 'http://127.0.0.1:1',
};

it("--local takes nothing from AWS's variables, profiles or proxies", async () => {
  const record = someRecord({});
  const url = await serveStack([record]);
  const HOME = await temporaryDir();
  await mkdir(join(HOME, '.aws'));
  const config =
    '[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\nretry_mode = never\n';
  await writeFile(join(HOME, '.aws', 'config'), config);
  const listed = await runCli(['list', '--json', `--local=${url}`], { env: { ...HOSTILE, HOME } });
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(documentsOf(listed)).toMatchObject([{ message_id: record.message_id }]);

  // Node itself would use the proxies for everything.
  const env = { ...HOSTILE, HOME, PATH: process.env.PATH, NODE_USE_ENV_PROXY: '1' };
  const { stdout } = await promisify(execFile)(LAUNCHER, ['list', '--json', '--local', url], {
    env,
  });
  expect(documentsOf({ stdout })).toHaveLength(1);
});

it.each(['/dev/null/nowhere', ''])('an unwritable HOME is no matter: "%s"', async (HOME) => {
  const url = await serveStack([someRecord({})]);
  const listed = await runCli(['list', '--json', `--local=${url}`], {
    env: { HOME, NODE_COMPILE_CACHE: '/dev/null/nowhere' },
  });
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(documentsOf(listed)).toHaveLength(1);
});
