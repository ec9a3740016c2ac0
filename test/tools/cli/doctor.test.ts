import { stripVTControlCharacters } from 'node:util';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ListQueuesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Finding } from '../../../tools/cli/doctor/check.ts';
import { main } from '../../../tools/cli/main.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import type { FaultFunction } from '../../../tools/local/fault-proxy.ts';
import { type LocalStack, startLocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack, subscribeQueue } from '../../helpers/local-stack.ts';
import { startFaultyAws } from './behind-faults.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';

let stack: LocalStack;
let sns: SNSClient;
let sqs: SQSClient;
beforeAll(async () => {
  stack = await startTestStack();
  sns = new SNSClient(clientOf(stack.snsEndpoint));
  sqs = new SQSClient(clientOf(stack.snsEndpoint));
});
afterAll(async () => {
  sns?.destroy();
  sqs?.destroy();
  await stack?.close();
});

const doctor = (...args: string[]) => runCli(['doctor', `--local=${stack.url}`, ...args]);
async function findings(...args: string[]) {
  const result = await doctor('--json', ...args);
  const all: Finding[] = documentsOf(result);
  const of = (check: string) => all.filter((found) => found.check === check);
  return { code: result.code, all, of };
}

async function makeQueue(name: string): Promise<{ url: string; arn: string }> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const [, , , region, account] = stack.topicArn.split(':');
  return { url: QueueUrl, arn: `arn:aws:sqs:${region}:${account}:${name}` };
}
async function subscribe(queueArn: string, deadLetterTargetArn?: string): Promise<void> {
  const RedrivePolicy = deadLetterTargetArn && JSON.stringify({ deadLetterTargetArn });
  await sns.send(
    new SubscribeCommand({
      TopicArn: stack.topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      Attributes: RedrivePolicy ? { RedrivePolicy } : {},
    }),
  );
}

/** Queues and messages of `doctor`. */
async function leftovers({ snsEndpoint, dynamodbEndpoint, tableName }: LocalStack) {
  using made = new DisposableStack();
  const queues = made.adopt(new SQSClient(clientOf(snsEndpoint)), (client) => client.destroy());
  const dynamodb = made.adopt(new DynamoDBClient(clientOf(dynamodbEndpoint)), (client) =>
    client.destroy(),
  );
  const { QueueUrls = [] } = await queues.send(
    new ListQueuesCommand({ QueueNamePrefix: 'inbound-sms-' }),
  );
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: tableName }));
  const own = QueueUrls.filter((url) => url.includes('-tail-'));
  return [...own, ...Items.filter(({ from }) => from?.S === 'inbound-sms-doctor')];
}

describe('doctor', () => {
  it('follows a message hop by hop, and leaves nothing of it', async () => {
    await using queue = await subscribeQueue(stack);
    const { code, all, of } = await findings();
    expect(code).toBe(0);
    expect(all.map(({ check, status }) => `${status} ${check}`)).toEqual([
      'ok stack',
      'ok parameters',
      'ok table',
      'skipped retention',
      'skipped alarm e-mail',
      'skipped alarms',
      'ok subscriber',
      'ok secrets',
      'warning subscription',
      'ok backlog',
      'ok token',
      'ok canary answered',
      'ok canary stored',
      'ok canary delivered',
      'ok canary removed',
    ]);
    for (const hop of ['token', 'canary answered', 'canary stored', 'canary delivered']) {
      expect(of(hop)[0]?.ms).toBeGreaterThanOrEqual(0);
    }
    const [notification] = await queue.receive(1);
    expect(notification?.attributes).toMatchObject({
      from: 'inbound-sms-doctor',
      sms_number: '+61491570156',
    });
    expect(await leftovers(stack)).toEqual([]);
  });

  it('prints a line for each finding, with what to do', async () => {
    const { runtime, read, readErrors } = fakeTerminal();
    const code = await main(['doctor', `--local=${stack.url}`, '--no-canary'], runtime);
    const [stdout, stderr] = [read(), readErrors()].map(stripVTControlCharacters);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^warning {2}subscription {6}nobody gets the messages\n {27}Add subscribers/m,
    );
    expect(stdout).toMatch(/^ok {7}token {13}the webhook URL takes the token \(\d+ ms\)$/m);
    expect(stdout).toMatch(/^skipped {2}canary {12}left out by --no-canary$/m);
    expect(stderr).toMatch(/^ok: \d+, warnings: 1, failed: 0, skipped: 4\n$/);
  });

  it('is for scripts in a pipe: a line a finding, its parts separated by tabs', async () => {
    const { code, stdout } = await doctor('--no-canary');
    expect(code).toBe(0);
    const rows = stdout
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows.filter(({ length }) => length !== 5)).toEqual([]);
    expect(rows).toEqual(
      expect.arrayContaining([
        ['ok', 'token', 'the webhook URL takes the token', expect.stringMatching(/^\d+$/), ''],
        [
          'warning',
          'subscription',
          'nobody gets the messages',
          '',
          expect.stringContaining('Add subscribers'),
        ],
      ]),
    );
  });

  it('finds subscriptions without a dead-letter queue, and those with dead letters', async () => {
    const queues = await Promise.all(['none', 'empty', 'full', 'gone'].map(makeQueue));
    const [none, empty, full, gone] = queues as [Queue, Queue, Queue, Queue];
    const unused = await makeQueue('dead-letters-empty');
    const used = await makeQueue('dead-letters-full');
    await sqs.send(new SendMessageCommand({ QueueUrl: used.url, MessageBody: 'lost' }));
    await subscribe(none.arn);
    await subscribe(empty.arn, unused.arn);
    await subscribe(full.arn, used.arn);
    await subscribe(gone.arn);
    await sqs.send(new DeleteQueueCommand({ QueueUrl: gone.url }));

    const { code, of } = await findings('--no-canary');
    expect(code).toBe(1);
    expect(
      of('subscription')
        .map(({ status, detail }) => `${status}: ${detail}`)
        .toSorted(),
    ).toEqual([
      'failed: sqs full: 1 could not be delivered',
      'failed: sqs gone: the queue is gone, and without a dead-letter queue its messages are lost',
      'ok: sqs empty, none in its dead-letter queue',
      'warning: sqs none has no dead-letter queue: a message that cannot be delivered is lost',
    ]);
  });

  it('finds a message that is not published, and shows its whole id', async () => {
    await store(stack, [
      someRecord({ message_id: 'old\x1b[31m', received_at: Date.now() - 3_600_000 }),
      someRecord({ message_id: 'published', ...publishedAt(1) }),
    ]);
    const { of } = await findings('--no-canary');
    expect(of('backlog')).toMatchObject([
      { status: 'failed', detail: expect.stringMatching(/^old\x1b\[31m has waited since 20/) },
    ]);
    const { stdout } = await doctor('--no-canary');
    expect(stdout).toContain('failed\tbacklog\told\\x1b[31m has waited since 20');
  });

  it('sends to a number that may receive, and raises no alarm, however it is called', async () => {
    const lines: string[] = [];
    await using limited = await startLocalStack({
      params: { allowedSmsNumbers: '0412345678' },
      schedules: false,
      onFunctionLog: (_, line) => lines.push(line),
    });
    const args = ['doctor', `--local=${limited.url}`, '--json'];
    for (const to of [[], ['--to', '0412345678']]) {
      const found: Finding[] = documentsOf(await runCli([...args, ...to]));
      expect(found.at(-1)).toMatchObject({ check: 'canary removed', status: 'ok' });
    }
    const found: Finding[] = documentsOf(await runCli([...args, '--to', '+61412345678']));
    expect(found.at(-1)).toMatchObject({ check: 'canary', status: 'skipped' });
    expect(lines.filter((line) => line.includes('"Published":1'))).toHaveLength(2);
    expect(lines.join('')).not.toContain('"Refused":1');
  }, 120_000);

  it('raises no alarm from an address that may not post', async () => {
    const lines: string[] = [];
    await using limited = await startTestStack({
      functionEnvironment: { ALLOWED_SOURCE_CIDRS: '203.0.113.0/24' },
      onFunctionLog: (_, line) => lines.push(line),
    });
    const args = ['doctor', `--local=${limited.url}`, '--json'];
    const found: Finding[] = documentsOf(await runCli(args));
    expect(found.slice(-2)).toMatchObject([
      { check: 'token', status: 'skipped' },
      { check: 'canary', status: 'skipped' },
    ]);
    await vi.waitFor(() => expect(lines.join('')).toContain('source-not-allowed'));
    expect(lines.join('')).not.toContain('"Refused":1');
  }, 60_000);

  it('says that it left nothing, if AWS lost the answers to the removal', async () => {
    await using aws = await startFaultyAws(stack);
    const lost = new Set<string>();
    const loseOnce: FaultFunction = ({ operation }) => {
      if (!/^Delete(Item|Queue)$|^Unsubscribe$/.test(operation) || lost.has(operation)) return;
      lost.add(operation);
      return { kind: 'drop-answer' };
    };
    aws.dynamodb.setFault(loseOnce);
    aws.sns.setFault(loseOnce);
    const found: Finding[] = documentsOf(await runCli(['doctor', `--local=${aws.url}`, '--json']));
    expect(lost).toEqual(new Set(['DeleteItem', 'DeleteQueue', 'Unsubscribe']));
    expect(found.at(-1)).toMatchObject({ check: 'canary removed', status: 'ok' });
    expect(await leftovers(stack)).toEqual([]);
  });

  it('says what does not work while the topic is down', async () => {
    await stack.stopSns();
    try {
      const { code, stdout, stderr } = await doctor('--no-canary');
      expect(code).toBe(1);
      expect(stdout).toMatch(
        /^failed\tsubscription\tAWS cannot be reached: nothing listens at .+ \(ECONNREFUSED\)\t/m,
      );
      expect(stdout).toMatch(/^ok\ttoken\t/m);
      expect(stderr).toMatch(
        /error: inbound-sms-local does not work as it should\.\nDo what the failed checks say, then run doctor again\.\n$/,
      );
    } finally {
      await stack.startSns();
    }
  });

  it('ends with 1 if a check fails after its reader has gone, as in `doctor | head -1`', async () => {
    await stack.stopSns();
    try {
      const { child, stdout, result } = await startCli([
        'doctor',
        `--local=${stack.url}`,
        '--no-canary',
      ]);
      child.stdout?.once('data', () => child.stdout?.destroy());
      const { code, stderr } = await result;
      expect(stdout()).toMatch(/^ok\tstack\t/);
      expect(stdout()).not.toContain('failed');
      expect(stderr).toMatch(/failed: \d+, .*\n.* does not work as it should/);
      expect(code).toBe(1);
    } finally {
      await stack.startSns();
    }
  });

  it('takes what `npm start` shows the messages with for no subscriber that lacks something', async () => {
    await using shown = await startTestStack({ onNotification: () => {} });
    const args = ['doctor', `--local=${shown.url}`, '--json', '--no-canary'];
    const found: Finding[] = documentsOf(await runCli(args));
    expect(found.filter(({ check }) => check === 'subscription')).toEqual([
      {
        ...{ check: 'subscription', status: 'ok' },
        detail: 'only the local stack itself shows the messages',
      },
    ]);
  }, 60_000);

  it('leaves nothing when it is stopped, of a message that was not published', async () => {
    const outcomes: string[] = [];
    await using cutOff = await startTestStack({
      endpoints: { sns: 'http://localhost:1' },
      onFunctionLog: (_, line) => {
        if (line.includes('"unavailable"')) outcomes.push(line);
      },
    });
    const running = await startCli(['doctor', `--local=${cutOff.url}`]);
    // By then it is stored, and doctor waits before it tries again.
    await vi.waitFor(() => expect(outcomes).toHaveLength(1), 20_000);
    expect(await leftovers(cutOff)).toHaveLength(2);
    running.child.kill('SIGINT');
    expect(await running.result).toMatchObject({ code: 130 });
    expect(await leftovers(cutOff)).toEqual([]);
  }, 60_000);
});

type Queue = Awaited<ReturnType<typeof makeQueue>>;
