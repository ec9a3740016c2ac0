import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { readSecret } from '../../../tools/cli/read-secret.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { CREDENTIALS, serve } from './in-place-of-aws.ts';
import { documentsOf, runCli } from './run-cli.ts';

const SUBSCRIBERS = [
  { name: 'crm', kind: 'https', secret: 'CRM_SECRET' },
  { name: 'chat', kind: 'slack', secret: 'CHAT_URL' },
  { name: 'staff', kind: 'teams', secret: 'CHAT_URL' },
  { name: 'jobs', kind: 'queue' },
];
const KEY = Buffer.alloc(32, 7).toString('base64');
const URL_OF_CHAT = 'https://hooks.example.com/services/T1';

interface Aws {
  readonly env: Readonly<Record<string, string>>;
  /** What was stored. */
  readonly put: Readonly<Record<string, unknown>>[];
  /** The operations of SSM that were called. */
  readonly called: string[];
  /** What was asked for. */
  readonly filters: Set<string>;
}

/** An AWS with one stack, whose Parameter Store holds these. */
async function startAws(
  parameters: readonly object[] = [],
  { isDeployed = true } = {},
): Promise<Aws> {
  const called: string[] = [];
  const put: Aws['put'] = [];
  const filters: Aws['filters'] = new Set();
  const endpoint = await serve(async (request, response) => {
    const body = String(await buffer(request));
    const [, operation] = String(request.headers['x-amz-target'] ?? '').split('.');
    response.setHeader('x-amzn-requestid', '1');
    if (operation === undefined) {
      response.statusCode = isDeployed ? 200 : 400;
      response.end(isDeployed ? describedStacks() : NO_STACK);
      return;
    }
    called.push(operation);
    const input = JSON.parse(body);
    if (operation === 'PutParameter') put.push(input);
    else filters.add(JSON.stringify(input.ParameterFilters));
    // A page each.
    const page = Number(input.NextToken ?? 0);
    response.end(
      JSON.stringify(
        operation === 'PutParameter'
          ? { Version: 3 }
          : {
              Parameters: parameters.slice(page, page + 1),
              ...(page < parameters.length && { NextToken: String(page + 1) }),
            },
      ),
    );
  });
  return {
    env: { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' },
    put,
    called,
    filters,
  };
}

const NO_STACK =
  '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id inbound-sms-prod does not exist</Message></Error></ErrorResponse>';

function describedStacks(): string {
  const outputs = SUBSCRIBERS.map(
    (each) =>
      `<member><OutputKey>Subscriber${each.name.toUpperCase()}</OutputKey><OutputValue>${JSON.stringify(each)}</OutputValue></member>`,
  ).join('');
  const result = `<Stacks><member><Outputs>${outputs}</Outputs></member></Stacks>`;
  return `<R><DescribeStacksResult>${result}</DescribeStacksResult></R>`;
}

const set = ({ env }: Aws, input: string, ...args: string[]) =>
  runCli(['secret', 'set', ...args, '--stage=prod'], { env, input });

describe('secret set', () => {
  it('stores stdin, without its last line break, as a SecureString of the stage', async () => {
    const aws = await startAws();
    const { code, stdout, stderr } = await set(aws, `${URL_OF_CHAT}\n`, 'CHAT_URL');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'CHAT_URL is stored, version 3.\n',
      stderr: 'chat, staff will use it within 5 minutes.\n',
    });
    expect(aws.put).toEqual([
      {
        Name: '/inbound-sms/prod/CHAT_URL',
        Value: URL_OF_CHAT,
        Type: 'SecureString',
        Overwrite: true,
        Description: 'A secret of the stack inbound-sms-prod',
      },
    ]);
  });

  it.each([KEY, `whsec_${KEY}`, `whsec_${KEY} ${KEY}`])(
    'takes for https what can sign: %s',
    async (value) => {
      const aws = await startAws();
      expect((await set(aws, value, 'CRM_SECRET')).code).toBe(0);
      expect(aws.put).toMatchObject([{ Value: value }]);
    },
  );

  it.each([
    ['CRM_SECRET', '', 'The value is empty.'],
    ['CRM_SECRET', ' \n', 'The value is empty.'],
    ['OTHER', '\n', 'The value is empty.'],
    ['OTHER', 'x'.repeat(4_097), 'longer than 4096 bytes'],
    ['CRM_SECRET', 'not/base64!', 'crm is of the kind https'],
    ['CRM_SECRET', Buffer.alloc(23).toString('base64'), 'base64 of 24 to 64 random bytes'],
    ['CRM_SECRET', Buffer.alloc(65).toString('base64'), 'base64 of 24 to 64 random bytes'],
    ['CRM_SECRET', `${KEY} short`, 'crm is of the kind https'],
    ['CHAT_URL', 'http://hooks.example.com', 'chat is of the kind slack'],
    ['CHAT_URL', `${URL_OF_CHAT} ${URL_OF_CHAT}`, 'chat is of the kind slack'],
    ['CHAT_URL', KEY, 'chat is of the kind slack'],
  ])('refuses for %s: %j', async (name, value, message) => {
    const aws = await startAws();
    const { code, stdout, stderr } = await set(aws, value, name);
    expect({ code, stdout, put: aws.put }).toEqual({ code: 2, stdout: '', put: [] });
    expect(stderr).toContain(message);
    if (value.trim()) expect(stderr).not.toContain(value.trim());
  });

  it('stores a secret without a subscriber, with a warning', async () => {
    const aws = await startAws();
    const { code, stderr } = await set(aws, 'anything', 'NEXT_SECRET');
    expect(code).toBe(0);
    expect(stderr).toBe(
      'No subscriber of inbound-sms-prod uses NEXT_SECRET yet. Check the name in settings.yml.\n',
    );
    expect(aws.put).toMatchObject([{ Value: 'anything' }]);
  });

  it('prints no value for scripts that they have given', async () => {
    const aws = await startAws();
    expect(documentsOf(await set(aws, URL_OF_CHAT, 'CHAT_URL', '--json'))).toEqual([
      { name: 'CHAT_URL', version: 3, used_by: ['chat', 'staff'] },
    ]);
  });

  it('takes a name of 64 characters', async () => {
    const aws = await startAws();
    expect((await set(aws, KEY, 'A'.repeat(64))).code).toBe(0);
  });

  describe('with a subscriber that settings.yml has and no deploy has made', () => {
    const SETTINGS = [
      'prod:',
      '  subscribers:',
      '    next: { https: "https://next.example.com", secret: NEXT_SECRET }',
      '    later: { slack: LATER_URL }',
    ].join('\n');
    const run = (aws: Aws, input: string, ...args: string[]) => runWith(SETTINGS, aws, input, args);
    async function runWith(settings: string, aws: Aws, input: string, args: readonly string[]) {
      const cwd = await temporaryDir();
      await writeFile(join(cwd, 'settings.yml'), settings);
      return runCli(['secret', ...args, '--stage=prod'], { env: aws.env, input, cwd });
    }

    it('names the subscriber', async () => {
      const aws = await startAws();
      expect(await run(aws, KEY, 'set', 'NEXT_SECRET')).toMatchObject({
        code: 0,
        stderr: 'next will use it after the next deploy.\n',
      });
      expect(aws.put).toMatchObject([{ Value: KEY }]);
    });

    it('names one that is deployed as well once', async () => {
      const aws = await startAws();
      const settings = `${SETTINGS}\n    crm: { https: "https://crm.example.com", secret: CRM_SECRET }`;
      expect(await runWith(settings, aws, KEY, ['set', 'CRM_SECRET'])).toMatchObject({
        code: 0,
        stderr: 'crm will use it within 5 minutes.\n',
      });
    });

    it('knows those that are deployed where settings.yml cannot be read, and says so', async () => {
      const aws = await startAws();
      const faulty = 'prod: { subscribers: { crm: { https: nowhere } } }';
      const { code, stderr } = await runWith(faulty, aws, KEY, ['set', 'CRM_SECRET']);
      expect(code).toBe(0);
      expect(stderr).toContain('settings.yml cannot be read: ');
      expect(stderr).toContain('crm will use it within 5 minutes.');
    });

    it('checks the value by the kind', async () => {
      const aws = await startAws();
      const { code, stderr } = await run(aws, 'no key', 'set', 'NEXT_SECRET');
      expect({ code, put: aws.put }).toEqual({ code: 2, put: [] });
      expect(stderr).toContain('next is of the kind https');
    });

    it('works before the first deploy of the stack', async () => {
      const aws = await startAws([], { isDeployed: false });
      const { code, stderr } = await run(aws, KEY, 'set', 'NEXT_SECRET');
      expect(code).toBe(0);
      expect(aws.put).toMatchObject([{ Name: '/inbound-sms/prod/NEXT_SECRET' }]);
      expect(stderr).toContain('The stack inbound-sms-prod is not deployed in us-east-1 yet.');
      expect((await run(aws, KEY, 'set', 'OTHER')).stderr).toContain(
        'No subscriber of inbound-sms-prod uses OTHER yet.',
      );
    });

    it('lists missing secrets, each with the command that stores it', async () => {
      const aws = await startAws([], { isDeployed: false });
      const { stdout, stderr } = await run(aws, '', 'list', '--region=us-east-1');
      expect(stdout).toBe('LATER_URL\tmissing\t\tlater\nNEXT_SECRET\tmissing\t\tnext\n');
      const line = (name: string) =>
        `${name} is missing. To store it: bin/inbound-sms secret set ${name} --stage prod --region us-east-1\n`;
      expect(stderr).toContain(line('LATER_URL') + line('NEXT_SECRET'));
      expect(stderr).toContain('The stack inbound-sms-prod is not deployed in us-east-1 yet. If');
    });

    it('lists that there is nothing to list', async () => {
      const aws = await startAws([], { isDeployed: false });
      const { stdout, stderr } = await runWith('prod: {}', aws, '', ['list']);
      expect(stdout).toBe('');
      expect(stderr).toContain('inbound-sms-prod has no secrets, and needs none.\n');
    });
  });

  it('makes a secret with --generate, and prints it once', async () => {
    const aws = await startAws();
    const { stdout, stderr } = await set(aws, '', 'CRM_SECRET', '--generate');
    expect(stdout).toMatch(/^whsec_[\w+/]{43}=\n$/);
    expect(aws.put).toMatchObject([{ Value: stdout.trim() }]);
    expect(stderr).not.toContain(stdout.trim());
    expect(stderr).toContain('Give it to the receiver now: it is not shown again.\n');
    const [first, second] = [
      stdout.trim(),
      documentsOf(await set(aws, '', 'CRM_SECRET', '--generate', '--json'))[0],
    ];
    expect(second).toEqual({
      ...{ name: 'CRM_SECRET', version: 3, used_by: ['crm'] },
      secret: expect.stringMatching(/^whsec_/),
    });
    expect(second.secret).not.toBe(first);
  });

  it('makes no secret for a chat, whose webhook has its own', async () => {
    const aws = await startAws();
    expect((await set(aws, '', 'CHAT_URL', '--generate')).code).toBe(2);
    expect(aws.put).toEqual([]);
  });

  it.each(['crm-secret', '1SECRET', 'A'.repeat(65), '/inbound-sms/prod/A'])(
    'refuses the name %s',
    async (name) => {
      const aws = await startAws();
      expect(await set(aws, KEY, name)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('The name of a secret has capital letters'),
      });
      expect(aws.put).toEqual([]);
    },
  );

  it('says what it needs if the name of the stack does not tell the stage', async () => {
    const { env, put } = await startAws();
    const args = ['secret', 'set', 'CRM_SECRET', '--stack', 'another'];
    expect(await runCli(args, { env, input: KEY })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Set `service` in settings.yml'),
    });
    expect(put).toEqual([]);
  });
});

describe('a secret that is typed at a terminal', () => {
  /** What is read, or the exit code, and what the terminal shows. */
  async function type(...keys: string[]) {
    const { runtime, read, readErrors } = fakeTerminal();
    const reading = readSecret(runtime, 'Value: ').catch(({ exitCode }) => exitCode);
    for (const key of keys) runtime.stdin.push(key);
    return { value: await reading, shown: readErrors() + read() };
  }

  it.each([
    ['is not shown', [`${KEY}\r`], KEY],
    ['may be corrected with the backspace key', [`${KEY}x\x7f\r`], KEY],
    ['is not taken after Ctrl-C', [KEY, '\x03'], 130],
    ['is empty after Ctrl-D', ['\x04'], ''],
  ])('%s', async (_, keys, value) => {
    expect(await type(...keys)).toEqual({ value, shown: 'Value: \n' });
  });
});

describe('secret list', () => {
  it('shows names, dates, versions, users and missing secrets, and reads no value', async () => {
    const { env, called, filters } = await startAws([
      { Name: '/inbound-sms/prod/CHAT_URL', LastModifiedDate: 1_793_000_000, Version: 2 },
      // Not secrets of this stack.
      { Name: '/inbound-sms/prod/else/OTHER', LastModifiedDate: 1_790_000_000, Version: 1 },
      { Name: '/inbound-sms/next/OTHER_STAGE', LastModifiedDate: 1_790_000_000, Version: 1 },
      { Name: '/inbound-sms/prod/OLD', LastModifiedDate: 1_790_000_000, Version: 1 },
    ]);
    const list = (...args: string[]) =>
      runCli(['secret', 'list', '--stage=prod', ...args], { env });
    expect(documentsOf(await list('--json'))).toEqual([
      { name: 'CHAT_URL', changed_at: 1_793_000_000_000, version: 2, used_by: ['chat', 'staff'] },
      { name: 'CRM_SECRET', changed_at: null, version: null, used_by: ['crm'] },
      { name: 'OLD', changed_at: 1_790_000_000_000, version: 1, used_by: [] },
    ]);
    const { stdout, stderr } = await list();
    expect(stdout).toBe(
      [
        'CHAT_URL\t2026-10-26 07:33:20\t2\tchat, staff',
        'CRM_SECRET\tmissing\t\tcrm',
        'OLD\t2026-09-21 14:13:20\t1\t',
        '',
      ].join('\n'),
    );
    expect(stderr).toBe(
      'CRM_SECRET is missing. To store it: bin/inbound-sms secret set CRM_SECRET --stage prod\n',
    );
    expect(new Set(called)).toEqual(new Set(['DescribeParameters']));
    const filter = { Key: 'Path', Option: 'OneLevel', Values: ['/inbound-sms/prod'] };
    expect(filters).toEqual(new Set([JSON.stringify([filter])]));
  });
});
