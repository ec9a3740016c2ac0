import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetTopicAttributesCommand, ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inServiceCopy } from '../../local/package-service.ts';
import { TOKEN } from '../helpers/compiled-template.ts';

const run = promisify(execFile);
const SERVERLESS = join('node_modules', 'serverless', 'bin', 'serverless.js');

/** Moto speaks CloudFormation, S3, Lambda and the rest: https://docs.getmoto.org */
const hasMoto = await run('moto_server', ['--help']).then(
  () => true,
  () => false,
);

/** The whole of `serverless deploy`, `info` and `remove` against an AWS that is none. */
describe.skipIf(!hasMoto)('a deployment', () => {
  let moto: ChildProcess;
  let endpoint: string;
  let outputs: { first: string; again: string; info: string; removed: string };
  const tables: string[][] = [];
  let topicAttributes: Record<string, string> | undefined;

  const client = () => ({
    endpoint,
    region: 'us-gov-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const tableNames = async () => {
    using dynamodb = disposable(new DynamoDBClient(client()));
    return (await dynamodb.client.send(new ListTablesCommand({}))).TableNames ?? [];
  };

  async function serverless(folder: string, ...args: string[]): Promise<string> {
    const { PATH = '', HOME = '' } = process.env;
    const { stdout, stderr } = await run(
      process.execPath,
      [SERVERLESS, ...args, '--stage', 'prod', '--region', 'us-gov-west-1'],
      {
        cwd: folder,
        env: {
          PATH,
          HOME,
          AWS_ENDPOINT_URL: endpoint,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          WEBHOOK_TOKENS: TOKEN,
          SLS_AWS_MONITORING_FREQUENCY: '200',
        },
        timeout: 120_000,
      },
    );
    return stdout + stderr;
  }

  beforeAll(async () => {
    moto = spawn('moto_server', ['-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface({ input: moto.stderr ?? process.stdin })) {
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (!url) continue;
      endpoint = url;
      break;
    }
    moto.stderr?.resume();
    await inServiceCopy(async (folder) => {
      const first = await serverless(folder, 'deploy');
      tables.push(await tableNames());
      using sns = disposable(new SNSClient(client()));
      const { Topics = [] } = await sns.client.send(new ListTopicsCommand({}));
      const messages = Topics.find(({ TopicArn }) => TopicArn?.includes('MessagesTopic'));
      topicAttributes = (
        await sns.client.send(new GetTopicAttributesCommand({ TopicArn: messages?.TopicArn }))
      ).Attributes;
      const again = await serverless(folder, 'deploy');
      const info = await serverless(folder, 'info');
      const removed = await serverless(folder, 'remove');
      tables.push(await tableNames());
      outputs = { first, again, info, removed };
    });
  }, 300_000);

  afterAll(async () => {
    const exited = once(moto, 'exit');
    moto.kill('SIGKILL');
    await exited;
  });

  it('ends with what to paste and how to subscribe, without the token', () => {
    for (const text of [outputs.first, outputs.info]) {
      expect(text).toMatch(/Web Hook URL: https:\/\/.+\/sms\/\*{8}\n/);
      expect(text).toMatch(/Topic: arn:aws-us-gov:sns:us-gov-west-1:\d{12}:\S+/);
      expect(text).toContain('--protocol sqs');
      expect(text).not.toContain(TOKEN);
    }
    expect(outputs.first).toContain('Service deployed to stack inbound-sms-prod');
  });

  it('encrypts the topic', () => {
    expect(topicAttributes?.KmsMasterKeyId).toBe('alias/aws/sns');
  });

  it('repeated without a change changes nothing', () => {
    expect(outputs.again).toContain('No changes to deploy');
  });

  it('removed leaves the table with the messages, and says so', async () => {
    expect(tables[0]).toHaveLength(1);
    expect(tables[1]).toEqual(tables[0]);
    expect(outputs.removed).toContain('successfully removed');
    expect(outputs.removed).toContain('The table with the messages of the stage prod is kept');
    using dynamodb = disposable(new DynamoDBClient(client()));
    const TableName = tables[0]?.[0];
    const { Table } = await dynamodb.client.send(new DescribeTableCommand({ TableName }));
    expect(Table?.DeletionProtectionEnabled).toBe(true);
  });
});

function disposable<C extends { destroy(): void }>(client: C) {
  return { client, [Symbol.dispose]: () => client.destroy() };
}
