import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  DynamoDBClient,
  ListTablesCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.ts';
import { hangUp, listen } from '../../local/listen.ts';
import { packageDir } from '../helpers/local-stack.ts';
import { hasMoto, type Moto, startMoto } from './moto.ts';
import { documentsOf, runCli } from './run-cli.ts';

const REGION = 'us-east-1';
const STACK = 'inbound-sms-prod';
const ALARM_TOPIC = `arn:aws:sns:${REGION}:123456789012:alarms`;

async function compiledTemplate() {
  const file = join(packageDir(), 'cloudformation-template-update-stack.json');
  return JSON.parse(await readFile(file, 'utf8'));
}

/** The parts of what is deployed that `doctor` looks at, but for alarms, which Moto does not make. */
async function stackTemplate(webhookBaseUrl: string): Promise<string> {
  const { Resources, Outputs } = await compiledTemplate();
  const { MessagesTable, MessagesTopic, AlarmTopic } = Resources;
  const { MessagesTableName, MessagesTopicArn, AlarmTopicArn } = Outputs;
  AlarmTopic.Properties.TopicName = 'alarms';
  return JSON.stringify({
    Resources: { MessagesTable, MessagesTopic, AlarmTopic },
    Outputs: {
      MessagesTableName,
      MessagesTopicArn,
      AlarmTopicArn,
      WebhookBaseUrl: { Value: webhookBaseUrl },
      MessageFormat: { Value: 'inbound-sms' },
    },
  });
}

async function conflictsAlarm(): Promise<PutMetricAlarmCommandInput> {
  const { Properties } = (await compiledTemplate()).Resources.ConflictsAlarm;
  const AlarmName = Properties.AlarmName['Fn::Sub'].replace(/\$\{[^}]+\}/, STACK);
  return { ...Properties, AlarmName, AlarmActions: [ALARM_TOPIC], OKActions: [ALARM_TOPIC] };
}

describe.skipIf(!hasMoto)('doctor on a deployed stack', () => {
  let moto: Moto;
  const cleanUp = new AsyncDisposableStack();
  const client = <C extends { destroy(): void }>(Client: new (config: object) => C): C =>
    cleanUp.adopt(
      new Client({
        endpoint: moto.endpoint,
        region: REGION,
        credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      }),
      async (made) => made.destroy(),
    );

  beforeAll(async () => {
    moto = cleanUp.use(await startMoto());
    const webhook = createServer((request, response) => {
      response.writeHead(request.url === '/sms/the-token' ? 405 : 404).end();
    });
    const port = await listen(webhook);
    cleanUp.defer(() => hangUp(webhook));
    const TemplateBody = await stackTemplate(`http://localhost:${port}/sms`);
    const command = new CreateStackCommand({ StackName: STACK, TemplateBody });
    await client(CloudFormationClient).send(command);
    await client(CloudWatchClient).send(new PutMetricAlarmCommand(await conflictsAlarm()));
  }, 60_000);
  afterAll(() => cleanUp.disposeAsync());

  async function doctor(token?: string) {
    const result = await runCli(['doctor', '--stage', 'prod', '--json', '--no-canary'], {
      env: {
        AWS_ENDPOINT_URL: moto.endpoint,
        AWS_ACCESS_KEY_ID: 'id',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_REGION: REGION,
        ...(token !== undefined && { WEBHOOK_TOKENS: token }),
      },
    });
    const findings: Finding[] = documentsOf(result);
    return { code: result.code, of: (check: string) => findings.filter((f) => f.check === check) };
  }

  it('sees that messages are kept for ever: Moto does not set the time to live', async () => {
    expect((await doctor()).of('retention')).toMatchObject([{ status: 'failed' }]);
    const dynamodb = client(DynamoDBClient);
    const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
    const TimeToLiveSpecification = { AttributeName: 'expires_at', Enabled: true };
    await dynamodb.send(
      new UpdateTimeToLiveCommand({ TableName: TableNames[0], TimeToLiveSpecification }),
    );
    expect((await doctor()).of('retention')).toMatchObject([{ status: 'ok' }]);
  });

  it('sees that it works, and who hears of alarms', async () => {
    const { code, of } = await doctor('the-token');
    for (const check of ['stack', 'parameters', 'table', 'retention', 'alarms', 'token']) {
      expect(of(check), check).toMatchObject([{ status: 'ok' }]);
    }
    expect(code).toBe(0);
    expect(of('parameters')[0]?.detail).toBe('standard topic, messages as inbound-sms');
    expect(of('alarm e-mail')).toMatchObject([
      { status: 'warning', detail: 'alarms go to nobody' },
    ]);
  });

  it('sees a confirmed subscription of the alarms', async () => {
    const Endpoint = 'ops@example.com';
    const subscription = { TopicArn: ALARM_TOPIC, Protocol: 'email', Endpoint };
    await client(SNSClient).send(new SubscribeCommand(subscription));
    const { of } = await doctor();
    expect(of('alarm e-mail')).toMatchObject([{ status: 'ok', detail: '1 confirmed' }]);
  });

  it('names an alarm that goes off', async () => {
    const { AlarmName } = await conflictsAlarm();
    const alarm = { AlarmName, StateReason: 'a test' };
    await client(CloudWatchClient).send(
      new SetAlarmStateCommand({ ...alarm, StateValue: 'ALARM' }),
    );
    const { code, of } = await doctor('the-token');
    expect(code).toBe(1);
    expect(of('alarms')).toMatchObject([{ status: 'failed', detail: 'conflicts goes off' }]);
  });

  it('knows a wrong token from none', async () => {
    expect((await doctor('another')).of('token')).toMatchObject([{ status: 'failed' }]);
    expect((await doctor()).of('token')).toMatchObject([{ status: 'skipped' }]);
    expect((await doctor('another')).of('canary')).toMatchObject([{ status: 'skipped' }]);
  });
});
