import { expect, it } from 'vitest';
import { subscriptionsCheck } from '../../../tools/cli/doctor/subscription-checks.ts';
import { type Answers, awsError, type Call, fakeStack } from './fake-stack.ts';

const { signal } = new AbortController();
const arnOf = (service: string, name: string) =>
  `arn:aws:${service}:us-east-1:123456789012:${name}`;
const ARN = `${arnOf('sns', 'messages')}:1`;
const DEAD_LETTERS = { deadLetterTargetArn: arnOf('sqs', 'dead') };

/** What is found of one subscription; its dead-letter queue is empty, unless AWS answers otherwise. */
async function found(Protocol: string, Endpoint: string, answers: Answers = {}, Arn = ARN) {
  const calls: Call[] = [];
  const subscription = { SubscriptionArn: Arn, Protocol, Endpoint };
  const stack = fakeStack(
    {
      ListSubscriptionsByTopic: () => ({ Subscriptions: [subscription] }),
      GetSubscriptionAttributes: () => ({
        Attributes: { RedrivePolicy: JSON.stringify(DEAD_LETTERS) },
      }),
      GetQueueUrl: ({ QueueName }: { readonly QueueName: string }) => ({ QueueUrl: QueueName }),
      GetQueueAttributes: () => ({ Attributes: { ApproximateNumberOfMessages: '0' } }),
      ...answers,
    },
    {},
    calls,
  );
  const findings = await subscriptionsCheck.run(stack, signal);
  return {
    findings: findings.map(({ status, detail }) => `${status}: ${detail}`),
    hints: findings.map(({ hint }) => hint),
    calls,
  };
}

/** AWS fails so when it is asked for the dead-letter queue. */
const failing = (name: string): Answers => ({
  GetQueueUrl: async ({ QueueName }: { readonly QueueName: string }) => {
    if (QueueName === 'dead') throw awsError(name);
    return { QueueUrl: QueueName };
  },
});

it.each([
  ['lambda', arnOf('lambda', 'function:ours'), 'lambda ours'],
  ['email', 'somebody@private.example', 'email s***@private.example'],
  ['https', 'https://host.example/secret?token=1', 'https https://host.example'],
  ['https', 'https://me:secret@host.example/a@secret', 'https https://host.example'],
  ['sqs', arnOf('sqs', 'ours'), 'sqs ours'],
])('%s to %s is shown as %s', async (protocol, endpoint, shown) => {
  const { findings } = await found(protocol, endpoint);
  expect(findings).toEqual([`ok: ${shown}, none in its dead-letter queue`]);
});

it('is looked for in the account of the queue, and only a queue is', async () => {
  const { calls } = await found('lambda', arnOf('lambda', 'function:ours'));
  expect(calls.filter(({ name }) => name === 'GetQueueUrl')).toEqual([
    { name: 'GetQueueUrl', input: { QueueName: 'dead', QueueOwnerAWSAccountId: '123456789012' } },
  ]);
});

it.each([
  ['is gone', failing('QueueDoesNotExist'), 'failed: sqs ours: its dead-letter queue is gone'],
  [
    'is gone, in the words of older services',
    failing('AWS.SimpleQueueService.NonExistentQueue'),
    'failed: sqs ours: its dead-letter queue is gone',
  ],
  [
    'is not for us to see',
    failing('AccessDenied'),
    'skipped: sqs ours: its dead-letter queue cannot be seen from here',
  ],
  [
    'holds messages',
    { GetQueueAttributes: () => ({ Attributes: { ApproximateNumberOfMessages: '1' } }) },
    'failed: sqs ours: 1 could not be delivered',
  ],
  [
    'is none',
    { GetSubscriptionAttributes: () => ({ Attributes: {} }) },
    'warning: sqs ours has no dead-letter queue: a message that cannot be delivered is lost',
  ],
])('a dead-letter queue that %s', async (_, answers, expected) => {
  const { findings } = await found('sqs', arnOf('sqs', 'ours'), answers);
  expect(findings).toEqual([expected]);
});

it.each([
  [{}, 'failed: sqs ours: the queue is gone, its messages go to the dead-letter queue'],
  [
    { GetSubscriptionAttributes: () => ({ Attributes: {} }) },
    'failed: sqs ours: the queue is gone, and without a dead-letter queue its messages are lost',
  ],
])(
  'a queue that is gone loses messages only without a dead-letter queue',
  async (answers, expected) => {
    const gone: Answers = {
      GetQueueUrl: async () => {
        throw awsError('QueueDoesNotExist');
      },
    };
    const { findings } = await found('sqs', arnOf('sqs', 'ours'), { ...gone, ...answers });
    expect(findings).toEqual([expected]);
  },
);

it.each(['sqs', 'lambda', 'https', 'email', 'firehose'])(
  '%s without a dead-letter queue is named',
  async (protocol) => {
    const none = { GetSubscriptionAttributes: () => ({ Attributes: {} }) };
    const endpoint = protocol === 'https' ? 'https://host.example/' : arnOf(protocol, 'ours');
    const { findings } = await found(protocol, endpoint, none);
    expect(findings).toEqual([
      expect.stringMatching(new RegExp(`^warning: ${protocol} .* has no dead-letter queue: `)),
    ]);
  },
);

it('that is not confirmed gets nothing', async () => {
  const { findings } = await found('email', 'a@b.example', {}, 'PendingConfirmation');
  expect(findings).toEqual(['warning: email a***@b.example is not confirmed']);
});

it('that is not confirmed says how to ask again, not the endpoint', async () => {
  const { hints } = await found('email', 'a@b.example', {}, 'PendingConfirmation');
  expect(hints).toEqual([expect.stringContaining('48 hours')]);
  expect(hints[0]).toContain(
    `aws sns subscribe --region us-east-1 --topic-arn ${arnOf('sns', 'messages')} --protocol email --notification-endpoint ENDPOINT`,
  );
  expect(hints[0]).not.toContain('b.example');
});

it('that was unsubscribed is nobody’s, though SNS lists it for three days more', async () => {
  const { findings } = await found('email', 'a@b.example', {}, 'Deleted');
  expect(findings).toEqual(['warning: nobody gets the messages']);
});

// AWS moves messages back only from dead-letter queues of queues:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
it('that has lost messages gets them published again: SQS cannot move them back', async () => {
  const { hints } = await found('lambda', arnOf('lambda', 'function:ours'), {
    GetQueueAttributes: () => ({ Attributes: { ApproximateNumberOfMessages: '1' } }),
  });
  expect(hints).toEqual([
    expect.stringMatching(/publish the messages of dead again: docs\/operations/),
  ]);
});

it('of `tail` is nobody’s', async () => {
  const { findings } = await found('sqs', arnOf('sqs', 'inbound-sms-prod-tail-0123456789ab'));
  expect(findings).toEqual(['warning: nobody gets the messages']);
});

it('does not hide an error', async () => {
  const check = found('sqs', arnOf('sqs', 'ours'), failing('InternalError'));
  await expect(check).rejects.toThrow('Said AWS');
});
