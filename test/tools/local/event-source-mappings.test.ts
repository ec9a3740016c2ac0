import type { SQSEvent } from 'aws-lambda';
import { expect, it, onTestFinished } from 'vitest';
import { readMappings, startMapping } from '../../../tools/local/event-source-mappings.ts';
import type { InvocationResult } from '../../../tools/local/function-runtime.ts';
import { startQueues } from './queue-clients.ts';
import { subscriberTemplate } from './subscriber-template.ts';

type Invoke = (event: SQSEvent) => InvocationResult | Promise<InvocationResult>;
type Options = Parameters<typeof subscriberTemplate>[0][string];

const SUCCESS: InvocationResult = { ok: true, result: { batchItemFailures: [] } };
const failureOf = ({ Records: [record] }: SQSEvent): InvocationResult => ({
  ok: true,
  result: { batchItemFailures: [{ itemIdentifier: record?.messageId }] },
});
const textOf = ({ Records: [record] }: SQSEvent) => record?.body ?? '';

/** Polls a queue of the subscriber `crm`. Its messages go to `invoke`. */
async function poll(invoke: Invoke, options: Options = {}, isFifo = false) {
  const template = subscriberTemplate({ crm: options }, isFifo);
  const queues = await startQueues(template);
  const events: SQSEvent[] = [];
  const [mapping] = readMappings(template);
  if (!mapping) throw new Error('There is no mapping');
  const polling = startMapping(mapping, {
    endpoint: queues.sns.endpoint,
    invoke: async (_, event) => {
      events.push(event as SQSEvent);
      return invoke(event as SQSEvent);
    },
  });
  onTestFinished(() => polling[Symbol.asyncDispose]());
  return { ...queues, polling, events };
}

const quick = { queue: { VisibilityTimeout: 0 } };

it('a function gets a message in Lambda’s form', async () => {
  const { publish, events } = await poll(() => SUCCESS);
  const before = Date.now();
  await publish('{"body":"hi"}', undefined, { from: '+61491570156' });
  await expect.poll(() => events).toHaveLength(1);
  expect(events).toEqual([
    {
      Records: [
        {
          messageId: expect.stringMatching(/^[\da-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: '{"body":"hi"}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.toSatisfy((ms) => Number(ms) >= before),
            SenderId: '000000000000',
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {
            from: {
              stringValue: '+61491570156',
              stringListValues: [],
              binaryListValues: [],
              dataType: 'String',
            },
          },
          md5OfMessageAttributes: expect.stringMatching(/^[\da-f]{32}$/),
          md5OfBody: expect.stringMatching(/^[\da-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:ap-southeast-2:000000000000:inbound-sms-local-to-crm',
          awsRegion: 'ap-southeast-2',
        },
      ],
    },
  ]);
});

it.each<[string, InvocationResult['ok'] extends boolean ? unknown : never]>([
  ['an empty list of failures', { batchItemFailures: [] }],
  ['no list', {}],
  ['null', null],
])('after a result with %s, the message is deleted', async (_, result) => {
  const { publish, depthOf, events } = await poll(() => ({ ok: true, result }));
  await publish('a');
  await expect.poll(() => depthOf('crm')).toEqual({ waiting: 0, inFlight: 0 });
  expect(events).toHaveLength(1);
});

it.each<[string, Invoke]>([
  ['reports the message as failed', failureOf],
  [
    'names a message that it did not get',
    () => ({ ok: true, result: { batchItemFailures: [{}] } }),
  ],
  ['answers no list', () => ({ ok: true, result: { batchItemFailures: 'all' } })],
  ['throws', () => ({ ok: false, kind: 'error', message: 'Error' })],
  ['times out', () => ({ ok: false, kind: 'timeout', message: 'Task timed out' })],
  ['crashes', () => ({ ok: false, kind: 'crash', message: 'Killed' })],
])('a function that %s gets the message again, until it is a dead letter', async (_, fail) => {
  const { publish, receive, depthOf, events } = await poll(fail, quick);
  await publish('a');
  await expect.poll(() => depthOf('crm-dead')?.waiting).toBe(1);
  const counts = events.map(({ Records: [record] }) => record?.attributes.ApproximateReceiveCount);
  expect(counts).toEqual(['1', '2']);
  expect(await receive('crm-dead')).toMatchObject([{ Body: 'a' }]);
});

it('a failed message stays hidden until its visibility timeout ends', async () => {
  const { publish, depthOf, events } = await poll(failureOf, { queue: { VisibilityTimeout: 180 } });
  await publish('a');
  await expect.poll(() => events).toHaveLength(1);
  expect(depthOf('crm')).toMatchObject({ waiting: 0, inFlight: 1 });
});

it('a function that reports no failures succeeds with any result', async () => {
  const { publish, depthOf } = await poll(failureOf, { mapping: { FunctionResponseTypes: [] } });
  await publish('a');
  await expect.poll(() => depthOf('crm')).toEqual({ waiting: 0, inFlight: 0 });
});

it('no more invocations run in parallel than the mapping allows', async () => {
  const gate = Promise.withResolvers<void>();
  let [running, most] = [0, 0];
  const { publish, depthOf } = await poll(async () => {
    most = Math.max(most, ++running);
    await gate.promise;
    running--;
    return SUCCESS;
  });
  for (const text of ['a', 'b', 'c', 'd']) await publish(text);
  await expect.poll(() => running).toBe(2);
  expect(depthOf('crm')).toMatchObject({ waiting: 2, inFlight: 2 });
  gate.resolve();
  await expect.poll(() => depthOf('crm')).toEqual({ waiting: 0, inFlight: 0 });
  expect(most).toBe(2);
});

it('a queue whose invocations hang does not delay others', async () => {
  const template = subscriberTemplate({ crm: {}, chat: {} });
  const { sns, publish, depthOf } = await startQueues(template);
  const gate = Promise.withResolvers<void>();
  onTestFinished(() => gate.resolve());
  const begun: string[] = [];
  for (const mapping of readMappings(template)) {
    const name = mapping.queueArn.endsWith('crm') ? 'crm' : 'chat';
    const invoke = async () => {
      begun.push(name);
      if (name === 'crm') await gate.promise;
      return SUCCESS;
    };
    const polling = startMapping(mapping, { endpoint: sns.endpoint, invoke });
    onTestFinished(() => polling[Symbol.asyncDispose]());
  }
  for (const text of ['a', 'b']) await publish(text);
  await expect.poll(() => depthOf('crm')).toMatchObject({ waiting: 0, inFlight: 2 });
  await publish('c');
  await expect.poll(() => begun.filter((name) => name === 'chat')).toHaveLength(3);
  expect(depthOf('crm')).toMatchObject({ waiting: 1, inFlight: 2 });
});

it('on a FIFO topic, a conversation waits only for its own failed message', async () => {
  const { publish, events } = await poll(
    (event) => (textOf(event) === 'a1' && events.length === 1 ? failureOf(event) : SUCCESS),
    { queue: { VisibilityTimeout: 1 } },
    true,
  );
  await publish('a1', 'a');
  await expect.poll(() => events).toHaveLength(1);
  await publish('a2', 'a');
  await publish('b1', 'b');
  await expect.poll(() => events.map(textOf), { timeout: 3_000 }).toHaveLength(4);
  expect(events.map(textOf)).toEqual(['a1', 'b1', 'a1', 'a2']);
  expect(events[0]?.Records[0]?.attributes).toMatchObject({
    MessageGroupId: 'a',
    MessageDeduplicationId: 'a1',
    SequenceNumber: expect.stringMatching(/^\d+$/),
  });
});

it('polling continues after SQS was down for a while', async () => {
  const { publish, sns, events } = await poll(() => SUCCESS);
  await sns.stop();
  await sns.start();
  await publish('a');
  await expect.poll(() => events.map(textOf)).toEqual(['a']);
});

it('polling delivers nothing after its end, and does not delete messages in flight', async () => {
  const gate = Promise.withResolvers<InvocationResult>();
  const { publish, depthOf, polling, events } = await poll(() => gate.promise);
  await publish('a');
  await expect.poll(() => events).toHaveLength(1);
  await polling[Symbol.asyncDispose]();
  gate.resolve(SUCCESS);
  await publish('b');
  const { waiting = 0, inFlight = 0 } = depthOf('crm') ?? {};
  expect(waiting + inFlight).toBe(2);
  expect(events).toHaveLength(1);
});

it('a mapping with larger batches is refused, and a disabled one is not polled', () => {
  const template = (mapping: Options['mapping'] = {}) => subscriberTemplate({ crm: { mapping } });
  expect(() => readMappings(template({ BatchSize: 10 }))).toThrow('not of 10');
  expect(readMappings(template({ Enabled: false }))).toEqual([]);
});
