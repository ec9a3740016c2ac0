import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { clientOf, type Emulator } from '../../../tools/local/aws.ts';
import { createTables, startDynamodb } from '../../../tools/local/dynamodb.ts';
import {
  type CallReport,
  type Fault,
  type FaultProxy,
  startFaultProxy,
} from '../../../tools/local/fault-proxy.ts';
import { Template } from '../../../tools/local/template.ts';

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
    },
  },
  'stack',
);
const TableName = template.ref('Table');

let dynamodb: Emulator;
beforeAll(async () => {
  dynamodb = await startDynamodb(0);
  await createTables(template, dynamodb.endpoint);
});
afterAll(() => dynamodb?.[Symbol.asyncDispose]());

let reports: CallReport[];
let proxy: FaultProxy;
let client: DynamoDBClient;
/** For calls with a late answer or none. */
let impatient: DynamoDBClient;
const clientWith = (requestTimeout: number) =>
  new DynamoDBClient({
    ...clientOf(proxy.url),
    maxAttempts: 1,
    requestHandler: { requestTimeout, throwOnRequestTimeout: true },
  });

beforeEach(async () => {
  reports = [];
  proxy = await startFaultProxy({
    target: dynamodb.endpoint,
    maxCalls: 2,
    onCall: (report) => reports.push(report),
  });
  client = clientWith(5_000);
  impatient = clientWith(100);
});
afterEach(async () => {
  client.destroy();
  impatient.destroy();
  await proxy.close();
});

const put = (table = TableName, by = client) =>
  by.send(new PutItemCommand({ TableName: table, Item: { id: { S: 'a' } } })).catch(() => {});

test('a finished call is reported with its answer', async () => {
  await put();
  const call = { operation: 'PutItem', body: { TableName } };
  await vi.waitFor(() =>
    expect(reports).toMatchObject([{ call, end: 'answered', answer: { status: 200 } }]),
  );
  expect(reports[0]?.fault).toBeUndefined();
  expect(reports[0]?.ms).toBeGreaterThanOrEqual(0);
});

test('a service’s error is reported with its text', async () => {
  await put('no-such-table');
  await vi.waitFor(() =>
    expect(reports).toMatchObject([{ end: 'answered', answer: { status: 400 } }]),
  );
  expect(String(reports[0]?.answer?.body)).toContain('ResourceNotFoundException');
});

test.each<[Fault, CallReport['end']]>([
  [{ kind: 'reset' }, 'broken'],
  [{ kind: 'drop-answer' }, 'broken'],
  [{ kind: 'hang' }, 'silent'],
  [{ kind: 'delay', ms: 200 }, 'unheard'],
  [{ kind: 'error-before', code: 'X' }, 'answered'],
])('%j is reported as %s', async (fault, end) => {
  proxy.setFault(() => fault);
  await put(TableName, ['hang', 'delay'].includes(fault.kind) ? impatient : client);
  await vi.waitFor(() => expect(reports).toMatchObject([{ fault, end }]));
});

test('a late call can have another fault, too', async () => {
  const Key = { id: { S: 'late' } };
  proxy.setFault(({ operation }) =>
    operation === 'PutItem' ? { kind: 'delay', ms: 10, next: { kind: 'drop-answer' } } : undefined,
  );
  const late = client.send(new PutItemCommand({ TableName, Item: Key }));
  await expect(late).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await client.send(new GetItemCommand({ TableName, Key }))).toMatchObject({ Item: Key });
});

test('a service that is down is reported', async () => {
  proxy.setTarget('http://localhost:1');
  await put();
  await vi.waitFor(() => expect(reports).toMatchObject([{ end: 'broken' }]));
  expect(reports[0]?.answer).toBeUndefined();
});

test('only the latest calls are kept, but all are counted', async () => {
  await put();
  await client.send(new GetItemCommand({ TableName, Key: { id: { S: 'a' } } }));
  await put();
  await put();
  expect(proxy.calls).toMatchObject([
    { operation: 'PutItem', index: 2, nth: 1 },
    { operation: 'PutItem', index: 3, nth: 2 },
  ]);
});
