import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { fingerprintOf, hashOf, parseStoredTokens } from '../../../infra/plugin/stored-tokens.js';
import { main } from '../../../tools/cli/main.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { serveStack } from './fake-local-stack.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { answering, serve } from './in-place-of-aws.ts';
import { hasMoto } from './moto.ts';
import { type MotoStack, startMotoStack } from './moto-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';

const OLD = 'the-old-token-of-the-url';
const NEW = 'the-new-token-of-the-url';
const PARAMETER = '/inbound-sms-webhook/prod/tokens';
const fingerprint = (token: string) => fingerprintOf(hashOf(token));

/** A Parameter Store that answers the first read only when there is a second one. */
async function bothReadFirst(target: string) {
  let reads = 0;
  const { promise: both, resolve } = Promise.withResolvers<void>();
  const server = createServer(async (incoming, response) => {
    const body = await buffer(incoming);
    const { method, headers, url = '/' } = incoming;
    const isRead = String(headers['x-amz-target']).endsWith('.GetParameter');
    if (isRead && ++reads === 2) resolve();
    const outgoing = request(new URL(url, target), { method, headers }, async (answer) => {
      if (isRead) await both;
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.end(body);
  });
  return {
    url: `http://localhost:${await listen(server)}`,
    get reads() {
      return reads;
    },
    [Symbol.asyncDispose]: () => hangUp(server),
  };
}

describe.skipIf(!hasMoto)('token new, list, show and retire', () => {
  let stack: MotoStack;
  let ssm: SSMClient;
  const region = 'ap-southeast-2';
  const env = (more: Record<string, string> = {}) => ({
    ...{ AWS_ENDPOINT_URL: stack.endpoint, AWS_REGION: region },
    ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', ...more },
  });
  const token = (command: string, more: Record<string, string> = {}) =>
    runCli(['token', ...command.split(' '), '--stage', 'prod'], { env: env(more) });

  async function stored(name = PARAMETER) {
    const command = new GetParameterCommand({ Name: name, WithDecryption: true });
    const { Parameter } = await ssm.send(command);
    // Anything else is stored in plain text.
    expect(Parameter?.Type).toBe('SecureString');
    return parseStoredTokens(Parameter?.Value).tokens;
  }
  const storedTexts = async () => (await stored()).map((each) => each.token);

  beforeAll(async () => {
    stack = await startMotoStack('inbound-sms-prod', region);
    ssm = new SSMClient(clientOf(stack.endpoint));
  }, 60_000);
  beforeEach(async () => {
    await ssm.send(new DeleteParameterCommand({ Name: PARAMETER })).catch(() => {});
    await stack.deployTokens(OLD);
  });
  afterAll(async () => {
    ssm?.destroy();
    await stack?.[Symbol.asyncDispose]();
  });

  /** Stores these, and deploys some of them. */
  async function share(all: readonly string[], deployed: readonly string[] = all): Promise<void> {
    await stack.deployTokens(OLD, ...deployed);
    await token('new --import', { WEBHOOK_TOKENS: all.join(',') });
    await stack.deployTokens(...deployed);
  }

  describe('new', () => {
    it('stores the tokens of .env before the new one, and shows none', async () => {
      const { code, stdout, stderr } = await token('new', { WEBHOOK_TOKENS: OLD });
      expect(code, stderr).toBe(0);
      const [first, second, ...others] = await stored();
      expect({ first, others }).toEqual({ first: { token: OLD }, others: [] });
      expect(second).toEqual({
        token: expect.stringMatching(/^[\w-]{32}$/),
        madeAt: expect.any(Number),
      });
      const made = second?.token ?? '';
      expect(stdout).toBe(
        `Token 2 (${fingerprint(made)}) is stored, behind 1 token of WEBHOOK_TOKENS.\n`,
      );
      expect(stderr.split('\n')).toEqual([
        expect.stringMatching(/^1\. Remove WEBHOOK_TOKENS from \.env/),
        '2. Deploy: bin/serverless deploy --stage prod',
        '3. Paste the new URL into the PBX portal, for every number: bin/inbound-sms url --stage prod',
        '4. Retire the old token when it is not used any more: bin/inbound-sms token list --stage prod',
        '',
      ]);
      for (const secret of [OLD, made]) expect(stdout + stderr).not.toContain(secret);
    });

    it('stores a second token after the first', async () => {
      await share([OLD]);
      const [document] = documentsOf(await token('new --json'));
      const [first, second] = await stored();
      expect(first).toEqual({ token: OLD });
      expect(document).toEqual({
        ...{ parameter: PARAMETER, number: 2, fingerprint: fingerprint(second?.token ?? '') },
        ...{ imported: 0, stored: 2 },
      });
    });

    it('works before the first deploy, for a stage that has no token', async () => {
      const next = (command: string) =>
        runCli(['token', command, '--stage', 'next'], { env: env() });
      const { code, stdout, stderr } = await next('new');
      expect(code).toBe(0);
      const missing = `The stack inbound-sms-next is not deployed in ${region} yet. If you expect it there, check --stage and --region.`;
      expect(stderr).toContain(missing);
      expect((await next('list')).stderr).toContain(missing);
      expect(stdout).toMatch(/^Token 1 \([0-9a-f]{8}\) is stored\.\n$/);
      expect(await stored('/inbound-sms-webhook/next/tokens')).toHaveLength(1);
    });

    it.each(['new', 'new --json'])('refuses to leave out what is deployed: %s', async (command) => {
      const { code, stdout, stderr } = await token(command, { WEBHOOK_TOKENS: NEW });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('The newest deployed token would not be stored');
      expect(stderr).toContain('WEBHOOK_TOKENS=TOKEN bin/inbound-sms token new --stage prod');
      await expect(stored()).rejects.toThrow();
      expect(await token(`${command} --force`)).toMatchObject({ code: 0 });
      expect(await stored()).toHaveLength(1);
    });

    it('refuses to leave out the newest deployed token', async () => {
      await stack.deployTokens(OLD, NEW);
      const { code, stderr } = await token('new', { WEBHOOK_TOKENS: OLD });
      expect(code).toBe(1);
      expect(stderr).toContain('The newest deployed token would not be stored');
      await expect(stored()).rejects.toThrow();
    });

    it('names a deployed token that the next deploy drops', async () => {
      await stack.deployTokens(OLD, NEW);
      const { code, stderr } = await token('new', { WEBHOOK_TOKENS: NEW });
      expect(code).toBe(0);
      expect(stderr).toContain(`Deployed and not stored: ${fingerprint(OLD)}.`);
    });

    it('refuses an invalid token in WEBHOOK_TOKENS, and does not quote it', async () => {
      const { code, stderr } = await token('new', { WEBHOOK_TOKENS: 'short-s3cret' });
      expect(code).toBe(2);
      expect(stderr).toContain('WEBHOOK_TOKENS has 12 characters');
      expect(stderr).not.toContain('s3cret');
    });
  });

  describe('new --import', () => {
    it('shares the token of .env, and makes none', async () => {
      const { code, stdout } = await token('new --import', { WEBHOOK_TOKENS: OLD });
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'Stored: 1 token of WEBHOOK_TOKENS.\n' });
      expect(await stored()).toEqual([{ token: OLD }]);
      const again = await token('new --import', { WEBHOOK_TOKENS: OLD });
      expect(again.stdout).toBe('All tokens of WEBHOOK_TOKENS are stored already.\n');
    });

    it('adds one that is missing before the others: the current one stays', async () => {
      await share([NEW]);
      await stack.deployTokens(OLD);
      expect(await token('new --import', { WEBHOOK_TOKENS: OLD })).toMatchObject({ code: 0 });
      expect(await storedTexts()).toEqual([OLD, NEW]);
    });

    it('keeps the order of WEBHOOK_TOKENS: its last one is the current one', async () => {
      await share([OLD]);
      await stack.deployTokens(OLD, NEW);
      const both = { WEBHOOK_TOKENS: `${OLD},${NEW}` };
      expect(await token('new --import', both)).toMatchObject({ code: 0 });
      expect(await storedTexts()).toEqual([OLD, NEW]);
    });

    it('needs WEBHOOK_TOKENS', async () => {
      const { code, stderr } = await token('new --import');
      expect(code).toBe(2);
      expect(stderr).toContain('WEBHOOK_TOKENS is not set here');
    });
  });

  it('two who make a token at the same time both keep theirs', async () => {
    await share([OLD]);
    await using front = await bothReadFirst(stack.endpoint);
    const made = await Promise.all(
      [1, 2].map(() => token('new --json', { AWS_ENDPOINT_URL_SSM: front.url })),
    );
    expect(front.reads).toBeGreaterThan(2);
    const fingerprints = (await storedTexts()).map(fingerprint);
    expect(fingerprints).toHaveLength(3);
    expect(fingerprints[0]).toBe(fingerprint(OLD));
    for (const each of made) expect(fingerprints).toContain(documentsOf(each)[0].fingerprint);
  });

  describe('show', () => {
    beforeEach(() => share([OLD, NEW]));

    it.each([
      ['', NEW],
      [' 1', OLD],
      [` ${fingerprint(OLD)}`, OLD],
    ])('with "%s" shows one', async (which, expected) => {
      const { code, stdout } = await token(`show${which} --show-token`);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${expected}\n` });
    });

    it('shows it on a terminal, and elsewhere only if told', async () => {
      // The SDK reads the variables of its process.
      for (const [name, value] of Object.entries(env())) vi.stubEnv(name, value);
      onTestFinished(() => void vi.unstubAllEnvs());
      const { runtime, read } = fakeTerminal(env());
      expect(await main(['token', 'show', '--stage', 'prod'], runtime)).toBe(0);
      expect(read()).toBe(`${NEW}\n`);
      const { code, stdout, stderr } = await token('show');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('Add --show-token');
    });

    it.each([
      ['show 3 --show-token', 3, 'No stored token has the number or fingerprint 3.'],
      ['show 00000000 --show-token', 3, 'No stored token has the number or fingerprint 00000000.'],
      [`show ${OLD} --show-token`, 2, 'neither the number nor the fingerprint'],
      ['retire 100', 2, 'neither the number nor the fingerprint'],
    ])('%s ends with %i', async (command, code, message) => {
      const result = await token(command);
      expect(result).toMatchObject({ code, stdout: '' });
      expect(result.stderr).toContain(message);
      expect(result.stderr).not.toContain(OLD);
    });
  });

  it.each([
    ['new --force', `${OLD},${NEW}`, 'may hold only letters'],
    ['new', `${OLD}\nshort`, 'Token 2 in /inbound-sms-webhook/prod/tokens has 5 characters'],
    ['list', `${OLD},${NEW}`, 'may hold only letters'],
    ['show --show-token', `${OLD},${NEW}`, 'may hold only letters'],
    ['retire 1', `${OLD}\nshort`, 'has 5 characters'],
  ])('%s says what is wrong with a parameter written by hand', async (command, Value, message) => {
    const parameter = { Name: PARAMETER, Value, Type: 'SecureString' } as const;
    await ssm.send(new PutParameterCommand(parameter));
    const { code, stdout, stderr } = await token(command);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(OLD);
  });

  it('show says how to store a first token', async () => {
    const { code, stderr } = await token('show --show-token');
    expect(code).toBe(3);
    expect(stderr).toContain(`There is no parameter ${PARAMETER}`);
    expect(stderr).toContain('bin/inbound-sms token new --import --stage prod');
  });

  it.each(['new', 'list', 'show --show-token', 'retire 1'])(
    '%s --local says that there are none',
    async (command) => {
      const url = await serveStack([]);
      const { code, stderr } = await runCli(['token', ...command.split(' '), `--local=${url}`]);
      expect(code).toBe(2);
      expect(stderr).toContain('The local stack stores no tokens: its token is `test`');
    },
  );

  describe('url', () => {
    const url = (...args: string[]) => runCli(['url', '--stage', 'prod', ...args], { env: env() });

    it('has the current token of the parameter', async () => {
      await share([OLD, NEW]);
      expect((await url('--show-token')).stdout).toMatch(`/sms/${NEW}\n`);
    });

    it('has no token if the parameter may not be read, and says why', async () => {
      const refusing = await serve(
        answering(
          400,
          { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': '1' },
          '{"__type":"AccessDeniedException","message":"not authorized: ssm:GetParameter"}',
        ),
      );
      const refused = { env: env({ AWS_ENDPOINT_URL_SSM: refusing }) };
      const { code, stdout, stderr } = await runCli(['url', '--stage', 'prod'], refused);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Web Hook URL: \S+\/sms\/TOKEN\n/);
      expect(stderr).toContain('AWS does not allow it: not authorized: ssm:GetParameter');
      const whole = await runCli(['url', '--stage', 'prod', '--show-token'], refused);
      expect(whole).toMatchObject({ code: 1, stdout: '' });
      expect(whole.stderr).toContain('not authorized: ssm:GetParameter');
    });
  });
});
