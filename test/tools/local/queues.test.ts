import { ListSubscriptionsCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { queueNameOf } from '../../../tools/local/queues.ts';
import { startQueues } from './queue-clients.ts';
import { subscriberTemplate } from './subscriber-template.ts';
import { temporaryDir } from './temporary-dir.ts';

const bodies = (messages: readonly { readonly Body?: string | undefined }[]) =>
  messages.map(({ Body }) => Body);

it('a queue has the template’s attributes', async () => {
  const template = subscriberTemplate({
    crm: { queue: { VisibilityTimeout: 180, MessageRetentionPeriod: 1_209_600 } },
  });
  const { sqs } = await startQueues(template);
  const QueueUrl = template.ref('SubscriberCrmQueue');
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({
    QueueArn: template.attribute('SubscriberCrmQueue', 'Arn'),
    VisibilityTimeout: '180',
    MessageRetentionPeriod: '1209600',
  });
});

it('a message arrives raw, with its attributes', async () => {
  const { publish, sqs, urlOf } = await startQueues(subscriberTemplate({ crm: {} }));
  await publish('{"body":"hi"}', undefined, { from: '+61491570156' });
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: urlOf('crm'), MessageAttributeNames: ['All'] }),
  );
  expect(Messages).toMatchObject([
    { Body: '{"body":"hi"}', MessageAttributes: { from: { StringValue: '+61491570156' } } },
  ]);
});

it('a filter of the body or the attributes decides what is delivered', async () => {
  const filter = (
    FilterPolicy: Record<string, string[] | object[]>,
    FilterPolicyScope: string,
  ) => ({
    subscription: { FilterPolicy: FilterPolicy as never, FilterPolicyScope },
  });
  const { publish, receive } = await startQueues(
    subscriberTemplate({
      stops: filter({ body: [{ 'equals-ignore-case': 'stop' }] }, 'MessageBody'),
      mine: filter({ from: ['+61491570156'] }, 'MessageAttributes'),
    }),
  );
  await publish('{"body":"STOP"}', undefined, { from: '+61491570157' });
  await publish('{"body":"go"}', undefined, { from: '+61491570156' });
  expect(bodies(await receive('stops'))).toEqual(['{"body":"STOP"}']);
  expect(bodies(await receive('mine'))).toEqual(['{"body":"go"}']);
});

it('a message that is received too often goes to the dead-letter queue', async () => {
  const { publish, receive, depthOf } = await startQueues(subscriberTemplate({ crm: {} }));
  await publish('a');
  expect(await receive('crm', 0)).toHaveLength(1);
  expect(await receive('crm', 0)).toHaveLength(1);
  expect(depthOf('crm-dead')).toMatchObject({ waiting: 0 });
  expect(await receive('crm', 0)).toEqual([]);
  expect(depthOf('crm')).toEqual({ waiting: 0, inFlight: 0 });
  expect(bodies(await receive('crm-dead'))).toEqual(['a']);
});

it('a FIFO topic’s conversation delivers one message after the other', async () => {
  const { publish, receive, sqs, urlOf } = await startQueues(subscriberTemplate({ crm: {} }, true));
  for (const text of ['a1', 'a2', 'b1']) await publish(text, text[0]);
  const [a1, b1, ...others] = await receive('crm.fifo');
  expect(bodies([a1, b1].filter((each) => !!each))).toEqual(['a1', 'b1']);
  expect(others).toEqual([]);
  expect(await receive('crm.fifo')).toEqual([]);
  await sqs.send(
    new DeleteMessageCommand({ QueueUrl: urlOf('crm.fifo'), ReceiptHandle: a1?.ReceiptHandle }),
  );
  expect(bodies(await receive('crm.fifo'))).toEqual(['a2']);
});

it('a queue’s depth counts waiting and received messages, and has the time of the oldest', async () => {
  const { publish, receive, depthOf } = await startQueues(subscriberTemplate({ crm: {} }));
  expect(depthOf('none')).toBeUndefined();
  expect(depthOf('crm')).toEqual({ waiting: 0, inFlight: 0 });
  const before = Date.now();
  await publish('a');
  expect(depthOf('crm')).toEqual({ waiting: 1, inFlight: 0, oldestAt: expect.any(Number) });
  await receive('crm');
  const { oldestAt = 0, ...depth } = depthOf('crm') ?? {};
  expect(depth).toEqual({ waiting: 0, inFlight: 1 });
  expect(oldestAt).toBeGreaterThanOrEqual(before);
  expect(oldestAt).toBeLessThanOrEqual(Date.now());
});

it('with a data directory, a message with a pause of 0 is visible at once', async () => {
  const dataDir = await temporaryDir();
  const { publish, receive, sqs, urlOf } = await startQueues(
    subscriberTemplate({ crm: {} }),
    dataDir,
  );
  await publish('a');
  const [message] = await receive('crm');
  await sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: urlOf('crm'),
      ReceiptHandle: message?.ReceiptHandle,
      VisibilityTimeout: 0,
    }),
  );
  await expect.poll(() => receive('crm')).toHaveLength(1);
});

it('a message that arrives after a client has hung up goes to the next client', async () => {
  const { publish, receive, sqs, urlOf, depthOf } = await startQueues(
    subscriberTemplate({ crm: {} }),
  );
  const hangingUp = new AbortController();
  const polling = sqs.send(
    new ReceiveMessageCommand({ QueueUrl: urlOf('crm'), WaitTimeSeconds: 20 }),
    { abortSignal: hangingUp.signal },
  );
  setTimeout(() => hangingUp.abort(), 100);
  await expect(polling).rejects.toThrow('aborted');
  await publish('a');
  await expect.poll(() => depthOf('crm')).toMatchObject({ waiting: 1 });
  expect(bodies(await receive('crm'))).toEqual(['a']);
});

it('the next start keeps messages, and applies the template’s changes', async () => {
  const dataDir = await temporaryDir();
  const first = await startQueues(subscriberTemplate({ crm: {}, old: {} }), dataDir);
  await first.sqs.send(new CreateQueueCommand({ QueueName: 'my-queue' }));
  const TopicArn = 'arn:aws:sns:ap-southeast-2:000000000000:messages';
  const Endpoint = 'arn:aws:sqs:ap-southeast-2:000000000000:my-queue';
  await first.snsClient.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
  await first.publish('a');
  await first.close();

  const changed = subscriberTemplate({
    crm: {
      queue: { VisibilityTimeout: 60 },
      subscription: { FilterPolicy: { from: ['+61491570156'] } },
    },
  });
  const { publish, receive, snsClient, sqs } = await startQueues(changed, dataDir);
  await publish('b');
  expect(bodies(await receive('crm'))).toEqual(['a']);
  const { Subscriptions = [] } = await snsClient.send(new ListSubscriptionsCommand({}));
  expect(Subscriptions.map((each) => queueNameOf(each.Endpoint ?? '')).toSorted()).toEqual([
    'inbound-sms-local-to-crm',
    'my-queue',
  ]);
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  expect(QueueUrls.map(queueNameOf).toSorted()).toEqual([
    'inbound-sms-local-to-crm',
    'inbound-sms-local-to-crm-dead',
    'my-queue',
  ]);
});
