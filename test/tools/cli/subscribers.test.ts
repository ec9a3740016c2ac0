import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQS } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DeliveryMark } from '../../../lib/forwarding/delivery-mark.ts';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { lastOf, oldestOf } from '../../../tools/cli/subscriber-status.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { subscribersIn } from '../../../tools/shared/subscriber-outputs.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { postForm, startTestStack } from '../../helpers/local-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';

const FORM = { from: '+61491570006', sms_number: '+61491570156', body: 'Hello' };
const POLICY = { sms_number: ['nobody', 'no one'] };

let directory: string;
let stack: LocalStack;
const received: { url: string; id: string }[] = [];
const receiver = createServer((request, response) => {
  request.resume();
  received.push({ url: request.url ?? '', id: String(request.headers['webhook-id']) });
  response.writeHead(request.url === '/down' ? 500 : 204).end();
});

beforeAll(async () => {
  const port = await listen(receiver);
  directory = await mkdtemp(join(tmpdir(), 'inbound-sms-test-'));
  const file = join(directory, '.env');
  await writeFile(file, `CRM_SECRET=whsec_${Buffer.alloc(32, 1).toString('base64')}\n`);
  const settings = [
    'local:',
    '  subscribers:',
    `    crm: { https: "http://localhost:${port}/crm", secret: CRM_SECRET }`,
    `    down: { https: "http://localhost:${port}/down", secret: CRM_SECRET }`,
    `    keyless: { https: "http://localhost:${port}/keyless", secret: NO_SECRET }`,
    '    team: { email: team@example.com }',
    `    jobs: { queue: true, filter: ${JSON.stringify(POLICY)} }`,
  ].join('\n');
  stack = await startTestStack({ packageDir: undefined, settings, secretFiles: [file] });
}, 120_000);
afterAll(async () => {
  await stack?.close();
  await hangUp(receiver);
  await rm(directory, { recursive: true, force: true });
});

const toNotification = notificationsIn('inbound-sms');

function sqsOf({ snsEndpoint }: Pick<LocalStack, 'snsEndpoint'>) {
  const client = new SQS(clientOf(snsEndpoint));
  return { client, [Symbol.dispose]: () => client.destroy() };
}

const cli = (...args: string[]) => runCli(['subscribers', ...args, `--local=${stack.url}`]);
const statusOf = async (name: string) =>
  documentsOf(await cli('--json')).find((status) => status.name === name);

describe('subscribers test', () => {
  it('sends a message to one subscriber, and says that it arrived', async () => {
    const before = received.length;
    const result = await cli('test', 'crm', '--json');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [answer] = documentsOf(result);
    expect(answer).toEqual({
      subscriber: 'crm',
      message_id: expect.stringMatching(/^canary-[0-9a-f-]{36}$/),
      outcome: 'delivered',
      status: 204,
      ms: expect.any(Number),
    });
    expect(received.slice(before)).toEqual([{ url: '/crm', id: answer.message_id }]);
    expect((await runCli(['show', answer.message_id, `--local=${stack.url}`])).code).toBe(3);
  });

  it('says how it was answered', async () => {
    expect(await cli('test', 'crm')).toEqual({
      code: 0,
      stdout: 'crm: delivered (204).\n',
      stderr: expect.stringMatching(
        /^canary-\S+ is in the queue of crm\. Waiting for the forwarder\.\n$/,
      ),
    });
  });

  it.each([
    ['down', '500'],
    ['keyless', 'secret missing'],
  ])('of %s says why it did not arrive: %s', async (name, reason) => {
    const { code, stdout, stderr } = await cli('test', name);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${name}: failed (${reason}).\n` });
    expect(stderr).toMatch(/^error: /m);
    expect(stderr).toContain(`The test message was not delivered to ${name}: ${reason}.`);
    await vi.waitFor(
      async () => expect(await statusOf(name)).toMatchObject({ waiting: 0, dead: 0 }),
      { timeout: 20_000 },
    );
  });

  it('says of an e-mail that SNS has it', async () => {
    const { code, stdout } = await cli('test', 'team');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^team: handed to SNS for the e-mail/),
    });
  });

  it('puts the test message into your own queue, and ignores its filter', async () => {
    const { code, stdout } = await cli('test', 'jobs');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^canary-\S+ is in the queue http\S+-to-jobs\.\n$/);
    expect(await statusOf('jobs')).toMatchObject({ waiting: 1 });
  });
});

describe('subscribers confirm', () => {
  it('has nothing to do on the local stack', async () => {
    const link = 'https://sns.us-east-1.amazonaws.com/confirmation.html?TopicArn=arn&Token=token';
    expect(await cli('confirm', 'team', link)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'The local stack sends no e-mail, so there is nothing to confirm.',
      ),
    });
  });
});

describe('subscribers', () => {
  it('shows waiting messages, the last delivery and the last failure', async () => {
    const began = Date.now();
    const { status } = await postForm(stack.webhookUrl, { ...FORM, message_id: randomUUID() });
    expect(status).toBe(200);
    await vi.waitFor(async () => {
      expect((await statusOf('crm')).delivered_at).toBeGreaterThanOrEqual(began);
      expect((await statusOf('down')).failed_at).toBeGreaterThanOrEqual(began);
    }, 20_000);
    expect(await statusOf('crm')).toEqual({
      ...{ name: 'crm', kind: 'https', waiting: 0, oldest_ms: null, dead: 0 },
      ...{ delivered_at: expect.any(Number), failed_at: null, reason: null },
      ...{ is_subscribed: true, filter_policy: null, filter_scope: null, problems: [] },
    });
    expect(await statusOf('down')).toMatchObject({
      ...{ waiting: 1, dead: 0, delivered_at: null, reason: '500' },
      oldest_ms: expect.any(Number),
    });
    expect(await statusOf('jobs')).toMatchObject({
      ...{ kind: 'queue', filter_policy: POLICY, filter_scope: 'MessageAttributes' },
      ...{ delivered_at: null, failed_at: null },
    });
  }, 60_000);

  it('has a line for each, in the order of their names', async () => {
    const { stdout } = await cli();
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows.map(([name]) => name)).toEqual(['crm', 'down', 'jobs', 'keyless', 'team']);
    expect(rows[2]).toEqual([
      ...['jobs', 'queue', JSON.stringify(POLICY), '1', expect.stringMatching(/^\d+$/), '0'],
      ...['handed to SNS', ''],
    ]);
  });
});

describe('redrive', () => {
  it('delivers a dead letter, unless its record says that the subscriber has it', async () => {
    const [known, lost] = [randomUUID(), randomUUID()];
    const ids = () => received.filter(({ url }) => url === '/crm').map(({ id }) => id);
    await postForm(stack.webhookUrl, { ...FORM, message_id: known });
    await vi.waitFor(() => expect(ids()).toContain(known), 20_000);
    await vi.waitFor(async () => {
      const [shown] = documentsOf(await runCli(['show', known, '--json', `--local=${stack.url}`]));
      expect(shown.deliveries?.crm?.delivered_at).toBeTypeOf('number');
    }, 20_000);

    const [crm] = subscribersIn(
      Object.fromEntries(
        stack.template.outputNames.map((name) => [name, stack.template.output(name)]),
      ),
    );
    using sqs = sqsOf(stack);
    for (const message_id of [known, lost]) {
      const { message: MessageBody } = toNotification(someRecord({ message_id }));
      await sqs.client.sendMessage({ QueueUrl: crm?.deadLetters, MessageBody });
    }
    const { stdout } = await runCli(['redrive', 'crm', `--local=${stack.url}`]);
    expect(stdout).toBe('2 messages moved back to the queue of crm.\n');
    await vi.waitFor(async () => {
      expect(ids()).toContain(lost);
      expect(await statusOf('crm')).toMatchObject({ waiting: 0, dead: 0 });
    }, 20_000);
    expect(ids().filter((id) => id === known)).toHaveLength(1);
  }, 90_000);
});

describe('secret', () => {
  const secret = (...args: string[]) => runCli(['secret', ...args, `--local=${stack.url}`]);

  it('list tells which secrets of .env there are, and which are missing', async () => {
    const documents = documentsOf(await secret('list', '--json'));
    expect(documents).toEqual([
      {
        ...{ name: 'CRM_SECRET', changed_at: expect.any(Number), version: 1 },
        used_by: ['crm', 'down'],
      },
      { name: 'NO_SECRET', changed_at: null, version: null, used_by: ['keyless'] },
    ]);
    expect(await secret('list')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^CRM_SECRET\t2.*\t1\tcrm, down\nNO_SECRET\tmissing\t\tkeyless\n$/,
      ),
      stderr:
        'NO_SECRET is missing. Write NO_SECRET=VALUE into .env, or into .env.local if that file exists.\n',
    });
  });

  it('set names the file, and the line to write into it', async () => {
    const { code, stderr } = await secret('set', 'NO_SECRET', '--generate');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'Write NO_SECRET=VALUE into .env, or into .env.local if that file exists. It is used within 5 minutes.',
    );
  });
});

describe('the age of the oldest message', () => {
  const NOW = 1_000_000;

  it.each<[string, number | undefined, DeliveryMark[], number | undefined]>([
    ['is unknown without a metric and marks', undefined, [], undefined],
    ['is what CloudWatch says', 8_000, [{ attempts: 1, delivered_at: 5 }], 8_000],
    [
      'counts from the first failure of a message that SQS leaves out',
      8_000,
      [{ attempts: 5, failed_at: NOW - 90_000, reason: '500' }],
      90_000,
    ],
    [
      'does not count what was delivered or given up',
      undefined,
      [
        { attempts: 5, failed_at: 1, delivered_at: 2 },
        { attempts: 34, failed_at: 1, dead_at: 3 },
      ],
      undefined,
    ],
  ])('%s', (_, age, marks, expected) => {
    expect(oldestOf(age, marks, NOW)).toBe(expected);
  });
});

describe('the last delivery and failure', () => {
  const FAILED_REPLAY = { replay_attempts: 1, replay_failed_at: 30, replay_reason: '503' };
  it.each<[string, DeliveryMark[], object]>([
    ['are unknown without marks', [], {}],
    [
      'count replays and dead letters',
      [
        { attempts: 1, delivered_at: 10, replayed_at: 30 },
        { attempts: 34, failed_at: 5, dead_at: 40, reason: '503' },
      ],
      { delivered_at: 30, failed_at: 40, reason: '503' },
    ],
    [
      'count a replay that failed',
      [
        { attempts: 1, failed_at: 5, reason: '500', delivered_at: 10, ...FAILED_REPLAY },
        { attempts: 1, failed_at: 12, reason: '404' },
      ],
      { delivered_at: 10, failed_at: 30, reason: '503' },
    ],
    [
      'are those of the newest marks',
      [
        { attempts: 2, delivered_at: 20, failed_at: 15, reason: 'timeout' },
        { attempts: 1, failed_at: 12, reason: '500' },
      ],
      { delivered_at: 20, failed_at: 15, reason: 'timeout' },
    ],
  ])('%s', (_, marks, expected) => {
    expect(lastOf(marks)).toEqual({
      ...{ delivered_at: undefined, failed_at: undefined, reason: undefined },
      ...expected,
    });
  });
});
