import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { variablesInForce } from '../../infra/plugin/deployed.js';
import {
  keptByStack,
  keptByTemplate,
  refuseToDropSettings,
  refuseToDropTokens,
} from '../../infra/plugin/guards.js';
import { clientOf, REGION } from '../../tools/local/aws.ts';
import { inServiceCopy } from '../../tools/local/package-service.ts';
import { compileTemplate, EDGE_SECRET, EVERYTHING } from '../helpers/compiled-template.ts';
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
const hash = (token: string) => createHash('sha256').update(token).digest('hex');

describe('the comparison', () => {
  type Change = Parameters<typeof refuseToDropTokens>[2];
  const messageOf = (inForce: object, next: object, change: Change = { what: 'deploy' }) => {
    try {
      refuseToDropTokens({ ...inForce }, { ...next }, change);
    } catch (error) {
      return (error as Error).message;
    }
    return 'taken';
  };
  const tokens = (...list: string[]) => ({ WEBHOOK_TOKEN_HASHES: list.map(hash).join(',') });
  const secrets = (...list: string[]) => ({ EDGE_SECRET_HASHES: list.map(hash).join(',') });

  it.each([
    ['nothing is deployed', {}, tokens(NEW)],
    ['the tokens are the same', tokens(OLD), tokens(OLD)],
    ['the newest stays, and one is added', tokens(OLD, NEW), tokens(NEW, OTHER)],
    ['the oldest is retired', tokens(OLD, NEW), tokens(NEW)],
    ['the newest stays behind others', tokens(OLD, NEW), tokens(OTHER, NEW)],
    ['the order changes', tokens(OLD, NEW), tokens(NEW, OLD)],
    ['the oldest secret is retired', secrets(OLD, NEW), secrets(NEW)],
    ['an edge is new', { ...tokens(OLD), ...secrets() }, { ...tokens(OLD), ...secrets(NEW) }],
    ['an edge is removed', { ...tokens(OLD), ...secrets(NEW) }, { ...tokens(OLD), ...secrets() }],
  ])('accepts it when %s', (_, inForce, next) => {
    expect(messageOf(inForce, next)).toBe('taken');
  });

  const PARAMETER = '/inbound-sms-webhook/prod/tokens';

  it.each<[string, object, Change, string[]]>([
    [
      'no token stays',
      tokens(NEW),
      { what: 'deploy', source: 'WEBHOOK_TOKENS' },
      ['it is not in WEBHOOK_TOKENS', 'before the new one: WEBHOOK_TOKENS=OLD,NEW'],
    ],
    [
      'an older one stays',
      tokens(OLD),
      { what: 'deploy', source: 'WEBHOOK_TOKENS' },
      ['it is not in WEBHOOK_TOKENS', 'behind the older ones: WEBHOOK_TOKENS=OLD,NEW'],
    ],
    [
      'an older one stays, and a new one comes',
      tokens(OLD, NEW),
      { what: 'deploy', source: 'WEBHOOK_TOKENS' },
      ['before the new one: WEBHOOK_TOKENS=OLD,NEW'],
    ],
    [
      'the parameter has a new one',
      tokens(NEW),
      { what: 'deploy', source: PARAMETER },
      [`it is not in ${PARAMETER}`, '`WEBHOOK_TOKENS=OLD bin/inbound-sms token new --import`'],
    ],
    [
      'the parameter has an older one',
      tokens(OLD),
      { what: 'deploy', source: PARAMETER },
      [`it is not in ${PARAMETER}`, '`WEBHOOK_TOKENS=OLD,NEW bin/inbound-sms token new --import`'],
    ],
    [
      'the package has an older one',
      tokens(OLD),
      { what: 'deploy', source: PARAMETER, isPackaged: true },
      ['the package does not have it', `If ${PARAMETER} has it, package again.`],
    ],
  ])(
    'refuses a deploy that drops the newest token, and tells each way on: %s',
    (_, next, change, ways) => {
      const message = messageOf(tokens(OLD, OTHER), next, change);
      expect(message).toContain('This deploy would drop the newest token that is in force');
      expect(message).toContain('The URL in the PBX portal may then be answered 404');
      const holders = ['the last part of the URL', 'token show', '`.env`', '--replace-tokens'];
      for (const way of [...ways, ...holders]) expect(message).toContain(way);
    },
  );

  it.each([
    ['an older one stays', tokens(OLD), 'first paste the URL with a token that is both in force'],
    ['none stays', tokens(NEW), 'paste it right after'],
  ])('refuses a rollback that drops the newest token: %s', (_, next, way) => {
    const message = messageOf(tokens(OLD, OTHER), next, { what: 'rollback' });
    expect(message).toContain('This rollback would drop the newest token that is in force');
    expect(message).toContain('that deployment does not have it');
    expect(message).toContain(way);
    expect(message).toContain('--replace-tokens');
  });

  it.each([
    ['none stays', secrets(NEW), 'before the new one: EDGE_SECRETS=OLD,NEW'],
    ['an older one stays', secrets(OLD), 'behind the older ones: EDGE_SECRETS=OLD,NEW'],
  ])('refuses a deploy that drops the newest secret of the edge: %s', (_, next, way) => {
    const message = messageOf(
      { ...tokens(OLD), ...secrets(OLD, OTHER) },
      { ...tokens(OLD), ...next },
    );
    expect(message).toContain('This deploy would drop the newest secret that is in force');
    expect(message).toContain('What the edge sends may then be answered 404');
    expect(message).toContain(way);
  });
});

async function listenOnce(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('the tokens in force', () => {
  /** A Lambda with a single answer. */
  async function inForce(status: number, type: string, body: object = {}) {
    await using server = await listenOnce((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
      response.end(JSON.stringify(body));
    });
    const config = { ...clientOf(server.url), maxAttempts: 1 };
    return await variablesInForce(
      { getAwsSdkV3Config: async () => config },
      'inbound-sms-prod-receiveSms',
    );
  }

  it('are none before the first deploy', async () => {
    expect(await inForce(404, 'ResourceNotFoundException')).toEqual({});
  });

  it('stop the deploy if they cannot be read, because it might drop them', async () => {
    const body = { Message: 'not authorized to perform: lambda:GetFunctionConfiguration' };
    await expect(inForce(403, 'AccessDeniedException', body)).rejects.toThrow(
      /^The tokens in force cannot be read from inbound-sms-prod-receiveSms, .*: not authorized.*\n.*docs\/permissions\.md#deployer/,
    );
  });
});

/** A command's output, its exit code, and the tokens in force afterwards. */
interface Step {
  readonly said: string;
  readonly code: number;
  readonly inForce: readonly string[];
}

describe.skipIf(!hasMoto)('serverless, against an emulated AWS', () => {
  let moto: Moto;
  let recorder: Recorder;
  const steps: Record<string, Step> = {};

  async function tokensInForce(): Promise<string[]> {
    const client = new LambdaClient(clientOf(moto.endpoint));
    const command = new GetFunctionConfigurationCommand({
      FunctionName: 'inbound-sms-prod-receiveSms',
    });
    const { Environment } = await client.send(command);
    client.destroy();
    const hashes = Environment?.Variables?.WEBHOOK_TOKEN_HASHES?.split(',') ?? [];
    return [OLD, NEW, OTHER].filter((token) => hashes.includes(hash(token)));
  }

  /** Runs a command with these tokens and no setting of this machine. */
  async function serverless(folder: string, tokens: string, ...args: string[]): Promise<Step> {
    const { PATH = '', HOME = '' } = process.env;
    const env = {
      ...{ PATH, HOME, TMPDIR: folder, NO_COLOR: '1', NODE_NO_WARNINGS: '1' },
      ...{ AWS_ENDPOINT_URL: recorder.url, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      ...{ WEBHOOK_TOKENS: tokens, ALARM_EMAIL: '', SLS_AWS_MONITORING_FREQUENCY: '200' },
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
    return { ...result, inForce: args[0] === 'package' ? [] : await tokensInForce() };
  }

  beforeAll(async () => {
    moto = await startMoto();
    recorder = await startRecorder(moto.endpoint, ACCOUNT);
    await inServiceCopy(async (folder) => {
      const step = async (name: string, tokens: string, ...args: string[]) => {
        steps[name] = await serverless(folder, tokens, ...args);
        return steps[name];
      };
      await step('first', OLD, 'deploy');
      await step('info', OLD, 'info');
      await step('infoOther', `${OLD},${NEW}`, 'info');
      await step('other', NEW, 'deploy');
      await step('function', NEW, 'deploy', 'function', '--function', 'receiveSms');
      await step('package', NEW, 'package', '--package', 'build');
      await step('packaged', NEW, 'deploy', '--package', 'build');
      await step('both', `${OLD},${NEW}`, 'deploy');
      const { said } = await step('list', '', 'deploy', 'list');
      const [, timestamp = ''] = /Timestamp: (\d+)/.exec(said) ?? [];
      await step('oldAlone', OLD, 'deploy');
      await step('rollbackToOldAlone', `${OLD},${NEW}`, 'rollback', '--timestamp', timestamp);
      await step('new', NEW, 'deploy');
      await step('rollback', NEW, 'rollback', '--timestamp', timestamp);
      await step('replace', OTHER, 'deploy', '--replace-tokens');
      await step(
        'replaceBack',
        OTHER,
        ...['rollback', '--timestamp', timestamp, '--replace-tokens'],
      );
      await writeFile(join(folder, 'settings.yml'), 'prod:\n  messageFormat: aws-two-way-sms\n');
      await step('settings', OLD, 'deploy');
      await rm(join(folder, 'settings.yml'));
      await step('noSettings', OLD, 'deploy');
      await step('withoutSettings', OLD, 'deploy', '--without-settings');
    });
  }, 600_000);
  afterAll(async () => {
    await recorder?.[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
  });

  it('makes only calls that the deployer’s policy allows', async () => {
    const place = { partition: 'aws', region: REGION, account: ACCOUNT };
    expect(recorder.uses).not.toEqual([]);
    expect(await refusedToDeployer(recorder.uses, place)).toEqual([]);
  });

  const step = (name: string) => steps[name] ?? expect.unreachable(name);

  it('deploys the first time, and shows no address with a placeholder', () => {
    expect(step('first')).toMatchObject({ code: 0, inForce: [OLD] });
    expect(step('first').said).toContain('Web Hook URL: https://');
    expect(step('first').said).not.toContain('{token}');
  });

  it('shows only a deployed token’s URL', () => {
    expect(step('info').said).toMatch(/Web Hook URL: \S+\/\*{8}\n/);
    expect(step('infoOther').said).toMatch(/Web Hook URL: \S+\/TOKEN\n/);
    expect(step('infoOther').said).toContain(
      'The current token of WEBHOOK_TOKENS is not deployed yet',
    );
  });

  it.each(['other', 'function', 'packaged'])('refuses another token: %s', (name) => {
    const { said, code, inForce } = step(name);
    expect(said).toContain('This deploy would drop the newest token that is in force');
    expect({ code, inForce }).toEqual({ code: 1, inForce: [OLD] });
    for (const token of [OLD, NEW, hash(OLD), hash(NEW)]) expect(said).not.toContain(token);
  });

  it('says at packaging that it cannot compare tokens', () => {
    expect(step('package')).toMatchObject({ code: 0 });
    expect(step('package').said).toContain(
      'Packaging does not compare your tokens with those in force',
    );
  });

  it('accepts the new token beside the old, and then the new alone', () => {
    expect(step('both')).toMatchObject({ code: 0, inForce: [OLD, NEW] });
    expect(step('new')).toMatchObject({ code: 0, inForce: [NEW] });
  });

  it.each(['oldAlone', 'rollbackToOldAlone'])(
    'refuses the old alone while the new is in force: %s',
    (name) => {
      const { said, code, inForce } = step(name);
      expect(said).toContain('would drop the newest token that is in force');
      expect({ code, inForce }).toEqual({ code: 1, inForce: [OLD, NEW] });
    },
  );

  it('lists deployments without showing a token', () => {
    expect(step('list')).toMatchObject({ code: 0 });
  });

  it('refuses a rollback that brings back other tokens', () => {
    const { said, code, inForce } = step('rollback');
    expect(said).toContain('This rollback would drop the newest token that is in force');
    expect({ code, inForce }).toEqual({ code: 1, inForce: [NEW] });
  });

  it('refuses a deploy that would drop settings, unless its option is set', () => {
    expect(step('settings')).toMatchObject({ code: 0 });
    expect(step('noSettings')).toMatchObject({
      code: 1,
      said: expect.stringContaining('There is no settings.yml here'),
    });
    expect(step('withoutSettings')).toMatchObject({ code: 0 });
  });

  it('replaces tokens if its option is set', () => {
    expect(step('replace')).toMatchObject({ code: 0, inForce: [OTHER] });
    expect(step('replaceBack')).toMatchObject({ code: 0, inForce: [OLD] });
  });
});

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:messages';
/** What is deployed with every parameter set, and with none. */
const SET = keptByStack(
  {
    MESSAGES_TOPIC_ARN: `${TOPIC}.fifo`,
    MESSAGE_FORMAT: 'aws-two-way-sms',
    ALLOWED_SOURCE_CIDRS: '203.0.113.0/24',
    ALLOWED_SMS_NUMBERS: '61400000002',
  },
  { WebhookDomainTarget: 'd-1.execute-api.us-east-1.amazonaws.com' },
);
const UNSET = keptByStack({ MESSAGES_TOPIC_ARN: TOPIC, MESSAGE_FORMAT: 'inbound-sms' }, {});

const defaults = keptByTemplate(await compileTemplate());
const everything = keptByTemplate(
  await compileTemplate({ params: EVERYTHING, edgeSecrets: EDGE_SECRET }),
);

it('a deploy without settings is refused if it would reset any to its default, with the ways to go on', () => {
  const deploy = () => refuseToDropSettings(SET, defaults);
  expect(deploy).toThrow(
    ': topicType, messageFormat, domainName, allowedSourceCidrs, allowedSmsNumbers.\n',
  );
  expect(deploy).toThrow('--without-settings');
  expect(deploy).toThrow('Get the file from a colleague');
});

it.each([
  ['the stack has the defaults', UNSET, defaults],
  ['nothing of it is lost', SET, everything],
  ['something is set for the first time', UNSET, everything],
])('a deploy without settings is accepted if %s', (_, deployed, next) => {
  expect(() => refuseToDropSettings(deployed, next)).not.toThrow();
});
