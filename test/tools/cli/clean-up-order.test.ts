import { ListSubscriptionsCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  DeleteQueueCommand,
  ListQueuesCommand,
  SQSClient,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { LEASE_TAG } from '../../../tools/cli/tail-queue.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import type { AwsCall, Fault } from '../../../tools/local/fault-proxy.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { type FaultyAws, startFaultyAws } from './behind-faults.ts';
import { runCli, startCli } from './run-cli.ts';

// Each test runs several commands.
vi.setConfig({ testTimeout: 90_000 });

// A topic must never deliver to a queue that is gone: SNS would count each message as failed.

/** As long as a busy AWS takes, so that a call that does not wait for this one gets there first. */
const SLOW_MS = 300;

let stack: LocalStack;
let sns: SNSClient;
let sqs: SQSClient;
let aws: FaultyAws;
/** For each queue that was deleted, in order: how many subscriptions the topic had to it then. */
let subscriptionsAtDeletion: number[];
let failing: string | undefined;

beforeAll(async () => {
  stack = await startTestStack();
  sns = new SNSClient(clientOf(stack.snsEndpoint));
  sqs = new SQSClient(clientOf(stack.snsEndpoint));
});
beforeEach(async () => {
  aws = await startFaultyAws(stack);
  subscriptionsAtDeletion = [];
  failing = undefined;
  aws.sns.setFault(watch);
});
afterEach(async () => {
  await aws[Symbol.asyncDispose]();
  for (const QueueUrl of await queues()) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
});
afterAll(async () => {
  sns?.destroy();
  sqs?.destroy();
  await stack?.close();
});

/** Slows down what comes first, and looks at the real topic when a queue is about to go. */
async function watch({ operation, body }: AwsCall): Promise<Fault | undefined> {
  if (operation === failing) {
    return { kind: 'error-before', status: 403, code: 'AuthorizationError', message: 'No' };
  }
  if (operation === 'Unsubscribe') return { kind: 'delay', ms: SLOW_MS };
  if (operation !== 'DeleteQueue') return undefined;
  const name = String(body.QueueUrl).split('/').at(-1);
  const to = (await endpoints()).filter((endpoint) => endpoint.endsWith(`:${name}`));
  subscriptionsAtDeletion.push(to.length);
  return undefined;
}

async function endpoints(): Promise<string[]> {
  const { Subscriptions = [] } = await sns.send(new ListSubscriptionsCommand({}));
  return Subscriptions.map(({ Endpoint = '' }) => Endpoint);
}

async function queues(): Promise<string[]> {
  const { QueueUrls = [] } = await sqs.send(
    new ListQueuesCommand({ QueueNamePrefix: 'inbound-sms-' }),
  );
  return QueueUrls;
}

async function tail() {
  const running = await startCli(['tail', `--local=${aws.url}`]);
  await vi.waitFor(() => expect(running.stderr()).toContain('Waiting'), 25_000);
  return running;
}

it('Ctrl-C during `tail` removes the subscription, then the queue', async () => {
  const running = await tail();
  running.child.kill('SIGINT');
  expect((await running.result).code).toBe(130);
  expect(subscriptionsAtDeletion).toEqual([0]);
  expect(await endpoints()).toEqual([]);
});

it('`tail` keeps the queue whose subscription it cannot remove; the next one removes both', async () => {
  failing = 'Unsubscribe';
  const running = await tail();
  running.child.kill('SIGINT');
  expect((await running.result).stderr).toContain('The next `tail` removes it.');
  expect(await queues()).toHaveLength(1);
  expect(await endpoints()).toHaveLength(1);

  failing = undefined;
  const [QueueUrl = ''] = await queues();
  const Tags = { [LEASE_TAG]: '1700000000' };
  await sqs.send(new TagQueueCommand({ QueueUrl, Tags }));
  const next = await tail();
  next.child.kill('SIGINT');
  await next.result;
  expect(subscriptionsAtDeletion).toEqual([0, 0]);
  expect([await queues(), await endpoints()]).toEqual([[], []]);
});

it('`tail` keeps a queue that may be subscribed, because the answer was lost', async () => {
  aws.sns.setFault((call) =>
    call.operation === 'Subscribe' ? { kind: 'drop-answer' } : watch(call),
  );
  expect((await runCli(['tail', `--local=${aws.url}`])).code).toBe(1);
  expect(await endpoints()).toHaveLength(1);
  expect(await queues()).toHaveLength(1);

  aws.sns.setFault(watch);
  const [QueueUrl = ''] = await queues();
  await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { [LEASE_TAG]: '1700000000' } }));
  const next = await tail();
  next.child.kill('SIGINT');
  await next.result;
  expect([await queues(), await endpoints()]).toEqual([[], []]);
  expect(subscriptionsAtDeletion).toEqual([0, 0]);
});

it('the canary of `doctor` removes the subscription, then the queue', async () => {
  await runCli(['doctor', `--local=${aws.url}`]);
  expect(subscriptionsAtDeletion).toEqual([0]);
  expect([await queues(), await endpoints()]).toEqual([[], []]);
});

it('the canary still removes its queue in order if its message cannot be erased', async () => {
  aws.dynamodb.setFault(({ operation }) =>
    operation === 'DeleteItem'
      ? { kind: 'error-before', status: 400, code: 'AccessDeniedException', message: 'No' }
      : undefined,
  );
  const { stdout } = await runCli(['doctor', `--local=${aws.url}`]);
  expect(stdout).toContain('AWS does not allow it');
  expect(subscriptionsAtDeletion).toEqual([0]);
  expect([await queues(), await endpoints()]).toEqual([[], []]);
});

it('Ctrl-C during the canary removes the subscription, then the queue', async () => {
  const subscribed = Promise.withResolvers<void>();
  const interrupted = Promise.withResolvers<void>();
  aws.sns.setFault((call) => {
    if (call.operation !== 'Subscribe') return watch(call);
    const run = () => {
      subscribed.resolve();
      return interrupted.promise;
    };
    return { kind: 'after', run };
  });
  const running = await startCli(['doctor', `--local=${aws.url}`]);
  await Promise.race([subscribed.promise, running.result]);
  running.child.kill('SIGINT');
  interrupted.resolve();
  expect((await running.result).code).toBe(130);
  expect(subscriptionsAtDeletion).toEqual([0]);
  expect([await queues(), await endpoints()]).toEqual([[], []]);
});
