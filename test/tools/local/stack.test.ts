import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test, vi } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import { listen, PortInUseError } from '../../../tools/local/listen.ts';
import type { LocalStack, LocalStackOptions } from '../../../tools/local/stack.ts';
import type { TopicMessage } from '../../../tools/local/topic-queue.ts';
import { postForm, startTestStack, subscribeQueue } from '../../helpers/local-stack.ts';
import { temporaryDir } from './temporary-dir.ts';

const SMS = {
  service_id: 'service',
  from: '+61400000000',
  sms_number: '+61290000000',
  body: 'Hello',
  timestamp: '1576391654',
};

async function startStack(options?: LocalStackOptions): Promise<LocalStack> {
  const stack = await startTestStack(options);
  onTestFinished(() => stack.close());
  return stack;
}

const post = (stack: LocalStack, message_id: string) =>
  postForm(stack.webhookUrl, { ...SMS, message_id });

async function isStored(stack: LocalStack, messageId: string): Promise<boolean> {
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  try {
    const Key = { message_id: { S: messageId } };
    const { Item } = await client.send(new GetItemCommand({ TableName: stack.tableName, Key }));
    return Item !== undefined;
  } finally {
    client.destroy();
  }
}

test('a posted message is stored, published and reported', async () => {
  const reported: TopicMessage[] = [];
  const stack = await startStack({ onNotification: (notification) => reported.push(notification) });
  await using queue = await subscribeQueue(stack);
  const id = crypto.randomUUID();
  expect((await post(stack, id)).status).toBe(200);
  expect(await isStored(stack, id)).toBe(true);
  const [notification] = await queue.receive(1);
  expect(JSON.parse(notification?.message ?? '')).toMatchObject({ message_id: id, body: 'Hello' });
  expect(notification?.attributes).toMatchObject({ from: '+61400000000' });
  await vi.waitFor(() => expect(reported).toEqual([notification]));
});

test('a queue gets what its filter policy passes, raw if wanted', async () => {
  const stack = await startStack();
  await using queue = await subscribeQueue(stack, { filterPolicy: { from: ['+1'] }, raw: true });
  await post(stack, crypto.randomUUID());
  const id = crypto.randomUUID();
  await postForm(
    stack.webhookUrl,
    String(new URLSearchParams({ ...SMS, from: '+1', message_id: id })),
  );
  const notifications = await queue.all();
  expect(notifications.map(({ message }) => JSON.parse(message).message_id)).toEqual([id]);
  expect(notifications[0]?.attributes).toMatchObject({ from: '+1' });
  await expect(queue.receive(1, { withinMs: 10 })).rejects.toThrow('0 of 1 notifications');
});

test('while SNS is down, a message is not accepted, and is published afterwards', async () => {
  const stack = await startStack();
  await using queue = await subscribeQueue(stack);
  await stack.stopSns();
  const id = crypto.randomUUID();
  expect((await post(stack, id)).status).toBe(503);
  expect(await isStored(stack, id)).toBe(true);
  await stack.startSns();
  expect((await post(stack, id)).status).toBe(200);
  expect(await queue.all()).toHaveLength(1);
});

test('while DynamoDB is down, a message is not accepted, and stored ones stay', async () => {
  const stack = await startStack();
  const [before, meanwhile] = [crypto.randomUUID(), crypto.randomUUID()];
  await post(stack, before);
  await stack.stopDynamodb();
  expect((await post(stack, meanwhile)).status).toBe(503);
  await stack.startDynamodb();
  expect(await isStored(stack, before)).toBe(true);
  expect(await isStored(stack, meanwhile)).toBe(false);
});

test('a function can be invoked by each of its names', async () => {
  const stack = await startStack();
  const ref = stack.template.ref('PublishPendingLambdaFunction');
  for (const name of ['publishPending', 'PublishPendingLambdaFunction', ref]) {
    await stack.invoke(name, {});
  }
  await expect(stack.invoke('other', {})).rejects.toThrow(
    'There is no function "other"; there are receiveSms, publishPending',
  );
});

test('a failing function’s error is returned and logged', async () => {
  const log: string[] = [];
  const stack = await startStack({
    functionEnvironment: { MESSAGES_TABLE_NAME: '' },
    onFunctionLog: (key, line) => log.push(`${key} ${line}`),
  });
  await expect(stack.invoke('publishPending', {})).rejects.toMatchObject({
    kind: 'crash',
    message: expect.stringContaining('MESSAGES_TABLE_NAME'),
  });
  expect(log.at(-1)).toMatch(/^publishPending \{"level":"ERROR",.*MESSAGES_TABLE_NAME/);
  expect((await post(stack, crypto.randomUUID())).status).toBe(500);
});

test('killed functions start again', async () => {
  const stack = await startStack();
  await post(stack, crypto.randomUUID());
  await stack.killInstances('receiveSms');
  expect((await post(stack, crypto.randomUUID())).status).toBe(200);
});

test('a client that disconnects while it sends a request does not stop an emulator', async () => {
  const stack = await startStack();
  for (const endpoint of [stack.dynamodbEndpoint, stack.snsEndpoint, stack.url]) {
    const { port } = new URL(endpoint);
    const socket = connect(Number(port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc', () =>
      socket.resetAndDestroy(),
    );
    await closed;
  }
  expect((await post(stack, crypto.randomUUID())).status).toBe(200);
});

test('with a data directory, a restart keeps items and subscriptions', async () => {
  const dataDir = await temporaryDir();
  const id = crypto.randomUUID();
  const first = await startTestStack({ dataDir });
  const queue = await subscribeQueue(first);
  await post(first, id);
  await first.close();

  const ports = { sns: Number(new URL(first.snsEndpoint).port) };
  const second = await startStack({ dataDir, ports });
  expect(await isStored(second, id)).toBe(true);
  const next = crypto.randomUUID();
  await post(second, next);
  const ids = (await queue.receive(2)).map(({ message }) => JSON.parse(message).message_id);
  expect(ids.toSorted()).toEqual([id, next].toSorted());
  await queue.close();
});

test('a data directory is for one stack at a time', async () => {
  const dataDir = await temporaryDir();
  const first = await startStack({ dataDir });
  await expect(startTestStack({ dataDir })).rejects.toThrow(
    `The data folder ${dataDir} cannot be used: another local stack uses it`,
  );
  expect((await post(first, crypto.randomUUID())).status).toBe(200);
});

test.each(['http', 'sns', 'dynamodb'] as const)(
  'with the port of %s in use it does not start, and leaves nothing',
  async (name) => {
    await using other = createServer();
    const port = await listen(other);
    const free = await freePorts();
    await expect(startTestStack({ ports: { ...free, [name]: port } })).rejects.toEqual(
      new PortInUseError(port),
    );
    // The other two ports are free again.
    for (const freed of Object.values({ ...free, [name]: 0 })) {
      await using server = createServer();
      await listen(server, freed);
    }
  },
);

async function freePorts() {
  await using servers = new AsyncDisposableStack();
  const [http, sns, dynamodb] = [1, 2, 3].map(() => servers.use(createServer()));
  if (!http || !sns || !dynamodb) throw new Error('unreachable');
  return { http: await listen(http), sns: await listen(sns), dynamodb: await listen(dynamodb) };
}

test('leaves no files behind when it is closed', async () => {
  // With its own folder for temporary files, because other tests also run stacks.
  vi.stubEnv('TMPDIR', await temporaryDir());
  onTestFinished(() => void vi.unstubAllEnvs());
  const stack = await startTestStack();
  const [own = '', ...others] = await readdir(tmpdir());
  expect(others).toEqual([]);
  // An in-memory table would grow with each message.
  expect(await readdir(join(tmpdir(), own))).toContain('dynamodb');
  await stack.close();
  expect(await readdir(tmpdir())).toEqual([]);
});
