import { randomUUID } from 'node:crypto';
import {
  CloudFormationClient,
  GetTemplateCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fingerprintOf,
  formatStoredTokens,
  hashOf,
  parseStoredTokens,
} from '../../../infra/plugin/stored-tokens.js';
import { lastUsesByNumber, reasonsToKeep, type TokenUse } from '../../../tools/cli/token-uses.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import { FICTITIOUS } from '../../../tools/pbx-simulator/request.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { commandsIn, read } from '../../helpers/documented-commands.ts';
import { answering, serve } from './in-place-of-aws.ts';
import { hasMoto } from './moto.ts';
import { type MotoStack, startMotoStack } from './moto-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';

const OLD = 'the-old-token-of-the-url';
const MIDDLE = 'the-middle-token-of-the-url';
const NEW = 'the-new-token-of-the-url';
const fingerprint = (token: string) => fingerprintOf(hashOf(token));
const [OFFICE, SHOP] = ['+61290000001', '+61290000002'];

describe('the PBX may still use a token', () => {
  /** Uses as `old@office 5`: the token, the number, the time. A message that is not stored has no number. */
  async function reasons(text: string) {
    const all = text.split(', ').filter(Boolean);
    const parsed = all.map((use) => /^(\w+)@(\S*) (\d+)$/.exec(use) ?? []);
    async function* uses(): AsyncGenerator<TokenUse> {
      for (const [index, [, fingerprint = '', , at]] of parsed.entries()) {
        yield { fingerprint, at: Number(at), message_id: String(index) };
      }
    }
    const numberOf = (id: string) => {
      const number = parsed[Number(id)]?.[2];
      return number === 'test' ? FICTITIOUS.sms_number : number;
    };
    const archive = {
      findAll: async (ids: readonly string[]) =>
        ids.flatMap((message_id) => {
          const sms_number = numberOf(message_id);
          return sms_number ? [someRecord({ message_id, sms_number })] : [];
        }),
    };
    const { signal } = new AbortController();
    const last = await lastUsesByNumber(uses(), ['old', 'middle', 'new'], archive, signal);
    return reasonsToKeep('old', ['middle', 'new'], last);
  }
  const times = (count: number, use: string) =>
    Array.from({ length: count }, (_, index) => `${use} ${index + 2}`).join(', ');

  it.each([
    ['a later one was used since', 'old@office 1, new@office 2'],
    ['only later ones were used', 'new@office 2'],
    ['another later one was used since', 'new@office 1, old@office 2, middle@office 3'],
    ['only `send` has used it', 'new@office 1, old@test 2'],
    ['a later one was used for an unknown number, too', 'old@office 1, new@office 2, new@ 3'],
  ])('not if %s: %s', async (_, uses) => {
    expect(await reasons(uses)).toEqual([]);
  });

  it.each([
    ['it was used last', 'new@office 1, old@office 2', ['office', 2]],
    ['another number still uses it', 'old@shop 1, new@office 2', ['shop', 1]],
    ['only `send` has used a later one', 'old@office 1, new@test 2', ['office', 1]],
    ['it was used at the same time', 'old@office 2, new@office 2', ['office', 2]],
    ['a later one was used for an unknown number', 'old@office 1, new@ 2', ['office', 1]],
  ])('if %s: %s', async (_, uses, [sms_number, at]) => {
    expect(await reasons(uses)).toEqual([{ kind: 'still-used', sms_number, at }]);
  });

  it('if a number used it once, before a thousand uses for another number', async () => {
    const uses = `old@shop 1, ${times(1_500, 'old@office')}, new@office 9999`;
    expect(await reasons(uses)).toEqual([{ kind: 'still-used', sms_number: 'shop', at: 1 }]);
  });

  it.each(['old@ 1, new@office 2', 'new@office 1, old@ 1', 'old@ 1, old@test 2'])(
    'if it was used for a message that is not stored: %s',
    async (uses) => {
      expect(await reasons(uses)).toEqual([{ kind: 'number-unknown', at: 1 }]);
    },
  );

  it.each(['', 'other@office 1', 'new@test 1', 'new@ 1'])(
    'if nothing tells: "%s"',
    async (uses) => {
      expect(await reasons(uses)).toEqual([{ kind: 'nothing-used' }]);
    },
  );
});

describe.skipIf(!hasMoto)('the tokens of a stack, and its log', () => {
  let stack: MotoStack;
  const region = 'ap-southeast-2';
  const run = (command: string, more: Record<string, string> = {}) =>
    runCli(['token', ...command.split(' '), '--stage', 'prod'], {
      env: {
        ...{ AWS_ENDPOINT_URL: stack.endpoint, AWS_REGION: region },
        ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', ...more },
      },
    });
  const list = async (more: Record<string, string> = {}) =>
    documentsOf(await run('list --json', more));
  const now = Date.now();
  const MADE_AT = now - 40 * 86_400_000;

  async function store(...tokens: string[]): Promise<void> {
    const ssm = new SSMClient(clientOf(stack.endpoint));
    const Value = formatStoredTokens(tokens.map((token) => ({ token, madeAt: MADE_AT })));
    const Name = '/inbound-sms-webhook/prod/tokens';
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
    ssm.destroy();
  }

  /** A request with a token, as the webhook logs and stores it. */
  async function use(token: string, minutesAgo: number, line: object = {}, sms_number = OFFICE) {
    const at = now - minutesAgo * 60_000;
    const message_id = randomUUID();
    const fields = { outcome: 'published', message_id, token_fingerprint: fingerprint(token) };
    await stack.log(at, { level: 'INFO', ...fields, duration_ms: 5, ...line });
    await stack.store({ message_id, sms_number, received_at: at });
    return at;
  }

  /** A refused command, and that nothing was changed. */
  async function refused(command: string, more: Record<string, string> = {}) {
    const before = await list();
    const { code, stdout, stderr } = await run(command, more);
    expect(stdout).toBe('');
    expect(await list()).toEqual(
      before.map((each) => ({ ...each, log_read_since: expect.any(Number) })),
    );
    return { code, stderr };
  }

  beforeAll(async () => {
    stack = await startMotoStack('inbound-sms-prod', region);
    await stack.deployTokens(OLD, MIDDLE);
    await store(OLD, MIDDLE, NEW);
  }, 60_000);
  afterAll(() => stack?.[Symbol.asyncDispose]());

  // One after the other: the log grows.
  it('are listed and retired as the log tells', async () => {
    const rows = async () => (await run('list')).stdout.slice(0, -1).split('\n');
    const made = new Date(MADE_AT).toISOString().slice(0, 19).replace('T', ' ');
    expect(await rows()).toEqual([
      `1\t${fingerprint(OLD)}\told\t${made}\tboth\t`,
      `2\t${fingerprint(MIDDLE)}\told\t${made}\tboth\t`,
      `3\t${fingerprint(NEW)}\tcurrent\t${made}\tparameter\t`,
    ]);

    const unknown = await refused('retire 1');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('Neither this token nor a later one was used for');

    const first = await use(OLD, 60);
    await use(MIDDLE, 50, { outcome: 'method-not-allowed' });
    await use(MIDDLE, 40, { message_id: 'doctor-1' });
    expect((await list()).map(({ last_used_at }) => last_used_at)).toEqual([first, null, null]);
    const still = await refused('retire 1');
    expect(still.code).toBe(1);
    expect(still.stderr).toContain(`The PBX still uses this token: for ${OFFICE}, last at`);
    expect(still.stderr).toContain('bin/inbound-sms url --stage prod');
    expect(still.stderr).toContain('add --force');

    const second = await use(MIDDLE, 30);
    expect((await list()).map(({ last_used_at }) => last_used_at)).toEqual([first, second, null]);
    await use(OLD, 35, {}, SHOP);
    const other = await refused('retire 1');
    expect(other.stderr).toContain(`for ${SHOP}, last at`);
    expect(other.stderr).not.toContain(OFFICE);

    await use(MIDDLE, 20, {}, SHOP);
    await use(OLD, 25, { message_id: 'not-stored' });
    const lost = await refused('retire 1');
    expect(lost.code).toBe(1);
    expect(lost.stderr).toContain('It is not known whether the PBX still uses this token');
    await stack.store({ message_id: 'not-stored', sms_number: SHOP });

    const retired = await run(`retire ${fingerprint(OLD)}`);
    expect(retired).toMatchObject({ code: 0, stdout: `${fingerprint(OLD)} is retired.\n` });
    expect(retired.stderr).toMatch(
      /^The log was read from \S+ \S+ on\. Earlier uses are not known\.\nThe webhook takes it until the next deploy: bin\/serverless deploy --stage prod\n$/,
    );
    expect(await list()).toMatchObject([
      { number: 1, fingerprint: fingerprint(MIDDLE), is_stored: true, is_deployed: true },
      { number: 2, fingerprint: fingerprint(NEW), is_current: true, is_deployed: false },
      { number: null, fingerprint: fingerprint(OLD), is_stored: false, is_deployed: true },
    ]);
  }, 90_000);

  it('stay if they are current or the only one', async () => {
    await store(OLD, MIDDLE);
    const current = await refused('retire 2');
    expect(current).toMatchObject({ code: 1 });
    expect(current.stderr).toContain('This is the current token');
    expect(await run('retire 2 --force --json')).toMatchObject({
      code: 0,
      stdout: `{"fingerprint":"${fingerprint(MIDDLE)}","stored":1}\n`,
    });
    await store(OLD);
    for (const command of ['retire 1', 'retire 1 --force']) {
      const only = await refused(command);
      expect(only).toMatchObject({ code: 1 });
      expect(only.stderr).toContain('This is the only token');
      expect(only.stderr).toContain('bin/inbound-sms token new --stage prod');
    }
  }, 60_000);

  it.each([
    ['retire 2', [OLD, NEW, MIDDLE]],
    ['retire 3', [OLD, MIDDLE, NEW]],
  ])('may be retired without the log if they are not deployed: %s', async (command, tokens) => {
    const nowhere = { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'http://127.0.0.1:9' };
    await store(...tokens);
    expect(await run(command, nowhere)).toMatchObject({ code: 0 });
  });

  it('stay if AWS does not tell whether they are used, unless told', async () => {
    const body = '{"__type":"AccessDeniedException","message":"not authorized: logs"}';
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': '1' };
    const blind = {
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: await serve(answering(400, headers, body)),
    };
    await store(OLD, NEW);
    const { code, stderr } = await refused('retire 1', blind);
    expect(code).toBe(4);
    expect(stderr).toContain('It is not known whether the PBX still uses this token');
    expect(stderr).toContain('not authorized: logs');
    const listed = await run('list', blind);
    expect(listed).toMatchObject({ code: 0 });
    expect(listed.stderr).toContain('It is not known when each was last used');
    expect(await run('retire 1 --force', blind)).toMatchObject({ code: 0 });
  }, 60_000);

  it('are changed as docs/operations.md says', async () => {
    const commands = commandsIn(read('docs/operations.md'), 'inbound-sms').filter((command) =>
      /^token (new|list|retire \d) --stage prod$/.test(command),
    );
    expect(commands.map((command) => command.split(' ')[1])).toEqual(['new', 'list', 'retire']);
    await stack.deployTokens(OLD);
    await store(OLD);
    await use(OLD, 3);
    for (const command of commands) {
      const { code, stderr } = await run(command.replace(/^token | --stage prod$/g, ''));
      expect(code, stderr).toBe(0);
      if (!command.startsWith('token new')) continue;
      // The deploy, and a message to the URL that was pasted.
      const ssm = new SSMClient(clientOf(stack.endpoint));
      const Name = '/inbound-sms-webhook/prod/tokens';
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
      ssm.destroy();
      const all = parseStoredTokens(Parameter?.Value).tokens.map(({ token }) => token);
      await stack.deployTokens(...all);
      for (const number of [OFFICE, SHOP]) await use(all.at(-1) ?? '', 1, {}, number);
    }
    expect(await list()).toMatchObject([{ number: 1, is_current: true }, { number: null }]);
  }, 60_000);

  it.each([
    ['1', 'in the last day,'],
    ['3', 'in the last 3 days,'],
    ['30', 'in the last 7 days,'],
  ])('are told of %s days of log: %s', async (days, reach) => {
    const cloudformation = new CloudFormationClient(clientOf(stack.endpoint));
    const StackName = 'inbound-sms-prod';
    const { TemplateBody = '' } = await cloudformation.send(new GetTemplateCommand({ StackName }));
    const template = JSON.parse(TemplateBody);
    template.Outputs.LogRetentionDays.Value = days;
    await cloudformation.send(
      new UpdateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }),
    );
    cloudformation.destroy();
    const [quiet, unpasted] = ['a-quiet-token-of-the-url', 'an-unpasted-token-of-the-url'];
    await stack.deployTokens(quiet, unpasted);
    await store(quiet, unpasted);
    const { stderr } = await refused('retire 1');
    expect(stderr).toContain(reach);
  });

  it('are listed without a parameter, and with other ones in WEBHOOK_TOKENS', async () => {
    const none = await runCli(['token', 'list', '--stage', 'next'], {
      env: {
        ...{ AWS_ENDPOINT_URL: stack.endpoint, AWS_REGION: region, WEBHOOK_TOKENS: OLD },
        ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
      },
    });
    expect(none).toMatchObject({ code: 0, stdout: '' });
    expect(none.stderr).toBe(
      'There is no parameter /inbound-sms-webhook/next/tokens. To share the tokens of WEBHOOK_TOKENS: bin/inbound-sms token new --import --stage next\nThe stack inbound-sms-next is not deployed in ap-southeast-2 yet. If you expect it there, check --stage and --region.\n',
    );
    await store(OLD, MIDDLE);
    const both = await run('list', { WEBHOOK_TOKENS: OLD });
    expect(both.stderr).toContain('WEBHOOK_TOKENS is set here, with other tokens');
    const same = await run('list', { WEBHOOK_TOKENS: `${OLD},${MIDDLE}` });
    expect(same.stderr).not.toContain('WEBHOOK_TOKENS');
    for (const { stdout, stderr } of [both, same]) {
      for (const token of [OLD, MIDDLE]) expect(stdout + stderr).not.toContain(token);
    }
  });
});
