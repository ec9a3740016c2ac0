import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../tools/cli/doctor/check.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { has } from '../../helpers/shell.ts';
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
      AlarmEmail: { Value: 'ops@example.com' },
    },
  });
}

async function conflictsAlarm(): Promise<PutMetricAlarmCommandInput> {
  const { Properties } = (await compiledTemplate()).Resources.ConflictsAlarm;
  const AlarmName = Properties.AlarmName['Fn::Sub'].replace(/\$\{[^}]+\}/, STACK);
  return { ...Properties, AlarmName, AlarmActions: [ALARM_TOPIC], OKActions: [ALARM_TOPIC] };
}

const run = promisify(execFile);

describe.skipIf(!hasMoto || !has('aws'))('doctor on a deployed stack', () => {
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

  /** Runs the command of a hint, as somebody pastes it. */
  async function follow(hint = ''): Promise<void> {
    const [, command = ''] = /(aws .*)$/.exec(hint) ?? expect.unreachable(`No command: ${hint}`);
    const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
    await run('bash', ['-c', command], {
      env: { ...process.env, ...keys, AWS_ENDPOINT_URL: moto.endpoint },
    });
  }

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

  it('sees that messages are kept for ever, and its hint fixes it: Moto sets no time to live', async () => {
    const [found] = (await doctor()).of('retention');
    expect(found).toMatchObject({ status: 'failed' });
    await follow(found?.hint);
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

  it('tells how to hear of alarms again, and sees that it was done: Moto confirms at once', async () => {
    await follow((await doctor()).of('alarm e-mail')[0]?.hint);
    const { of } = await doctor();
    expect(of('alarm e-mail')).toMatchObject([{ status: 'ok', detail: '1 confirmed' }]);
  });

  it('leaves out the alarms of a stack whose name goes on', async () => {
    const AlarmName = `${STACK}-eu-conflicts`;
    const cloudwatch = client(CloudWatchClient);
    await cloudwatch.send(new PutMetricAlarmCommand({ ...(await conflictsAlarm()), AlarmName }));
    const state = { AlarmName, StateValue: 'ALARM', StateReason: 'a test' } as const;
    await cloudwatch.send(new SetAlarmStateCommand(state));
    expect((await doctor()).of('alarms')).toMatchObject([
      { status: 'ok', detail: 'none of 1 goes off' },
    ]);
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
