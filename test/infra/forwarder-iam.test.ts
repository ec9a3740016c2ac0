import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFaultProxy } from '../../tools/local/fault-proxy.ts';
import { packageService } from '../../tools/local/package-service.ts';
import { SSM_PATH } from '../../tools/local/parameter-store.ts';
import { STACK_NAME, startLocalStack } from '../../tools/local/stack.ts';
import { problemsOf, type Role, readRole, type Use, useOf } from '../helpers/iam.ts';
import { startReceiver } from '../helpers/receiver.ts';

/** Each kind, and two kinds that share a secret. */
const KINDS = ['team', 'chat', 'staff', 'crm'];
const settingsFor = (url: string) =>
  JSON.stringify({
    local: {
      subscribers: {
        team: { email: 'team@example.com' },
        chat: { slack: 'CHAT_URL' },
        staff: { teams: 'CHAT_URL' },
        crm: { https: `${url}/crm`, secret: 'CRM_SECRET' },
        jobs: { queue: true },
      },
    },
  });

const cleanUp = new AsyncDisposableStack();
let role: Role;
let uses: Use[];

/** Invokes only the forwarder, with Lambda's events from its queues. */
beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-forwarder-iam-'));
  cleanUp.defer(() => rm(directory, { recursive: true, force: true }));
  await using started = new AsyncDisposableStack();
  const receiver = started.use(await startReceiver());
  const proxy = async () => started.use(await startFaultProxy({ target: receiver.url }));
  const [dynamodb, sns, sqs, ssm] = [await proxy(), await proxy(), await proxy(), await proxy()];
  const secretFile = join(directory, '.env');
  const signing = `whsec_${Buffer.from('a secret that signs, of 32 bytes').toString('base64')}`;
  await writeFile(secretFile, `CHAT_URL=${receiver.url}/chat\nCRM_SECRET=${signing}\n`);
  const packageDir = join(directory, 'package');
  await packageService({
    directory: packageDir,
    tokens: 'test',
    settings: settingsFor(receiver.url),
  });
  const stack = started.use(
    await startLocalStack({
      packageDir,
      schedules: false,
      secretFiles: [secretFile],
      endpoints: { dynamodb: dynamodb.url, sns: sns.url, sqs: sqs.url, ssm: ssm.url + SSM_PATH },
      // A call to any other service arrives here, too, and `useOf` rejects it.
      functionEnvironment: { AWS_ENDPOINT_URL: sqs.url },
    }),
  );
  dynamodb.setTarget(stack.dynamodbEndpoint);
  sns.setTarget(stack.snsEndpoint);
  sqs.setTarget(stack.snsEndpoint);
  ssm.setTarget(stack.url);
  role = await readRole(packageDir, STACK_NAME, 'ForwardMessageLambdaFunction');

  const forward = (subscriber: string) => {
    const message_id = randomUUID();
    const body = {
      ...{ schema: 'inbound-sms/1', message_id, service_id: 'service', body: 'Hi', extra: {} },
      ...{ from: '+61491570156', sms_number: '+61491570157', timestamp: 1, received_at: 1 },
    };
    const record = {
      ...{ messageId: message_id, receiptHandle: 'handle', body: JSON.stringify(body) },
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: {},
      eventSourceARN: role.sourceArns.find((arn) => arn.endsWith(`-to-${subscriber}`)),
    };
    return stack.invoke('forwardMessage', { Records: [record] });
  };
  for (const name of KINDS) await forward(name);
  // Failed messages wait in their queues.
  for (const path of ['chat', 'crm']) receiver.answer(path, 500);
  sns.setFault(() => ({ kind: 'error-before', code: 'InternalError', status: 500 }));
  for (const name of KINDS) await forward(name);
  uses = [dynamodb, sns, sqs, ssm].flatMap(({ calls }) => calls.map(useOf));
}, 240_000);
afterAll(() => cleanUp.disposeAsync());

it('the forwarder makes these calls', () => {
  expect([...new Set(uses.map(({ action }) => action))].toSorted()).toEqual([
    'dynamodb:GetItem',
    'dynamodb:UpdateItem',
    'sns:GetTopicAttributes',
    'sns:Publish',
    'sqs:ChangeMessageVisibility',
    'ssm:GetParameter',
  ]);
});

it('its role is exactly enough for them, and for Lambda’s polling', () => {
  expect(role.sourceArns).toHaveLength(KINDS.length);
  expect(problemsOf(role, uses)).toEqual([]);
});

it('the check finds a queue, a secret and an action too many, and a missing one', () => {
  const withStatement = (sid: string, change: (statement: Role['statements'][number]) => void) => {
    const statements = structuredClone(role.statements);
    change(statements.find(({ Sid }) => Sid === sid) ?? expect.unreachable(sid));
    return problemsOf({ ...role, statements }, uses).map((problem) => problem.split(' on ')[0]);
  };
  const more = (sid: string) =>
    withStatement(sid, (statement) => {
      statement.Resource = [...[statement.Resource].flat(), 'arn:aws:sqs:r:1:other'];
    });
  expect(more('ReadSecrets')).toEqual(['spare: ssm:GetParameter']);
  expect(more('ReadQueues')).toHaveLength(4);
  expect(
    withStatement('MarkDeliveries', (statement) => {
      statement.Action = ['dynamodb:GetItem', 'dynamodb:PutItem'];
    }),
  ).toEqual(['refused: dynamodb:UpdateItem', 'spare: dynamodb:PutItem']);
});
