import { setTimeout as delay } from 'node:timers/promises';
import {
  DynamoDBClient,
  GetItemCommand,
  InternalServerError,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  ThrottlingException,
} from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { SSM } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientOf, type Emulator } from '../../../tools/local/aws.ts';
import { createTables, startDynamodb } from '../../../tools/local/dynamodb.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../../../tools/local/fault-proxy.ts';
import { createTopics, startSns } from '../../../tools/local/sns.ts';
import { Template } from '../../../tools/local/template.ts';
import { type SubscribedQueue, subscribeQueue } from '../../helpers/local-stack.ts';

const template = new Template(
  {
    Resources: {
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        },
      },
      Topic: { Type: 'AWS::SNS::Topic' },
    },
  },
  'stack',
);
const TableName = template.ref('Table');
const TopicArn = template.ref('Topic');

/** One attempt with a short timeout. The SDK's retries are not tested here. */
const impatient = {
  maxAttempts: 1,
  requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true },
};

let dynamodb: Emulator;
let sns: Emulator;
beforeAll(async () => {
  dynamodb = await startDynamodb(0);
  sns = await startSns(0);
  await createTables(template, dynamodb.endpoint);
  await createTopics(template, sns.endpoint);
});
afterAll(async () => {
  await dynamodb[Symbol.asyncDispose]();
  await sns[Symbol.asyncDispose]();
});

describe('in front of DynamoDB', () => {
  let proxy: FaultProxy;
  let client: DynamoDBClient;
  let direct: DynamoDBClient;
  let id: string;
  beforeEach(async () => {
    proxy = await startFaultProxy({ target: dynamodb.endpoint });
    client = new DynamoDBClient({ ...clientOf(proxy.url), ...impatient });
    direct = new DynamoDBClient(clientOf(dynamodb.endpoint));
    id = crypto.randomUUID();
  });
  afterEach(async () => {
    client.destroy();
    direct.destroy();
    await proxy.close();
  });

  const put = () => client.send(new PutItemCommand({ TableName, Item: { id: { S: id } } }));
  async function isStored(): Promise<boolean> {
    const { Item } = await direct.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
    return Item !== undefined;
  }

  test('calls pass and are recorded', async () => {
    await put();
    await client.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
    await put();
    expect(await isStored()).toBe(true);
    expect(proxy.calls).toMatchObject([
      {
        service: 'dynamodb',
        operation: 'PutItem',
        index: 0,
        nth: 0,
        body: { Item: { id: { S: id } } },
      },
      { service: 'dynamodb', operation: 'GetItem', index: 1, nth: 0 },
      { service: 'dynamodb', operation: 'PutItem', index: 2, nth: 1 },
    ]);
  });

  test.each([
    ['ProvisionedThroughputExceededException', 400, ProvisionedThroughputExceededException],
    ['ThrottlingException', 400, ThrottlingException],
    ['InternalServerError', 500, InternalServerError],
  ])('an error is the SDK’s own %s', async (code, status, type) => {
    proxy.setFault(() => ({ kind: 'error-before', code, status, message: 'm' }));
    const error = await put().catch((e) => e);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({
      name: code,
      message: 'm',
      $metadata: { httpStatusCode: status },
    });
    expect(await isStored()).toBe(false);
  });

  test.each<[Fault, RegExp, boolean]>([
    [
      { kind: 'error-after', code: 'InternalServerError', status: 500 },
      /InternalServerError/,
      true,
    ],
    [{ kind: 'reset' }, /ECONNRESET|socket hang up/, false],
    [{ kind: 'drop-answer' }, /ECONNRESET|socket hang up/, true],
    [{ kind: 'hang' }, /TimeoutError/, false],
    [{ kind: 'hang-after' }, /TimeoutError/, true],
  ])('%j', async (fault, error, stored) => {
    proxy.setFault(() => fault);
    await expect(
      put().catch((e) => Promise.reject(`${e.name} ${e.code} ${e.message}`)),
    ).rejects.toMatch(error);
    expect(await isStored()).toBe(stored);
  });

  test('a delayed call arrives even if the caller has given up', async () => {
    proxy.setFault(({ operation }) =>
      operation === 'PutItem' ? { kind: 'delay', ms: 400 } : undefined,
    );
    await expect(put()).rejects.toThrow();
    expect(await isStored()).toBe(false);
    await vi.waitFor(async () => expect(await isStored()).toBe(true));
  });

  test('a test can run code before and after a call is done', async () => {
    const seen: Array<[string, boolean]> = [];
    proxy.setFault(async () => {
      seen.push(['before', await isStored()]);
      return { kind: 'after', run: async () => void seen.push(['after', await isStored()]) };
    });
    await put();
    expect(seen).toEqual([
      ['before', false],
      ['after', true],
    ]);
  });

  test('a fault can be for one call only, and ends when it is unset', async () => {
    proxy.setFault(({ nth }) => (nth === 1 ? { kind: 'reset' } : undefined));
    await put();
    await expect(put()).rejects.toThrow();
    await put();
    proxy.setFault(() => ({ kind: 'reset' }));
    await expect(put()).rejects.toThrow();
    proxy.setFault(undefined);
    await put();
  });

  test('refuses connections when it is stopped, and accepts them again', async () => {
    await put();
    await proxy.stop();
    await expect(put()).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNREFUSED|ECONNRESET/),
    });
    await proxy.start();
    await put();
  });

  test('a target that is down breaks the connection, and another target can be set', async () => {
    proxy.setTarget(sns.endpoint.replace(/\d+$/, '1'));
    await expect(put()).rejects.toMatchObject({ code: 'ECONNRESET' });
    proxy.setTarget(dynamodb.endpoint);
    await put();
  });

  test('closing ends hanging calls', async () => {
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    proxy.setFault(() => {
      resolve();
      return { kind: 'hang' };
    });
    const hanging = put().catch((error) => error.code);
    await reached;
    await proxy.close();
    expect(await Promise.race([hanging, delay(200, 'still hanging')])).toBe('ECONNRESET');
  });
});

describe('in front of SNS', () => {
  let proxy: FaultProxy;
  let client: SNSClient;
  let queue: SubscribedQueue;
  beforeEach(async () => {
    proxy = await startFaultProxy({ target: sns.endpoint });
    client = new SNSClient({ ...clientOf(proxy.url), ...impatient });
    queue = await subscribeQueue({ snsEndpoint: sns.endpoint, topicArn: TopicArn });
  });
  afterEach(async () => {
    client.destroy();
    await queue.close();
    await proxy.close();
  });

  const publish = () => client.send(new PublishCommand({ TopicArn, Message: 'hello' }));

  test('calls pass and are recorded', async () => {
    await publish();
    expect(proxy.calls).toMatchObject([
      { service: 'sns', operation: 'Publish', body: { TopicArn, Message: 'hello' } },
    ]);
    expect(await queue.all()).toMatchObject([{ message: 'hello' }]);
  });

  test.each([
    ['Throttling', 400, 'client'],
    ['InternalError', 500, 'server'],
    ['ServiceUnavailable', 503, 'server'],
    ['AuthorizationError', 403, 'client'],
  ])('an error is what the SDK makes of a real %s', async (code, status, $fault) => {
    proxy.setFault(() => ({ kind: 'error-before', code, status, message: 'm' }));
    const error = await publish().catch((e) => e);
    expect(error).toMatchObject({ message: 'm', $fault, $metadata: { httpStatusCode: status } });
    expect(error.name).toMatch(new RegExp(`^${code}`));
    expect(await queue.all()).toEqual([]);
  });

  test('an answer can be lost', async () => {
    proxy.setFault(() => ({ kind: 'drop-answer' }));
    await expect(publish()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await queue.all()).toMatchObject([{ message: 'hello' }]);
  });
});

test('in front of SSM and SQS, an error is in the service’s form', async () => {
  await using proxy = await startFaultProxy({ target: sns.endpoint });
  proxy.setFault(() => ({ kind: 'error-before', code: 'ThrottlingException' }));
  const ssm = new SSM({ ...clientOf(`${proxy.url}/_ssm/`), ...impatient });
  const sqs = new SQS({ ...clientOf(proxy.url), ...impatient });
  const error = { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } };
  await expect(ssm.getParameter({ Name: '/a' })).rejects.toMatchObject(error);
  await expect(sqs.listQueues({})).rejects.toMatchObject(error);
  expect(proxy.calls).toMatchObject([
    { service: 'ssm', operation: 'GetParameter', body: { Name: '/a' } },
    { service: 'sqs', operation: 'ListQueues' },
  ]);
  ssm.destroy();
  sqs.destroy();
});
