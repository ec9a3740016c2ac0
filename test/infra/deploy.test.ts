import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import {
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GetTopicAttributesCommand, ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toItem } from '../../lib/aws/message-item.ts';
import { inServiceCopy } from '../../tools/local/package-service.ts';
import { someRecord } from '../fixtures/messages.ts';
import { TOKEN } from '../helpers/compiled-template.ts';
import { refusedToDeployer } from '../helpers/role-policies.ts';
import { type Recorder, startRecorder } from '../tools/cli/recorder.ts';
import { documentsOf, runCli } from '../tools/cli/run-cli.ts';

const run = promisify(execFile);
const SERVERLESS = join('node_modules', 'serverless', 'bin', 'serverless.js');

/** Moto emulates CloudFormation, S3, Lambda and the rest: https://docs.getmoto.org */
const hasMoto = await run('moto_server', ['--help']).then(
  () => true,
  () => false,
);

const REGION = 'us-gov-west-1';
/** Moto's account. */
const ACCOUNT = '123456789012';

interface Deployment {
  readonly endpoint: string;
  readonly stage: string;
  readonly tokens: string;
  /** Empty for nobody. */
  readonly alarmEmail?: string;
}

/** The command's output. It gets no setting of this machine except PATH. */
async function runServerless(
  folder: string,
  command: string,
  { endpoint, stage, tokens, alarmEmail }: Deployment,
): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const { stdout, stderr } = await run(
    process.execPath,
    [SERVERLESS, command, '--stage', stage, '--region', REGION],
    {
      cwd: folder,
      env: {
        PATH,
        HOME,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        WEBHOOK_TOKENS: tokens,
        ...(alarmEmail !== undefined && { ALARM_EMAIL: alarmEmail }),
        SLS_AWS_MONITORING_FREQUENCY: '200',
        // Serverless leaves unpacked files there.
        TMPDIR: folder,
      },
      timeout: 120_000,
    },
  );
  return stdout + stderr;
}

/** Why a command is refused. AWS's endpoint does not exist. */
async function refusalOf(command: string, options: Omit<Deployment, 'endpoint'>): Promise<string> {
  const { stdout, stderr } = await inServiceCopy((folder) =>
    runServerless(folder, command, { endpoint: 'http://127.0.0.1:9', ...options }).then(
      () => expect.unreachable('It was taken'),
      (error: { stdout: string; stderr: string }) => error,
    ),
  );
  return stdout + stderr;
}

it('refuses to deploy the stage local before any call of AWS', async () => {
  expect(await refusalOf('deploy', { stage: 'local', tokens: 'test' })).toContain(
    'The stage "local" is for `npm start` only',
  );
}, 120_000);

it.each(['deploy', 'package'])(
  '%s without ALARM_EMAIL is refused: it would remove the subscription of an earlier deploy',
  async (command) => {
    const said = await refusalOf(command, { stage: 'prod', tokens: TOKEN });
    expect(said).toContain(
      'The parameter alarmEmail is not set, and must be an e-mail address, or empty. Set ALARM_EMAIL',
    );
    expect(said).toContain('`ALARM_EMAIL=` means that nobody hears of alarms');
  },
  120_000,
);

it('a command that deploys nothing does not ask for ALARM_EMAIL', async () => {
  const said = await refusalOf('info', { stage: 'prod', tokens: TOKEN });
  expect(said).not.toContain('alarmEmail');
  expect(said).toContain('127.0.0.1:9');
}, 120_000);

/** Runs `serverless deploy`, `info` and `remove` completely against an emulated AWS. */
describe.skipIf(!hasMoto)('a deployment', () => {
  let moto: ChildProcess;
  let endpoint: string;
  let recorder: Recorder;
  let outputs: { first: string; again: string; info: string; removed: string; anew: string };
  const tables: string[][] = [];
  const stacks: (Stack | undefined)[] = [];
  let topicAttributes: Record<string, string> | undefined;

  const client = () => ({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const tableNames = async () => {
    using dynamodb = disposable(new DynamoDBClient(client()));
    return (await dynamodb.client.send(new ListTablesCommand({}))).TableNames ?? [];
  };
  const storeMessage = async (TableName: string | undefined) => {
    using dynamodb = disposable(new DynamoDBClient(client()));
    const Item = toItem(someRecord({ message_id: 'kept' }));
    await dynamodb.client.send(new PutItemCommand({ TableName, Item }));
  };
  const stackNow = async () => {
    using cloudformation = disposable(new CloudFormationClient(client()));
    const command = new DescribeStacksCommand({ StackName: 'inbound-sms-prod' });
    return (await cloudformation.client.send(command)).Stacks?.[0];
  };

  const serverless = (folder: string, command: string) =>
    runServerless(folder, command, {
      endpoint: recorder.url,
      stage: 'prod',
      tokens: TOKEN,
      alarmEmail: '',
    });

  beforeAll(async () => {
    moto = spawn('moto_server', ['-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface({ input: moto.stderr ?? process.stdin })) {
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (!url) continue;
      endpoint = url;
      break;
    }
    moto.stderr?.resume();
    recorder = await startRecorder(endpoint, ACCOUNT);
    await inServiceCopy(async (folder) => {
      const first = await serverless(folder, 'deploy');
      tables.push(await tableNames());
      using sns = disposable(new SNSClient(client()));
      const { Topics = [] } = await sns.client.send(new ListTopicsCommand({}));
      const messages = Topics.find(({ TopicArn }) => TopicArn?.includes('MessagesTopic'));
      topicAttributes = (
        await sns.client.send(new GetTopicAttributesCommand({ TopicArn: messages?.TopicArn }))
      ).Attributes;
      stacks.push(await stackNow());
      const again = await serverless(folder, 'deploy');
      const info = await serverless(folder, 'info');
      await storeMessage(tables[0]?.[0]);
      const removed = await serverless(folder, 'remove');
      tables.push(await tableNames());
      const anew = await serverless(folder, 'deploy');
      tables.push(await tableNames());
      stacks.push(await stackNow());
      outputs = { first, again, info, removed, anew };
    });
  }, 300_000);

  afterAll(async () => {
    await recorder?.[Symbol.asyncDispose]();
    const exited = once(moto, 'exit');
    moto.kill('SIGKILL');
    await exited;
  });

  it('ends with the URL to paste and the subscribe commands, without the token', () => {
    for (const text of [outputs.first, outputs.info]) {
      expect(text).toMatch(/Web Hook URL: https:\/\/.+\/sms\/\*{8}\n/);
      expect(text).toMatch(/Topic: arn:aws-us-gov:sns:us-gov-west-1:\d{12}:\S+/);
      expect(text).toContain('--protocol sqs');
      expect(text).not.toContain(TOKEN);
    }
    expect(outputs.first).toContain('Service deployed to stack inbound-sms-prod');
  });

  it('makes only calls that the deployer’s policy allows', async () => {
    const place = { partition: 'aws-us-gov', region: REGION, account: ACCOUNT };
    expect(new Set(recorder.uses.map(({ action }) => action)).size).toBeGreaterThan(10);
    expect(await refusedToDeployer(recorder.uses, place)).toEqual([]);
  });

  it('encrypts the topic', () => {
    expect(topicAttributes?.KmsMasterKeyId).toBe('alias/aws/sns');
  });

  it('tags the stack, and so all its resources', () => {
    const tags = stacks[0]?.Tags?.map(({ Key, Value }) => `${Key}=${Value}`);
    expect(tags?.toSorted()).toEqual(['service=inbound-sms', 'stage=prod']);
  });

  it('changes nothing if it is repeated without a change', () => {
    expect(outputs.again).toContain('No changes to deploy');
  });

  it('keeps the table with the messages on removal, and says so', async () => {
    expect(tables[0]).toHaveLength(1);
    expect(tables[1]).toEqual(tables[0]);
    expect(outputs.removed).toContain('successfully removed');
    expect(outputs.removed).toContain(
      `The table with the messages of the stage prod is kept: ${tables[0]?.[0]}, in ${REGION}.`,
    );
    using dynamodb = disposable(new DynamoDBClient(client()));
    const TableName = tables[0]?.[0];
    const { Table } = await dynamodb.client.send(new DescribeTableCommand({ TableName }));
    expect(Table?.DeletionProtectionEnabled).toBe(true);
  });

  it('prints on removal the command that reads the table', async () => {
    const [, printed = ''] = /^ +bin\/inbound-sms (list .+)$/m.exec(outputs.removed) ?? [];
    const { code, stdout, stderr } = await runCli([...printed.split(' '), '--json'], {
      env: { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
    });
    expect(code, stderr).toBe(0);
    expect(documentsOf({ stdout })).toMatchObject([{ message_id: 'kept' }]);
  });

  it('makes another table on the next deploy, besides the kept one', () => {
    expect(outputs.anew).toContain('Service deployed to stack inbound-sms-prod');
    const [kept, made] = stacks.map(
      (stack) =>
        stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'MessagesTableName')?.OutputValue,
    );
    expect([kept]).toEqual(tables[1]);
    expect([kept, made].toSorted()).toEqual(tables[2]?.toSorted());
  });
});

function disposable<C extends { destroy(): void }>(client: C) {
  return { client, [Symbol.dispose]: () => client.destroy() };
}
