import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDir } from '../local/temporary-dir.ts';
import { answering, serve } from './in-place-of-aws.ts';
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
[profile round-a]
source_profile = round-b
role_arn = arn:aws:iam::123456789012:role/round
[profile round-b]
source_profile = round-a
role_arn = arn:aws:iam::123456789012:role/round
[profile own-keys]
aws_access_key_id = id
aws_secret_access_key = secret
source_profile = own-keys
role_arn = arn:aws:iam::123456789012:role/round
[profile half]
aws_access_key_id = id
[profile other-half]
aws_secret_access_key = hunter2
[profile mfa]
source_profile = keys
role_arn = arn:aws:iam::123456789012:role/mfa
mfa_serial = arn:aws:iam::123456789012:mfa/phone
[profile keys]
aws_access_key_id = id
aws_secret_access_key = secret
[profile program-gone]
credential_process = /nowhere/program --password hunter2
[profile exits]
credential_process = sh -c "echo hunter2 >&2; exit 3"
[profile chatters]
credential_process = echo hunter2
[profile by-process]
source_profile = exits
role_arn = arn:aws:iam::123456789012:role/r
[profile token-file]
role_arn = arn:aws:iam::123456789012:role/r
web_identity_token_file = /nowhere/token
[profile empty]
region = eu-west-1
[profile lost-session]
sso_session = nowhere
sso_account_id = 123456789012
sso_role_name = reader
[profile sso]
sso_session = work
sso_account_id = 123456789012
sso_role_name = reader
[sso-session work]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
`;

const NAMES = [...CONFIG.matchAll(/^\[profile (.+)\]$/gm)].map(([, name]) => name).join(', ');

async function list(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  config = CONFIG,
) {
  const HOME = await temporaryDir();
  await mkdir(join(HOME, '.aws'));
  await writeFile(join(HOME, '.aws', 'config'), config);
  const { code, stderr } = await runCli(['list', '--stage', 'prod', ...args], {
    env: { HOME, AWS_MAX_ATTEMPTS: '1', ...env },
  });
  // What a profile or a program holds may be a secret.
  expect(stderr).not.toContain('hunter2');
  const [message = '', hint = '', ...others] = stderr.trimEnd().split('\n');
  expect(others).toEqual([]);
  return { code, message, hint };
}

it.each([
  ['--profile', 'nope', ['--profile', 'nope'], {}],
  ['AWS_PROFILE', 'nope', [], { AWS_PROFILE: 'nope' }],
  ['a property of objects', 'constructor', ['--profile', 'constructor'], {}],
])('a profile that is not there is named, and those that are (%s)', async (_, name, args, env) => {
  expect(await list(args, env as Record<string, string>)).toEqual({
    code: 4,
    message: `error: There is no profile "${name}" in ~/.aws/config or ~/.aws/credentials.`,
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

it.each([
  [
    'round',
    'The profile "round" leads in a circle (source_profile): round -> round.',
    /source_profile/,
  ],
  [
    'round-a',
    'The profile "round-a" leads in a circle (source_profile): round-a -> round-b -> round-a.',
    /source_profile/,
  ],
  ['half', 'The profile "half" has aws_access_key_id and no aws_secret_access_key.', /^Correct/],
  [
    'other-half',
    'The profile "other-half" has aws_secret_access_key and no aws_access_key_id.',
    /^Correct/,
  ],
  [
    'mfa',
    'The profile "mfa" needs a code of an MFA device (mfa_serial), and inbound-sms cannot ask for it.',
    /aws configure export-credentials/,
  ],
  [
    'program-gone',
    'The profile "program-gone" gives no credentials: the program of its credential_process is not there.',
    /aws configure get credential_process --profile program-gone/,
  ],
  [
    'exits',
    'The profile "exits" gives no credentials: its credential_process failed.',
    /aws configure get credential_process --profile exits/,
  ],
  [
    'by-process',
    'The profile "exits" gives no credentials: its credential_process failed.',
    /aws configure get credential_process --profile exits/,
  ],
  [
    'chatters',
    'The profile "chatters" gives no credentials: its credential_process returned invalid JSON.',
    /aws configure get credential_process --profile chatters/,
  ],
  [
    'token-file',
    'The profile "token-file" gives no credentials: ENOENT: no such file or directory, open \'/nowhere/token\'',
    /^Correct/,
  ],
  [
    'empty',
    'The profile "empty" gives no credentials: Could not load credentials from any providers',
    /^Correct/,
  ],
  [
    'lost-session',
    'The profile "lost-session" names the sso_session "nowhere", and ~/.aws/config has no such section.',
    /aws configure sso-session/,
  ],
])('the profile "%s" is told with its cause', async (name, message, hint) => {
  expect(await list(['--table', 'T'], { AWS_PROFILE: name })).toEqual({
    code: 4,
    message: `error: ${message}`,
    hint: expect.stringMatching(hint),
  });
});

it('the profile "default" is told with its cause, too', async () => {
  expect(await list([], {}, '[default]\ncredential_process = exit 3\n')).toMatchObject({
    code: 4,
    message: 'error: The profile "default" gives no credentials: its credential_process failed.',
  });
});

it('a service that gives credentials and refuses is told with the profile', async () => {
  const AWS_ENDPOINT_URL = await serve(
    answering(
      403,
      { 'content-type': 'text/xml' },
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not yours</Message></Error></ErrorResponse>',
    ),
  );
  expect(await list(['--profile', 'own-keys'], { AWS_ENDPOINT_URL })).toMatchObject({
    code: 4,
    message: 'error: The profile "own-keys" gives no credentials: AWS does not allow it: Not yours',
  });
});

describe('AWS_PROFILE and both keys', () => {
  it('have nothing on stderr but the error, and the profile counts', async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
    expect(await list(['--json'], { ...keys, AWS_PROFILE: 'half' })).toMatchObject({
      code: 4,
      message: 'error: The profile "half" has aws_access_key_id and no aws_secret_access_key.',
    });
    const signed: string[] = [];
    const AWS_ENDPOINT_URL = await serve((request, response) => {
      signed.push(String(request.headers.authorization));
      response.writeHead(404).end();
    });
    const env = { ...keys, AWS_ACCESS_KEY_ID: 'other', AWS_PROFILE: 'keys', AWS_ENDPOINT_URL };
    expect((await list(['--json'], env)).code).toBe(1);
    expect(signed).toEqual([expect.stringContaining('Credential=id/')]);
  });
});

it('who is not logged in is told how to log in', async () => {
  expect(await list(['--profile', 'sso'])).toMatchObject({
    code: 4,
    message: expect.stringMatching(/^error: You are not logged in to AWS: /),
    hint: 'Run `aws sso login --profile sso`, then the command again.',
  });
});
