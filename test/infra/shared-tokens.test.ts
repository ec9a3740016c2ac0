import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  formatStoredTokens,
  hashOf,
  parseStoredTokens,
  tokensParameter,
} from '../../infra/plugin/stored-tokens.js';
import { clientOf, REGION } from '../../tools/local/aws.ts';
import { hangUp, listen } from '../../tools/local/listen.ts';
import { inServiceCopy } from '../../tools/local/package-service.ts';
import { refusedToDeployer } from '../helpers/role-policies.ts';
import { hasMoto, type Moto, startMoto } from '../tools/cli/moto.ts';
import { type Recorder, startRecorder } from '../tools/cli/recorder.ts';

const run = promisify(execFile);
const SERVERLESS = join('node_modules', 'serverless', 'bin', 'serverless.js');

/** Moto's account. */
const ACCOUNT = '123456789012';
const OLD = 'the-old-token-of-the-url';
const NEW = 'the-new-token-of-the-url';
const OTHER = 'another-token-of-the-url';
const PARAMETER = '/inbound-sms-webhook/prod/tokens';

describe('the value of the parameter', () => {
  const tokens = [{ token: OLD }, { token: NEW, madeAt: Date.UTC(2026, 10, 27, 1, 2, 3) }];

  it('has a token and its creation time in each line', () => {
    const value = `${OLD}\n${NEW} 2026-11-27T01:02:03.000Z`;
    expect(formatStoredTokens(tokens)).toBe(value);
    expect(parseStoredTokens(value)).toEqual({ tokens });
    const later = formatStoredTokens(tokens, 7);
    expect(later).toBe(`# after version 7\n${value}`);
    expect(parseStoredTokens(later)).toEqual({ tokens, after: 7 });
  });

  it.each([
    [
      'written by hand',
      `\n ${OLD} \r\n\n${NEW} yesterday\n# mine\n`,
      [{ token: OLD }, { token: NEW }],
    ],
    ['that is empty', ' ', []],
    ['that is missing', undefined, []],
  ])('is readable if it is one %s', (_, value, expected) => {
    expect(parseStoredTokens(value)).toEqual({ tokens: expected });
  });

  it('is not below the path of the secrets', () => {
    expect(tokensParameter('inbound-sms', 'prod')).toBe(PARAMETER);
  });
});

/** A command's output, its exit code, and the tokens in force afterwards. */
interface Step {
  readonly said: string;
  readonly code: number;
  readonly inForce: readonly string[];
}

describe.skipIf(!hasMoto)('serverless, with the tokens in Parameter Store', () => {
  let moto: Moto;
  let recorder: Recorder;
  const steps: Record<string, Step> = {};
  /** A Parameter Store without permission to read. */
  const forbidden = createServer((request, response) => {
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end('{"__type":"AccessDeniedException","message":"not authorized: ssm:GetParameter"}');
  });
  let packaged: string;

  async function store(...tokens: string[]): Promise<void> {
    const client = new SSMClient(clientOf(moto.endpoint));
    const Value = formatStoredTokens(tokens.map((token) => ({ token })));
    await client.send(
      new PutParameterCommand({ Name: PARAMETER, Value, Type: 'SecureString', Overwrite: true }),
    );
    client.destroy();
  }

  async function tokensInForce(): Promise<string[]> {
    const client = new LambdaClient(clientOf(moto.endpoint));
    const command = new GetFunctionConfigurationCommand({
      FunctionName: 'inbound-sms-prod-receiveSms',
    });
    const { Environment } = await client.send(command).catch(() => ({ Environment: undefined }));
    client.destroy();
    const hashes = Environment?.Variables?.WEBHOOK_TOKEN_HASHES?.split(',') ?? [];
    return [OLD, NEW, OTHER].filter((token) => hashes.includes(hashOf(token)));
  }

  beforeAll(async () => {
    moto = await startMoto();
    recorder = await startRecorder(moto.endpoint, ACCOUNT);
    const noSsm = { AWS_ENDPOINT_URL_SSM: `http://localhost:${await listen(forbidden)}` };
    await inServiceCopy(async (folder) => {
      const step = async (name: string, variables: Record<string, string>, ...args: string[]) => {
        const { PATH = '', HOME = '' } = process.env;
        const env = {
          ...{ PATH, HOME, TMPDIR: folder, NO_COLOR: '1', NODE_NO_WARNINGS: '1' },
          ...{ AWS_ENDPOINT_URL: recorder.url, AWS_ACCESS_KEY_ID: 'a' },
          ...{ AWS_SECRET_ACCESS_KEY: 'b', ALARM_EMAIL: '', SLS_AWS_MONITORING_FREQUENCY: '200' },
          ...variables,
        };
        const options = ['--stage', 'prod', '--region', REGION];
        const result = await run(process.execPath, [SERVERLESS, ...args, ...options], {
          cwd: folder,
          env,
          timeout: 120_000,
        }).then(
          ({ stdout, stderr }) => ({ said: stdout + stderr, code: 0 }),
          ({ stdout, stderr, code }) => ({ said: stdout + stderr, code }),
        );
        steps[name] = { ...result, inForce: await tokensInForce() };
      };
      // One package is deployed several times, because packaging takes longest.
      const deployPackage = ['deploy', '--package', 'build'];
      await step('none', {}, 'deploy');
      await store(OLD);
      await step('package', { WEBHOOK_TOKENS: '' }, 'package', '--package', 'build');
      packaged = await readFile(
        join(folder, 'build/cloudformation-template-update-stack.json'),
        'utf8',
      );
      await step('first', {}, ...deployPackage);
      await step('info', {}, 'info');
      await step('infoForbidden', noSsm, 'info');
      await store(OLD, NEW);
      await step('infoNew', {}, 'info');
      await step('different', { WEBHOOK_TOKENS: NEW }, ...deployPackage);
      await step(
        'differentFunction',
        { WEBHOOK_TOKENS: NEW },
        ...['deploy', 'function', '--function', 'receiveSms'],
      );
      await step('forbidden', noSsm, ...deployPackage);
      await step('given', { ...noSsm, WEBHOOK_TOKENS: `${OLD},${NEW}` }, ...deployPackage);
      await step('same', { WEBHOOK_TOKENS: `${OLD}, ${NEW}` }, 'deploy');
      await step('olderPackage', {}, ...deployPackage);
      await store(OTHER);
      await step('other', {}, 'deploy');
      await step('replace', {}, 'deploy', '--replace-tokens');
      await store(`${OTHER},${NEW}`);
      await step('commas', {}, 'deploy');
      await store(OTHER, 'short');
      await step('short', {}, 'deploy');
    });
  }, 900_000);
  afterAll(async () => {
    await hangUp(forbidden);
    await recorder?.[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
  });

  it('makes only calls that the deployer’s policy allows', async () => {
    const place = { partition: 'aws', region: REGION, account: ACCOUNT };
    expect(recorder.uses.map(({ action }) => action)).toContain('ssm:GetParameter');
    expect(await refusedToDeployer(recorder.uses, place)).toEqual([]);
  });

  const step = (name: string) => steps[name] ?? expect.unreachable(name);

  it('deploys them, and never shows or ships one', () => {
    expect(step('first')).toMatchObject({ code: 0, inForce: [OLD] });
    expect(step('first').said).toMatch(/Web Hook URL: \S+\/\*{8}\n/);
    expect(step('package')).toMatchObject({ code: 0 });
    expect(packaged).toContain(hashOf(OLD));
    for (const text of [packaged, ...Object.values(steps).map(({ said }) => said)]) {
      for (const token of [OLD, NEW, OTHER]) expect(text).not.toContain(token);
    }
  });

  it('lists the ways to make a token if there is none', () => {
    const { said, code } = step('none');
    expect(code).toBe(1);
    expect(said).toContain(`WEBHOOK_TOKENS is not set, and there is no parameter ${PARAMETER}.`);
    expect(said).toContain('bin/inbound-sms token --save');
    expect(said).toContain('bin/inbound-sms token new --stage prod');
    expect(said.match(/there is no parameter/g)).toHaveLength(1);
  });

  it('shows the URL to users who may read the parameter', () => {
    expect(step('info')).toMatchObject({ code: 0 });
    expect(step('info').said).toMatch(/Web Hook URL: \S+\/\*{8}\n/);
    expect(step('infoForbidden')).toMatchObject({ code: 0 });
    expect(step('infoForbidden').said).toMatch(/Web Hook URL: \S+\/TOKEN\n/);
    expect(step('infoForbidden').said).toContain(
      `The token cannot be read from ${PARAMETER}: not authorized`,
    );
  });

  it('shows no URL for a token that is not deployed yet', () => {
    expect(step('infoNew').said).toContain(`The current token of ${PARAMETER} is not deployed yet`);
  });

  it.each(['different', 'differentFunction'])(
    'deploys nothing if WEBHOOK_TOKENS has others, and says what to remove: %s',
    (name) => {
      const { said, code, inForce } = step(name);
      expect({ code, inForce }).toEqual({ code: 1, inForce: [OLD] });
      expect(said).toContain(`WEBHOOK_TOKENS and the parameter ${PARAMETER} have different tokens`);
      expect(said).toContain('remove WEBHOOK_TOKENS from .env');
      expect(said).toContain('bin/inbound-sms token new --import --stage prod');
      expect(said).toContain(`aws ssm delete-parameter --region ${REGION} --name ${PARAMETER}`);
    },
  );

  it('deploys if WEBHOOK_TOKENS has the same', () => {
    expect(step('same')).toMatchObject({ code: 0, inForce: [OLD, NEW] });
  });

  it('refuses a package that lacks the newest token in force', () => {
    const { said, code, inForce } = step('olderPackage');
    expect({ code, inForce }).toEqual({ code: 1, inForce: [OLD, NEW] });
    expect(said).toContain('the package does not have it');
    expect(said).toContain(`If ${PARAMETER} has it, package again.`);
  });

  it('says how to go on if the parameter is unreadable', () => {
    const { said, code } = step('forbidden');
    expect(code).toBe(1);
    expect(said).toContain(`${PARAMETER} cannot be read: not authorized: ssm:GetParameter`);
    expect(said).toContain('or set WEBHOOK_TOKENS');
  });

  it('needs no parameter if WEBHOOK_TOKENS is set', () => {
    expect(step('given')).toMatchObject({ code: 0 });
    expect(step('given').said).toContain(`Whether ${PARAMETER} has other tokens is not known`);
  });

  it('refuses to replace every token in force, unless its option is set', () => {
    const { said, code, inForce } = step('other');
    expect({ code, inForce }).toEqual({ code: 1, inForce: [OLD, NEW] });
    expect(said).toContain(`it is not in ${PARAMETER}`);
    expect(said).toContain('WEBHOOK_TOKENS=OLD bin/inbound-sms token new --import');
    expect(step('replace')).toMatchObject({ code: 0, inForce: [OTHER] });
  });

  it('names the parameter if it holds something else than tokens', () => {
    expect(step('short').said).toContain(`Token 2 in ${PARAMETER} has 5 characters`);
    expect(step('short').code).toBe(1);
  });

  it('refuses two tokens on one line of the parameter', () => {
    const { said, code, inForce } = step('commas');
    expect({ code, inForce }).toEqual({ code: 1, inForce: [OTHER] });
    expect(said).toContain(`${PARAMETER} may hold only letters, digits and . _ ~ -`);
    expect(said).toContain('Each line of the parameter is one token.');
  });
});
