import { randomUUID } from 'node:crypto';
import { ListSubscriptionsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient, TagQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { tailQueuePrefix } from '../../../tools/cli/tail-queue.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import { type LocalStack, STACK_NAME } from '../../../tools/local/stack.ts';
import { postForm, startTestStack } from '../../helpers/local-stack.ts';
import { documentsOf, type RunningCli, startCli } from './run-cli.ts';

let stack: LocalStack;
let sqs: SQSClient;
let sns: SNSClient;
beforeAll(async () => {
  stack = await startTestStack();
  sqs = new SQSClient(clientOf(stack.snsEndpoint));
  sns = new SNSClient(clientOf(stack.snsEndpoint));
});
afterAll(async () => {
  sqs?.destroy();
  sns?.destroy();
  await stack?.close();
});

const READY = 'Waiting for messages. Ctrl-C ends it.\n';

/** With `--json` it does not say when it is ready: then `isReady` tells. */
async function tail(...args: string[]): Promise<RunningCli> {
  const before = await subscriptions();
  const running = await startCli(['tail', `--local=${stack.url}`, ...args]);
  const isReady = async () =>
    args.includes('--json')
      ? expect((await subscriptions()).length).toBeGreaterThan(before.length)
      : expect(running.stderr()).toBe(READY);
  await vi.waitFor(isReady, 10_000);
  return running;
}

async function queues(): Promise<string[]> {
  const { QueueUrls = [] } = await sqs.send(
    new ListQueuesCommand({ QueueNamePrefix: tailQueuePrefix(STACK_NAME) }),
  );
  return QueueUrls;
}

async function subscriptions(): Promise<string[]> {
  const { Subscriptions = [] } = await sns.send(new ListSubscriptionsCommand({}));
  return Subscriptions.map(({ Endpoint = '' }) => Endpoint);
}

const nothingLeft = async () => expect([await queues(), await subscriptions()]).toEqual([[], []]);

async function post(fields: Record<string, string> = {}): Promise<string> {
  const message_id = randomUUID();
  const form = { message_id, from: '+61400000001', sms_number: '+61290000001', body: 'Hello' };
  expect((await postForm(stack.webhookUrl, { ...form, ...fields })).status).toBe(200);
  return message_id;
}

it('shows messages up to --limit, and removes its queue', async () => {
  const running = await tail('--limit', '2');
  const first = await post({ body: 'Hello\n\x1b[2Jthere' });
  await vi.waitFor(() => expect(running.stdout()).toContain(first), 5_000);
  const second = await post();
  const { code, stdout } = await running.result;
  expect(code).toBe(0);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t'));
  expect(rows).toEqual([
    [
      expect.stringMatching(/^[\d-]{10} [\d:]{8}$/),
      '+61400000001',
      '+61290000001',
      first,
      'Hello\\x0a\\x1b[2Jthere',
    ],
    expect.arrayContaining([second]),
  ]);
  await nothingLeft();
});

it('is for scripts with --json: the messages as they were published', async () => {
  const running = await tail('--json', '--limit', '1');
  const message_id = await post();
  const result = await running.result;
  expect(result.stderr).toBe('');
  expect(documentsOf(result)).toEqual([
    expect.objectContaining({ schema: 'inbound-sms/1', message_id, body: 'Hello' }),
  ]);
});

it('shows only selected messages', async () => {
  const running = await tail('--limit', '1', '--from', '0400 000 002', '--to', '+61290000002');
  await post({ from: '+61400000002' });
  await post({ sms_number: '+61290000002' });
  const wanted = await post({ from: '61400000002', sms_number: '02 9000 0002' });
  const { stdout } = await running.result;
  expect(stdout.trimEnd().split('\n')).toEqual([expect.stringContaining(wanted)]);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it with %d, and nothing is left', async (signal, code) => {
  const running = await tail();
  expect(await queues()).toHaveLength(1);
  running.child.kill(signal);
  // npm passes on what the terminal has sent already.
  running.child.kill(signal);
  expect(await running.result).toEqual({ code, stdout: '', stderr: READY });
  await nothingLeft();
});

it('a killed tail is cleaned up by the next one, which leaves running ones alone', async () => {
  const running = await tail();
  const [alive = ''] = await queues();
  const killed = await tail();
  const [abandoned = ''] = (await queues()).filter((url) => url !== alive);
  killed.child.kill('SIGKILL');
  await killed.result;

  await (await interrupted(await tail())).result;
  expect((await queues()).toSorted()).toEqual([abandoned, alive].toSorted());
  // Its command would have renewed this for another five minutes.
  const Tags = { 'inbound-sms-tail-until': '1700000000' };
  await sqs.send(new TagQueueCommand({ QueueUrl: abandoned, Tags }));
  await (await interrupted(await tail())).result;
  expect(await queues()).toEqual([alive]);
  expect(await subscriptions()).toHaveLength(1);
  await (await interrupted(running)).result;
  await nothingLeft();
});

async function interrupted(running: RunningCli): Promise<RunningCli> {
  running.child.kill('SIGINT');
  return running;
}
