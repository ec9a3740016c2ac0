import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDir } from '../local/temporary-dir.ts';
import { runCli } from './run-cli.ts';

const CONFIG = `[profile away]
source_profile = middle
role_arn = arn:aws:iam::123456789012:role/away
[profile middle]
source_profile = base
role_arn = arn:aws:iam::123456789012:role/middle
[profile round]
source_profile = round
role_arn = arn:aws:iam::123456789012:role/round
[profile sso]
sso_session = work
sso_account_id = 123456789012
sso_role_name = reader
[sso-session work]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
`;
const NAMES = 'away, middle, round, sso';

async function list(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const HOME = await temporaryDir();
  await mkdir(join(HOME, '.aws'));
  await writeFile(join(HOME, '.aws', 'config'), CONFIG);
  const { code, stderr } = await runCli(['list', '--stage', 'prod', ...args], {
    env: { HOME, ...env },
  });
  const [message = '', hint = ''] = stderr.trimEnd().split('\n');
  return { code, message, hint };
}

it.each([
  ['--profile', ['--profile', 'nope'], {}],
  ['AWS_PROFILE', [], { AWS_PROFILE: 'nope' }],
])('a profile that is not there is named, and those that are (%s)', async (_, args, env) => {
  expect(await list(args, env as Record<string, string>)).toEqual({
    code: 4,
    message: 'error: There is no profile "nope" in ~/.aws/config or ~/.aws/credentials.',
    hint: `There are: ${NAMES}. Name one with --profile or AWS_PROFILE.`,
  });
});

it('a source_profile that is not there is named, with the profile that wants it', async () => {
  expect(await list(['--profile', 'away'])).toEqual({
    code: 4,
    message:
      'error: The profile "middle" takes its credentials from "base" (source_profile), and there is no such profile.',
    hint: 'Add "base" to ~/.aws/config or ~/.aws/credentials, or correct source_profile.',
  });
});

it('a profile that leads to itself ends', async () => {
  expect(await list(['--profile', 'round'])).toMatchObject({
    code: 4,
    message: expect.stringMatching(/^error: There are no AWS credentials: /),
  });
});

it('who is not logged in is told how to log in', async () => {
  expect(await list(['--profile', 'sso'])).toMatchObject({
    code: 4,
    message: expect.stringMatching(/^error: You are not logged in to AWS: /),
    hint: 'Run `aws sso login --profile sso`, then the command again.',
  });
});
