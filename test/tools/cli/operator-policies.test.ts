import { hash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { LEASE_TAG } from '../../../tools/cli/tail-queue.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { ask, asPage, beginSession } from '../../helpers/console-site.ts';
import {
  type DocumentedStatement,
  documentedStatements,
  type Place,
  policyOf,
  weakened,
} from '../../helpers/documented-policies.ts';
import { evaluateIam } from '../../helpers/evaluate-iam.ts';
import { clockOf } from '../../helpers/moved-clock.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { hasMoto } from './moto.ts';
import { type MotoStack, startMotoStack } from './moto-stack.ts';
import { type Recorder, startRecorder, type Use } from './recorder.ts';
import { type CliResult, documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt } from './stored-messages.ts';

const STACK = 'inbound-sms-prod';
const toNotification = notificationsIn('inbound-sms');
const TOKEN = 'current-token-of-the-webhook-123';
/** The account is Moto's own. */
const HOME: Place = { partition: 'aws', region: 'us-east-1', account: '123456789012' };

/** The parts of docs/cli.md#permissions. */
const PARTS = [
  ...([
    'Read',
    'Tail',
    'Replay',
    'Queues',
    'Quarantine',
    'Subscribers',
    'Confirm',
    'Secrets',
    'Token',
    'Tokens',
    'Redrive',
  ] as const),
  ...(['Forget', 'Doctor'] as const),
];
type Part = (typeof PARTS)[number];

const MESSAGE = someRecord({
  message_id: 'stored',
  received_at: Date.now() - 60_000,
  ...publishedAt(Date.now() - 59_000),
});

const statementsOf = async (
  parts: readonly Part[],
  place = HOME,
): Promise<DocumentedStatement[]> => {
  const all = parts.map(async (part) =>
    (await documentedStatements('docs/cli.md', `### ${part}`, place)).flat(),
  );
  return (await Promise.all(all)).flat();
};

function refused(uses: Iterable<Use>, statements: readonly DocumentedStatement[]): Use[] {
  const identity = [policyOf(statements)];
  const principal = `arn:aws:iam::${HOME.account}:user/operator`;
  return [...uses].filter((use) => evaluateIam({ principal, ...use }, { identity }) !== 'allowed');
}

describe.skipIf(!hasMoto)('the policies of docs/cli.md', () => {
  let stack: MotoStack;
  let recorder: Recorder;
  /** What each command called, by the parts that it needs. */
  const runs: {
    readonly command: string;
    readonly parts: readonly Part[];
    readonly uses: Use[];
  }[] = [];

  const env = () => ({
    AWS_ENDPOINT_URL: recorder.url,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: HOME.region,
    WEBHOOK_TOKENS: TOKEN,
  });

  beforeAll(async () => {
    stack = await startMotoStack(STACK, HOME.region);
    recorder = await startRecorder(stack.endpoint, HOME.account);
    await stack.deployTokens(TOKEN);
    await stack.store(MESSAGE);
    await stack.store({ ...MESSAGE, message_id: 'console', from: '+61400000009' });
    for (const sent_message_id of ['first', 'second']) {
      const quarantine_id = hash('sha256', sent_message_id).slice(0, 32);
      await stack.quarantine({ quarantine_id, sent_message_id });
    }
  }, 60_000);
  afterAll(async () => {
    await recorder?.[Symbol.asyncDispose]();
    await stack?.[Symbol.asyncDispose]();
  });

  /** Runs a command, and compares its calls with the parts that docs/cli.md says it needs. */
  async function check<T>(
    command: string,
    parts: readonly Part[],
    run: () => Promise<T>,
  ): Promise<T> {
    const before = recorder.uses.length;
    const result = await run();
    const uses = recorder.uses.slice(before);
    runs.push({ command, parts, uses });
    expect(uses).not.toEqual([]);
    expect(refused(uses, await statementsOf(parts))).toEqual([]);
    return result;
  }
  const cli = (command: string): Promise<CliResult> =>
    runCli([...command.replace('TABLE', stack.tableName).split(' '), '--stage', 'prod'], {
      env: env(),
    });

  it.each<[string, readonly Part[]]>([
    ['list --json', ['Read']],
    ['list --conflicts --json', ['Read']],
    [`show ${MESSAGE.message_id}`, ['Read']],
    ['stats', ['Read']],
    ['export', ['Read']],
    ['reconcile --subscriber crm', ['Read']],
    ['url', ['Read']],
    ['version', ['Read']],
    ['send --id sent', ['Read']],
    [`replay ${MESSAGE.message_id} --yes`, ['Read', 'Replay']],
    ['list --table TABLE', ['Read']],
    ['export --table TABLE', ['Read']],
    [`replay ${MESSAGE.message_id} --subscriber jobs`, ['Read', 'Queues']],
    ['quarantine', ['Read']],
    ['quarantine show first', ['Read']],
    ['quarantine accept first', ['Read', 'Replay', 'Quarantine']],
    ['quarantine discard second --yes', ['Read', 'Quarantine']],
    ['subscribers', ['Read', 'Subscribers']],
    ['subscribers test jobs', ['Read', 'Queues']],
    ['secret set CRM_SECRET --generate', ['Read', 'Secrets']],
    ['secret list', ['Read', 'Secrets']],
    ['token new', ['Read', 'Token', 'Tokens']],
    ['token list', ['Read', 'Token']],
    ['token show --show-token', ['Read', 'Token']],
    ['token retire 1 --force', ['Read', 'Token', 'Tokens']],
    ['redrive jobs --dry-run', ['Read', 'Queues', 'Redrive']],
  ])('%s works with %j', async (command, parts) => {
    const { code, stderr } = await check(command, parts, () => cli(command));
    expect(code, stderr).toBe(0);
  });

  it.each<[string, readonly Part[]]>([
    ['console', ['Read']],
    ['console --allow-replay', ['Read', 'Replay']],
  ])(
    '%s works with %j',
    async (command, parts) => {
      const statuses = await check(command, parts, async () => {
        const args = [...command.split(' '), '--stage', 'prod', '--json'];
        const running = await startCli(args, { env: env() });
        await vi.waitFor(() => expect(running.stdout()).toContain('\n'), 25_000);
        const [{ url }] = documentsOf({ stdout: running.stdout() });
        const session = await beginSession(url);
        const api = (path: string) => new URL(`/_console/api/${path}`, url).href;
        const answers = [];
        for (const path of ['messages?limit=1', 'messages/console', 'attempts']) {
          answers.push(await ask(api(path), { headers: session }));
        }
        if (parts.includes('Replay')) {
          const { headers, body } = asPage(url, { message_ids: ['console'] });
          const asked = {
            method: 'POST',
            headers: { ...headers, ...session },
            ...(body && { body }),
          };
          answers.push(await ask(api('replay'), asked));
        }
        running.child.kill('SIGINT');
        await running.result;
        return answers.map(({ status }) => status);
      });
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
    60_000,
  );

  it('forget works with ["Read","Forget"], also if there are dead letters', async () => {
    for (const record of [MESSAGE, someRecord({ from: '+61400000008' })]) {
      await stack.die('crm', toNotification(record).message);
    }
    const forget = () => cli(`forget ${MESSAGE.from} --yes`);
    const { code, stdout } = await check('forget', ['Read', 'Forget'], forget);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('crm: 1 message deleted from its dead-letter queue.'),
    });
  });

  it('subscribers test works with ["Read","Queues"], also where it waits for the log', async () => {
    const { stdout } = await check('subscribers test', ['Read', 'Queues'], () =>
      cli('subscribers test crm --timeout 1'),
    );
    expect(stdout).toMatch(/^crm: nothing is known of canary-/);
  });

  it('subscribers confirm works with ["Read","Confirm"]', async () => {
    const link = `https://example.com/?${new URLSearchParams({ TopicArn: stack.teamTopicArn, Token: 't' })}`;
    const { code, stderr } = await check('subscribers confirm', ['Read', 'Confirm'], () =>
      cli(`subscribers confirm team ${link}`),
    );
    expect(code, stderr).toBe(0);
  });

  it('reconcile --replay works with ["Read","Queues"]', async () => {
    const now = Date.now() + 1_000;
    await stack.store({ message_id: 'missing', received_at: now, ...publishedAt(now) });
    const clock = join(await temporaryDir(), 'clock');
    await writeFile(clock, '3600000');
    const args = '--ids - --subscriber team --since 1d --replay --yes --stage prod';
    const { code, stdout, stderr } = await check('reconcile', ['Read', 'Queues'], () =>
      runCli(['reconcile', ...args.split(' ')], { env: { ...env(), ...clockOf(clock) } }),
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^[1-9]\d* messages? sent to team again/m);
  });

  it('redrive works with ["Read","Queues","Redrive"]', async () => {
    await stack.die('jobs', 'a dead letter');
    const { code, stdout } = await check('redrive', ['Read', 'Queues', 'Redrive'], () =>
      cli('redrive jobs'),
    );
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 message/),
    });
  });

  it('tail works with ["Read","Tail"], also if it removes what a killed one has left', async () => {
    await stack.subscribeQueue(`${STACK}-tail-killed`, { [LEASE_TAG]: '1700000000' });
    await stack.subscribeQueue(`${STACK}-tail-running`, { [LEASE_TAG]: String(Date.now()) });
    const { code } = await check('tail', ['Read', 'Tail'], async () => {
      const args = ['tail', '--limit', '1', '--stage', 'prod'];
      const running = await startCli(args, { env: env() });
      await vi.waitFor(() => expect(running.stderr()).toContain('Waiting'), 25_000);
      await stack.accept({ from: '+1', message_id: 'tailed' });
      return running.result;
    });
    expect(code).toBe(0);
  }, 60_000);

  it.each<[string, readonly Part[]]>([
    ['doctor', ['Read', 'Tail', 'Forget', 'Doctor']],
    ['doctor --no-canary', ['Read', 'Doctor']],
  ])(
    '%s works with %j',
    async (command, parts) => {
      await stack.subscribeQueue('a-queue-of-mine');
      const { stdout } = await check(command, parts, () => cli(command));
      expect(stdout).toContain('subscription');
      if (command === 'doctor') expect(stdout).toMatch(/^ok\tcanary removed/m);
    },
    60_000,
  );

  it.each(PARTS)('%s has nothing that can be left out', async (part) => {
    const concerned = await Promise.all(
      runs
        .filter(({ parts }) => parts.includes(part))
        .map(async ({ parts, uses }) => {
          const others = await statementsOf(parts.filter((other) => other !== part));
          return { others, uses };
        }),
    );
    const spare = [...weakened(await statementsOf([part]))]
      .filter(({ statements }) =>
        concerned.every(
          ({ others, uses }) => refused(uses, [...others, ...statements]).length === 0,
        ),
      )
      .map(({ without }) => without);
    expect(spare).toEqual([]);
  });

  it('a reader can neither publish nor delete nor subscribe', async () => {
    const arn = (service: string, name: string) =>
      `arn:aws:${service}:${HOME.region}:${HOME.account}:${name}`;
    const uses = [
      { action: 'sns:Publish', resource: stack.topicArn },
      { action: 'sns:Subscribe', resource: stack.topicArn },
      { action: 'dynamodb:DeleteItem', resource: arn('dynamodb', `table/${stack.tableName}`) },
      { action: 'dynamodb:Scan', resource: arn('dynamodb', `table/${stack.tableName}`) },
    ];
    expect(refused(uses, await statementsOf(['Read']))).toEqual(uses);
  });

  it.each(['aws-cn', 'aws-us-gov'])('are the same in the partition %s', async (partition) => {
    const statements = await statementsOf(PARTS, { ...HOME, partition });
    const uses = runs
      .flatMap((run) => run.uses)
      .map(({ action, resource }) => ({
        action,
        resource: resource.replace(/^arn:aws:/, `arn:${partition}:`),
      }));
    expect(refused(uses, statements)).toEqual([]);
  });
});

it('docs/cli.md says for every command which policies it needs', async () => {
  const document = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  const [, section = ''] = document.split('\n## Permissions\n');
  const rows = [...section.matchAll(/^\| (`.+?) +\| (.+?) +\|$/gm)].map(
    ([, commands = '', parts = '']) => [
      [...commands.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
      [...parts.matchAll(/\[(\w+)\]/g)].map(([, name]) => name),
    ],
  );
  expect(rows).toEqual([
    [
      [
        ...['list', 'show', 'stats', 'export', 'reconcile', 'quarantine', 'console', 'url'],
        ...['version', 'send'],
      ],
      ['Read'],
    ],
    [['tail'], ['Read', 'Tail']],
    [
      ['replay', 'console --allow-replay'],
      ['Read', 'Replay'],
    ],
    [
      ['replay --subscriber', 'reconcile --replay'],
      ['Read', 'Queues'],
    ],
    [['quarantine accept'], ['Read', 'Replay', 'Quarantine']],
    [['quarantine discard'], ['Read', 'Quarantine']],
    [['subscribers'], ['Read', 'Subscribers']],
    [['subscribers test'], ['Read', 'Queues']],
    [['subscribers confirm'], ['Read', 'Confirm']],
    [['secret'], ['Read', 'Secrets']],
    [
      ['token list', 'token show'],
      ['Read', 'Token'],
    ],
    [
      ['token new', 'token retire'],
      ['Read', 'Token', 'Tokens'],
    ],
    [['redrive'], ['Read', 'Queues', 'Redrive']],
    [['forget'], ['Read', 'Forget']],
    [['doctor'], ['Read', 'Tail', 'Forget', 'Doctor']],
    [['doctor --no-canary'], ['Read', 'Doctor']],
  ]);
});
