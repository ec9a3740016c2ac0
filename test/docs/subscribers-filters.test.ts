import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { readSubscribers } from '../../infra/plugin/subscribers.js';
import { clientOf } from '../../tools/local/aws.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { read } from '../helpers/documented-commands.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';

/** What is sent, by the text that tells it apart. */
const MESSAGES = [
  { from: '+61400000001', sms_number: '+61491570156', body: 'as international' },
  { from: '61400000001', sms_number: '61491570156', body: 'without plus' },
  { from: '0400000001', sms_number: '0491570157', body: 'as at home' },
  { from: '+61400000001', sms_number: '+61491570158', body: 'Stop' },
  { from: 'MYBANK', sms_number: '+61491570158', body: 'STOP it' },
  { from: '12345', sms_number: '+61491570158', body: 'please stop' },
  { from: '+64211234567', sms_number: '+61491570156', body: 'from abroad' },
  { from: '', sms_number: '+61491570156', body: 'withheld' },
];

/** The guide's subscribers, and the messages that they get. */
const PASSING: Readonly<Record<string, string[]>> = {
  sales: ['as international', 'without plus', 'as at home', 'from abroad', 'withheld'],
  bank: ['STOP it', 'please stop'],
  stops: ['Stop', 'STOP it'],
  others: ['from abroad', 'withheld'],
};

let stack: LocalStack;
let sqs: SQSClient;
const queues = new Map<string, string>();
beforeAll(async () => {
  stack = await startTestStack();
  sqs = new SQSClient(clientOf(stack.snsEndpoint));
  const sns = new SNSClient(clientOf(stack.snsEndpoint));
  for (const { name, filterPolicy, filterScope } of await documentedSubscribers()) {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    queues.set(name, QueueUrl);
    await sns.send(
      new SubscribeCommand({
        TopicArn: stack.topicArn,
        Protocol: 'sqs',
        Endpoint: stack.topicArn.replace(/^arn:aws:sns(.*:).*$/, `arn:aws:sqs$1${name}`),
        Attributes: {
          RawMessageDelivery: 'true',
          FilterPolicy: JSON.stringify(filterPolicy),
          FilterPolicyScope: String(filterScope),
        },
      }),
    );
  }
  sns.destroy();
  for (const fields of MESSAGES) {
    expect((await postForm(stack.webhookUrl, someForm(fields))).status).toBe(200);
  }
});
afterAll(async () => {
  sqs?.destroy();
  await stack?.close();
});

it('docs/subscribers.md has these filters', () => {
  expect([...queues.keys()]).toEqual(Object.keys(PASSING));
});

it.each(Object.entries(PASSING))(
  'the filter of %s lets these messages through: %j',
  async (name, passing) => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queues.get(name), MaxNumberOfMessages: 10 }),
    );
    const texts = Messages.map(({ Body = '' }) => JSON.parse(Body).body);
    expect(texts.toSorted()).toEqual(passing.toSorted());
  },
);

/** Those of the guide's example of filters, as packaging reads them. */
async function documentedSubscribers() {
  const [, section = ''] = read('docs/subscribers.md').split('\n## Only some messages\n');
  const [, text = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(section) ?? [];
  await using folder = await mkdtempDisposable(join(tmpdir(), 'inbound-sms-test-'));
  await writeFile(join(folder.path, 'settings.yml'), text);
  return readSubscribers(readSettings(folder.path), 'prod');
}
