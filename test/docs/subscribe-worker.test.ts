import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import type { InboundSmsMessage } from '../../lib/messages/notification.ts';
import { ACCOUNT_ID, clientOf } from '../../tools/local/aws.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { createInbox, type InboxTable } from '../helpers/inbox-table.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';

let stack: LocalStack;
let inbox: InboxTable;
let sqs: SQSClient;
let queueUrl: string;
let deadUrl: string;
beforeAll(async () => {
  stack = await startTestStack();
  inbox = await createInbox(stack);
  for (const [name, value] of Object.entries(inbox.environment)) vi.stubEnv(name, value);
  sqs = new SQSClient(clientOf(stack.snsEndpoint));
  deadUrl = await createQueue('dead');
  const redrive = { deadLetterTargetArn: await arnOf(deadUrl), maxReceiveCount: '2' };
  // A failed message is visible again at once.
  queueUrl = await createQueue('inbox', {
    RedrivePolicy: JSON.stringify(redrive),
    VisibilityTimeout: '0',
  });
  const sns = new SNSClient(clientOf(stack.snsEndpoint));
  const Endpoint = await arnOf(queueUrl);
  await sns.send(new SubscribeCommand({ TopicArn: stack.topicArn, Protocol: 'sqs', Endpoint }));
  sns.destroy();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  sqs?.destroy();
  await inbox?.[Symbol.asyncDispose]();
  await stack?.close();
});

async function createQueue(QueueName: string, Attributes = {}): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
}

async function arnOf(QueueUrl: string): Promise<string> {
  const AttributeNames = ['QueueArn' as const];
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
  return (await sqs.send(command)).Attributes?.QueueArn ?? '';
}

async function deadLetters(): Promise<unknown[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: deadUrl, VisibilityTimeout: 0 });
  const { Messages = [] } = await sqs.send(command);
  return Messages.map(({ Body = '' }) => JSON.parse(JSON.parse(Body).Message));
}

/** The messages in a queue, including those in flight. */
async function countOf(QueueUrl: string): Promise<number> {
  const AttributeNames = [
    'ApproximateNumberOfMessages' as const,
    'ApproximateNumberOfMessagesNotVisible' as const,
  ];
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
  const { Attributes = {} } = await sqs.send(command);
  return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

it('ends with an error if the queue does not exist', async () => {
  const { workOn } = await import('../../examples/queue-worker.ts');
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const url = `${stack.snsEndpoint}/${ACCOUNT_ID}/no-such-queue`;
  const working = workOn(url, async () => {}, stopping.signal);
  await expect(working).rejects.toThrow(/queue does not exist/i);
});

it('keeps what it can, retries failures, and leaves the rest to the dead-letter queue', async () => {
  const { workOn } = await import('../../examples/queue-worker.ts');
  const { saveOnce } = await import('../../examples/save-once.ts');
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  let failures = 0;
  const handle = async (message: InboundSmsMessage) => {
    if (message.body === 'poison') throw new TypeError('poison');
    if (message.body === 'second time' && failures++ === 0) throw new RangeError('first time');
    await saveOnce(message);
  };
  const forms = ['good', 'second time', 'poison'].map((body) => someForm({ body }));
  for (const form of forms) expect((await postForm(stack.webhookUrl, form)).status).toBe(200);

  const stopping = new AbortController();
  // With a host name that every machine knows, unlike the emulator's own.
  const working = workOn(`${stack.snsEndpoint}/${ACCOUNT_ID}/inbox`, handle, stopping.signal);
  const [good, late, poison] = forms;
  try {
    await vi.waitFor(
      async () => {
        expect(await inbox.texts()).toEqual({
          [good?.message_id ?? '']: 'good',
          [late?.message_id ?? '']: 'second time',
        });
        expect(await deadLetters()).toEqual([expect.objectContaining(poison)]);
      },
      { timeout: 20_000 },
    );
  } finally {
    stopping.abort();
    await working;
  }
  expect([await countOf(queueUrl), await countOf(deadUrl)]).toEqual([0, 1]);
  expect(logged.mock.calls.map(([, name]) => name).sort()).toEqual([
    'RangeError',
    'TypeError',
    'TypeError',
  ]);
  logged.mockRestore();
});
