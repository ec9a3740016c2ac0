import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toItem } from '../../../lib/aws/message-item.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { ask, beginSession } from '../../helpers/console-site.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { hasMoto, type Moto, startMoto } from './moto.ts';
import { documentsOf, runCli, startCli } from './run-cli.ts';
import { asStored } from './stored-messages.ts';

const REGION = 'us-east-1';
const TOKEN = 'current-token-of-the-webhook-123';
const UNDEPLOYED = 'next-token-of-the-webhook-123456';
const UNREACHABLE = 'broken-token-of-the-webhook-1234';
const LOG_GROUP = '/aws/lambda/inbound-sms-prod-receiveSms';

/** The parts of what is deployed that the commands look at. */
async function stackTemplate(webhookBaseUrl: string): Promise<string> {
  const file = join(packageDir(), 'cloudformation-template-update-stack.json');
  const { Resources, Outputs } = JSON.parse(await readFile(file, 'utf8'));
  const { MessagesTable, MessagesTopic, ReceiveSmsLogGroup } = Resources;
  const { MessagesTableName, MessagesTopicArn } = Outputs;
  ReceiveSmsLogGroup.Properties.LogGroupName = LOG_GROUP;
  return JSON.stringify({
    Resources: { MessagesTable, MessagesTopic, ReceiveSmsLogGroup },
    Outputs: { MessagesTableName, MessagesTopicArn, WebhookBaseUrl: { Value: webhookBaseUrl } },
  });
}

describe.skipIf(!hasMoto)('a deployed stack', () => {
  let moto: Moto;
  let tableName: string;
  let topicArn: string;
  /** The webhook, which takes one token. At another, it hangs up. */
  const webhook = createServer(({ url, socket }, response) => {
    if (url === `/sms/${UNREACHABLE}`) socket.destroy();
    else response.writeHead(url === `/sms/${TOKEN}` ? 405 : 404).end();
  });
  let baseUrl: string;
  const clients = new DisposableStack();
  const client = <C extends { destroy(): void }>(Client: new (config: object) => C): C =>
    clients.adopt(
      new Client({
        endpoint: moto.endpoint,
        region: REGION,
        credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      }),
      (made) => made.destroy(),
    );
  const env = () => ({
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: REGION,
  });
  const run = async (args: readonly string[], cwd?: string) =>
    runCli([...args, '--stage', 'prod'], { env: env(), ...(cwd && { cwd }) });

  beforeAll(async () => {
    moto = await startMoto();
    baseUrl = `http://localhost:${await listen(webhook, 0)}/sms`;
    const TemplateBody = await stackTemplate(baseUrl);
    const cloudformation = client(CloudFormationClient);
    const StackName = 'inbound-sms-prod';
    await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody }));
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    const output = (name: string) =>
      Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue ?? '';
    tableName = output('MessagesTableName');
    topicArn = output('MessagesTopicArn');
  }, 60_000);
  afterAll(async () => {
    clients.dispose();
    await hangUp(webhook);
    await moto?.[Symbol.asyncDispose]();
  });

  it('is found by its stage: its messages are listed', async () => {
    const record = someRecord({ received_at: Date.now() });
    const Item = toItem(record);
    await client(DynamoDBClient).send(new PutItemCommand({ TableName: tableName, Item }));
    expect(documentsOf(await run(['list', '--json', '--from', record.from]))).toEqual([
      { ...asStored(record), state: 'pending' },
    ]);
    expect(documentsOf(await run(['list', '--json', '--pending']))).toHaveLength(1);
  });

  it('is not found under another name or in another region: 3', async () => {
    const fails = (...args: string[]) => runCli(['list', ...args], { env: env() });
    expect(await fails('--stage', 'test')).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error: There is no stack inbound-sms-test in us-east-1\.\n/),
    });
    expect(await fails('--stage', 'prod', '--region', 'eu-west-1')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no stack inbound-sms-prod in eu-west-1'),
    });
    expect(await fails('--stack', 'other')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no stack other in'),
    });
  });

  it('has its URL with the token of .env, which a stage may have for itself', async () => {
    const cwd = await temporaryDir();
    await writeFile(join(cwd, '.env'), `WEBHOOK_TOKENS=old,${TOKEN}\n`);
    const whole = async () => (await run(['url', '--show-token'], cwd)).stdout;
    expect(await whole()).toContain(`Web Hook URL: ${baseUrl}/${TOKEN}\n`);
    expect(await whole()).toContain(`--topic-arn ${topicArn} --protocol email`);
    await writeFile(join(cwd, '.env'), `WEBHOOK_TOKENS=${UNDEPLOYED}\n`);
    await writeFile(join(cwd, '.env.prod'), `WEBHOOK_TOKENS=${TOKEN}\n`);
    expect(await whole()).toContain(`Web Hook URL: ${baseUrl}/${TOKEN}\n`);
  });

  it.each([[], ['--show-token'], ['--show-token', '--json']])(
    'has no URL with a token that is not deployed yet: %j',
    async (...options) => {
      const cwd = await temporaryDir();
      await writeFile(join(cwd, '.env'), `WEBHOOK_TOKENS=${TOKEN}\n`);
      await writeFile(join(cwd, '.env.prod'), `WEBHOOK_TOKENS=${TOKEN},${UNDEPLOYED}\n`);
      expect(await run(['url', ...options], cwd)).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^error: The current token of WEBHOOK_TOKENS is not deployed yet/,
        ),
      });
    },
  );

  it('shows its URL if the webhook cannot be reached, and says what is unknown', async () => {
    const cwd = await temporaryDir();
    await writeFile(join(cwd, '.env'), `WEBHOOK_TOKENS=${UNREACHABLE}\n`);
    expect(await run(['url', '--show-token'], cwd)).toEqual({
      code: 0,
      stdout: expect.stringContaining(`Web Hook URL: ${baseUrl}/${UNREACHABLE}\n`),
      stderr: expect.stringMatching(
        /^It is not known whether this token is deployed: the connection was cut/,
      ),
    });
  });

  it('shows its URL without an unknown token', async () => {
    const { stdout, stderr } = await run(['url']);
    expect(stdout).toContain('Set WEBHOOK_TOKENS');
    expect(stderr).toBe('');
    expect(documentsOf(await run(['url', '--json']))).toMatchObject([{ url: null }]);
    for (const format of [[], ['--json']]) {
      expect(
        await runCli(['url', '--stage', 'prod', '--show-token', ...format], { env: env() }),
      ).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('Set WEBHOOK_TOKENS, in the environment or in .env'),
      });
    }
  });

  it('has its conflicts in the log group of the webhook', async () => {
    const logs = client(CloudWatchLogsClient);
    const place = { logGroupName: LOG_GROUP, logStreamName: 'stream' };
    await logs.send(new CreateLogStreamCommand(place));
    const line = (outcome: string, message_id: string) => ({
      timestamp: Date.now(),
      message: JSON.stringify({ level: 'WARN', outcome, message_id }),
    });
    const logEvents = [line('published', 'a'), line('conflict', 'b')];
    await logs.send(new PutLogEventsCommand({ ...place, logEvents }));
    expect(documentsOf(await run(['list', '--conflicts', '--json']))).toMatchObject([
      { message_id: 'b', refused: 1, stored: null },
    ]);
  });

  it('shows published messages through a temporary queue', async () => {
    const sqs = client(SQSClient);
    const queues = async () => (await sqs.send(new ListQueuesCommand({}))).QueueUrls ?? [];
    const tail = await startCli(['tail', '--limit', '1', '--stage', 'prod'], { env: env() });
    await vi.waitFor(() => expect(tail.stderr()).toContain('Waiting'), 20_000);
    expect(await queues()).toHaveLength(1);
    const Message = JSON.stringify({
      message_id: 'a',
      from: '+1',
      sms_number: '+2',
      body: 'Hello',
    });
    await client(SNSClient).send(new PublishCommand({ TopicArn: topicArn, Message }));
    expect((await tail.result).stdout).toMatch(/\t\+1\t\+2\ta\tHello\n$/);
    expect(await queues()).toEqual([]);
  });

  it('has a console, which shows its messages and requests', async () => {
    const record = someRecord({ message_id: 'in the console', received_at: Date.now() });
    const Item = toItem(record);
    await client(DynamoDBClient).send(new PutItemCommand({ TableName: tableName, Item }));
    // This stack is of a version that does not say its format.
    const args = ['console', '--stage', 'prod', '--json', '--format', 'inbound-sms'];
    const running = await startCli(args, { env: env() });
    await vi.waitFor(() => expect(running.stdout()).toContain('\n'), 20_000);
    const [{ url }] = documentsOf({ stdout: running.stdout() });
    const headers = await beginSession(url);
    const get = async (path: string) =>
      (await ask(new URL(`/_console/api/${path}`, url).href, { headers })).json;
    expect(await get('messages?limit=1')).toMatchObject({
      messages: [{ message_id: 'in the console' }],
    });
    expect(await get(`messages/${encodeURIComponent('in the console')}`)).toMatchObject({
      record: asStored(record),
    });
    expect(await get('attempts')).toMatchObject({ attempts: [] });
    expect(await get('stack')).toMatchObject({ activityMs: 900_000 });
    running.child.kill('SIGINT');
    expect((await running.result).code).toBe(130);
  });
});
