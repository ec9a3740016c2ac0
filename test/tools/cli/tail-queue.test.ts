import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LEASE_TAG, removeLeftovers, TailQueue } from '../../../tools/cli/tail-queue.ts';
import { type Answers, awsError, type Call, fakeClient } from './fake-stack.ts';

const NOW = Date.parse('2026-11-07T10:00:00Z');
const NOW_S = NOW / 1000;
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:messages';
const { signal } = new AbortController();

let calls: Call[];
const inputsOf = (name: string) => calls.filter((call) => call.name === name).map((c) => c.input);
const clientsOf = (answers: Answers) => ({
  sns: fakeClient(answers, calls),
  sqs: fakeClient(answers, calls),
});

beforeEach(() => {
  calls = [];
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
});
afterEach(() => void vi.useRealTimers());

const ANSWERS: Answers = {
  CreateQueue: () => ({ QueueUrl: 'queue' }),
  Subscribe: () => ({ SubscriptionArn: 'subscription' }),
  ReceiveMessage: () => ({}),
  ...{ TagQueue: () => ({}), Unsubscribe: () => ({}), DeleteQueue: () => ({}) },
};

describe('the queue of `tail`', () => {
  const open = (changes = {}, answers: Answers = ANSWERS) =>
    TailQueue.open(clientsOf(answers), {
      ...{ stackName: 'inbound-sms-prod', topicArn: TOPIC },
      ...changes,
    });

  it('accepts messages only from its topic, and keeps them for five minutes', async () => {
    const { name } = await open();
    const arn = `arn:aws:sqs:us-east-1:123456789012:${name}`;
    const [{ Attributes, ...rest } = {}] = inputsOf('CreateQueue');
    expect(rest).toEqual({ QueueName: name, tags: { [LEASE_TAG]: String(NOW_S + 300) } });
    const { Policy, ...attributes } = Attributes as Record<string, string>;
    expect(attributes).toEqual({ MessageRetentionPeriod: '300' });
    expect(JSON.parse(Policy ?? '').Statement).toEqual([
      {
        ...{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' } },
        ...{ Action: 'sqs:SendMessage', Resource: arn },
        Condition: { ArnEquals: { 'aws:SourceArn': TOPIC } },
      },
    ]);
    expect(inputsOf('Subscribe')).toEqual([
      {
        ...{ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: arn, ReturnSubscriptionArn: true },
        Attributes: { RawMessageDelivery: 'true' },
      },
    ]);
  });

  it('has a name that SQS takes, and is FIFO where the topic is', async () => {
    const { name } = await open({ stackName: 'x'.repeat(128), topicArn: `${TOPIC}.fifo` });
    expect(name).toMatch(/^x{50}-tail-[0-9a-f]{12}\.fifo$/);
    expect(inputsOf('CreateQueue')).toMatchObject([{ Attributes: { FifoQueue: 'true' } }]);
  });

  it('is removed if it cannot be subscribed', async () => {
    const refusal = Object.assign(awsError('AccessDenied'), { $fault: 'client' });
    const Subscribe = () => Promise.reject(refusal);
    await expect(open({}, { ...ANSWERS, Subscribe })).rejects.toThrow('Said AWS');
    expect(inputsOf('DeleteQueue')).toEqual([{ QueueUrl: 'queue' }]);
    expect(inputsOf('Unsubscribe')).toEqual([]);
  });

  it.each([
    ['the connection broke', {}],
    ['SNS failed', { $fault: 'server' }],
  ])('is left if it may be subscribed: %s', async (_, fault) => {
    const Subscribe = () => Promise.reject(Object.assign(awsError('Error'), fault));
    await expect(open({}, { ...ANSWERS, Subscribe })).rejects.toThrow('Said AWS');
    expect(inputsOf('DeleteQueue')).toEqual([]);
  });

  it('says why it cannot be subscribed, also if it cannot be removed either', async () => {
    const refusal = Object.assign(awsError('AccessDenied', 'No Subscribe'), { $fault: 'client' });
    const Subscribe = () => Promise.reject(refusal);
    const DeleteQueue = () => Promise.reject(awsError('AccessDenied', 'No DeleteQueue'));
    await expect(open({}, { ...ANSWERS, Subscribe, DeleteQueue })).rejects.toThrow('No Subscribe');
  });

  it('is renewed once a minute while somebody reads it', async () => {
    const queue = await open();
    for (const seconds of [59, 60, 119, 120]) {
      vi.setSystemTime(NOW + seconds * 1000);
      await queue.receive(signal);
    }
    expect(inputsOf('TagQueue')).toEqual(
      [60, 120].map((seconds) => ({
        ...{ QueueUrl: 'queue', Tags: { [LEASE_TAG]: String(NOW_S + seconds + 300) } },
      })),
    );
  });

  it('is removed also if somebody else, or an attempt whose answer was lost, was faster', async () => {
    const gone = (name: string) => () => Promise.reject(awsError(name));
    const queue = await open(
      {},
      {
        ...ANSWERS,
        DeleteQueue: gone('QueueDoesNotExist'),
        Unsubscribe: gone('NotFoundException'),
      },
    );
    await queue[Symbol.asyncDispose]();
    expect(inputsOf('DeleteQueue')).toEqual([{ QueueUrl: 'queue' }]);
    expect(inputsOf('Unsubscribe')).toEqual([{ SubscriptionArn: 'subscription' }]);
  });

  it('stays if its subscription cannot be removed', async () => {
    const Unsubscribe = () => Promise.reject(awsError('AccessDenied'));
    const queue = await open({}, { ...ANSWERS, Unsubscribe });
    await expect(queue[Symbol.asyncDispose]()).rejects.toThrow('Said AWS');
    expect(inputsOf('DeleteQueue')).toEqual([]);
  });
});

describe('what `tail` has left', () => {
  const PREFIX = 'inbound-sms-prod-tail-';
  const subscription = (name: string, Protocol = 'sqs') => ({
    ...{ SubscriptionArn: `of ${name}`, Protocol, Endpoint: `arn:aws:sqs:r:a:${name}` },
  });

  it('is removed: queues whose lease is over, and subscriptions without a queue', async () => {
    const leases: Record<string, number> = { alive: NOW_S, expired: NOW_S - 1 };
    const pages = [
      { Subscriptions: [subscription(`${PREFIX}alive`)], NextToken: '1' },
      {
        Subscriptions: [
          ...[subscription(`${PREFIX}expired`), subscription(`${PREFIX}gone`)],
          // Not its own, whatever became of their queues.
          ...[subscription('ours-gone'), subscription(`${PREFIX}gone`, 'lambda')],
        ],
      },
    ];
    const answers: Answers = {
      ListSubscriptionsByTopic: ({ NextToken }: { NextToken?: string }) =>
        pages[Number(NextToken ?? 0)] ?? {},
      ListQueues: () => ({ QueueUrls: Object.keys(leases).map((name) => `u/${PREFIX}${name}`) }),
      ListQueueTags: ({ QueueUrl }: { QueueUrl: string }) => ({
        Tags: { [LEASE_TAG]: String(leases[QueueUrl.slice(`u/${PREFIX}`.length)]) },
      }),
      GetQueueUrl: ({ QueueName }: { QueueName: string }) => {
        if (QueueName.endsWith('gone')) throw awsError('QueueDoesNotExist');
        return { QueueUrl: QueueName };
      },
      Unsubscribe: () => ({}),
      // Another run was faster.
      DeleteQueue: () => Promise.reject(awsError('QueueDoesNotExist')),
    };
    const place = { stackName: 'inbound-sms-prod', topicArn: TOPIC };
    await removeLeftovers(clientsOf(answers), place, signal);
    expect(inputsOf('ListQueues')).toEqual([{ QueueNamePrefix: PREFIX }]);
    expect(inputsOf('Unsubscribe')).toEqual([
      { SubscriptionArn: `of ${PREFIX}expired` },
      { SubscriptionArn: `of ${PREFIX}gone` },
    ]);
    expect(inputsOf('DeleteQueue')).toEqual([{ QueueUrl: `u/${PREFIX}expired` }]);
  });

  it('stays if its subscription cannot be removed', async () => {
    const answers: Answers = {
      ListSubscriptionsByTopic: () => ({ Subscriptions: [subscription(`${PREFIX}a`)] }),
      ListQueues: () => ({ QueueUrls: [`u/${PREFIX}a`] }),
      ListQueueTags: () => ({ Tags: { [LEASE_TAG]: String(NOW_S - 1) } }),
      Unsubscribe: () => Promise.reject(awsError('AccessDenied')),
    };
    const place = { stackName: 'inbound-sms-prod', topicArn: TOPIC };
    await expect(removeLeftovers(clientsOf(answers), place, signal)).rejects.toThrow('Said AWS');
    expect(inputsOf('DeleteQueue')).toEqual([]);
  });

  it('stays, and is an error, where AWS does not let us see it', async () => {
    const answers: Answers = {
      ListSubscriptionsByTopic: () => ({}),
      ListQueues: () => ({ QueueUrls: [`u/${PREFIX}a`] }),
      ListQueueTags: () => Promise.reject(awsError('AccessDenied')),
    };
    const place = { stackName: 'inbound-sms-prod', topicArn: TOPIC };
    await expect(removeLeftovers(clientsOf(answers), place, signal)).rejects.toThrow('Said AWS');
  });
});
