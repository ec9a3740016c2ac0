import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hangUp, listen } from '../../tools/local/listen.ts';
import { runCli } from '../tools/cli/run-cli.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const CONFIG = `[default]
region = us-east-2
[profile work]
region = eu-west-1
[profile bare]
output = json
[profile both]
region = eu-west-2
`;
const CREDENTIALS = ['default', 'work', 'bare', 'both']
  .map((name) => `[${name}]\naws_access_key_id = id\naws_secret_access_key = secret\n`)
  .join('')
  .concat('region = eu-north-1\n');

interface Case {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly hasConfig?: boolean;
  /** Whether to ask serverless, too, which takes seconds. */
  readonly isDeployed?: boolean;
}

const CASES: readonly (readonly [region: string, of: Case])[] = [
  ['ap-southeast-2', { hasConfig: false, isDeployed: true }],
  ['us-east-2', {}],
  ['eu-west-1', { env: { AWS_PROFILE: 'work' } }],
  ['eu-west-1', { args: ['--profile', 'work'], isDeployed: true }],
  ['eu-west-1', { args: ['--aws-profile', 'work'], env: { AWS_PROFILE: 'both' } }],
  ['eu-north-1', { args: ['--profile=both'] }],
  ['ap-southeast-2', { args: ['--profile', 'bare'] }],
  ['us-west-1', { args: ['--profile', 'work'], env: { AWS_DEFAULT_REGION: 'us-west-1' } }],
  ['us-west-2', { env: { AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-1' } }],
  ['us-east-2', { env: { AWS_REGION: '', AWS_DEFAULT_REGION: '' } }],
  [
    'sa-east-1',
    {
      args: ['--region', 'sa-east-1', '--profile', 'work'],
      env: { AWS_REGION: 'us-west-2' },
      isDeployed: true,
    },
  ],
];

describe.each(CASES)(
  '%s is the region of %j',
  (region, { args = [], env = {}, hasConfig = true, isDeployed }) => {
    async function home(): Promise<string> {
      const folder = await temporaryDir();
      if (!hasConfig) return folder;
      await mkdir(join(folder, '.aws'));
      await writeFile(join(folder, '.aws', 'config'), CONFIG);
      await writeFile(join(folder, '.aws', 'credentials'), CREDENTIALS);
      return folder;
    }

    it('for the command line', async () => {
      const server = createServer((request, response) => {
        request.resume();
        response.writeHead(400, { 'content-type': 'text/xml' });
        response.end(
          '<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id x does not exist</Message></Error></ErrorResponse>',
        );
      });
      const AWS_ENDPOINT_URL = `http://localhost:${await listen(server)}`;
      onTestFinished(() => hangUp(server));
      const keys = hasConfig ? {} : { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
      const { stderr } = await runCli(['list', '--stage', 'prod', ...args], {
        env: { HOME: await home(), AWS_ENDPOINT_URL, ...keys, ...env },
      });
      expect(stderr).toContain(`There is no stack inbound-sms-prod in ${region}.`);
    });

    it.skipIf(!isDeployed)(
      'for a deploy',
      async () => {
        const { PATH = '' } = process.env;
        const { stdout } = await promisify(execFile)(
          join(ROOT, 'bin/serverless'),
          ['print', '--stage', 'prod', '--path', 'provider.region', '--format', 'text', ...args],
          { env: { PATH, HOME: await home(), ALARM_EMAIL: '', ...env } },
        );
        expect(stdout.trim().split('\n').at(-1)).toBe(region);
      },
      120_000,
    );
  },
);
