import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../lib/aws/message-item.ts';
import { clientOf, REGION } from '../../tools/local/aws.ts';
import { inServiceCopy } from '../../tools/local/package-service.ts';
import { subscribersIn } from '../../tools/shared/subscriber-outputs.ts';
import { SUBSCRIBERS, TOKEN } from '../helpers/compiled-template.ts';
import { packageDir, startTestStack } from '../helpers/local-stack.ts';
import {
  ITEMS_BEFORE,
  PACKAGE_BEFORE,
  REPLACED_ON_PURPOSE,
  TEMPLATE_BEFORE,
} from '../helpers/version-before.ts';
import { hasMoto, type Moto, startMoto } from '../tools/cli/moto.ts';

const run = promisify(execFile);
const SERVERLESS = join('node_modules', 'serverless', 'bin', 'serverless.js');
const STACK = 'inbound-sms-prod';
const TEMPLATE_FILE = 'cloudformation-template-update-stack.json';

/** The folder in the bucket for the deployment of the version before, to which it rolls back. */
const FOLDER_BEFORE = dirname(
  TEMPLATE_BEFORE.Resources.ReceiveSmsLambdaFunction?.Properties.Code.S3Key,
);
const [, TIMESTAMP_BEFORE = ''] = /(\d+)-[^/]*$/.exec(FOLDER_BEFORE) ?? [];

const [unclaimed, second] = ITEMS_BEFORE.filter(({ state }) => state === 'unclaimed');
const [claimed] = ITEMS_BEFORE.filter(({ state }) => state === 'claimed');

/** The stack as subscribers and operators see it. */
interface Stack {
  /** Physical ids by logical ids, for the resources that Moto makes. */
  readonly resources: Readonly<Record<string, string>>;
  /** The logical ids in its template. */
  readonly template: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly items: readonly Item[];
}

/** `serverless deploy` of the version before, then of this one, then `rollback`, to an emulated AWS. */
describe.skipIf(!hasMoto)('a deployed stack', () => {
  let moto: Moto;
  let queueUrl: string;
  const stacks: Record<'before' | 'upgraded' | 'rolledBack' | 'subscribed', Stack> = {} as never;
  const outputs: string[] = [];
  const received: Record<'upgraded' | 'rolledBack', string[]> = {} as never;

  async function serverless(folder: string, ...args: string[]): Promise<void> {
    const { PATH = '', HOME = '' } = process.env;
    const { stdout, stderr } = await run(
      process.execPath,
      [SERVERLESS, ...args, '--stage', 'prod', '--region', REGION],
      {
        cwd: folder,
        env: {
          PATH,
          HOME,
          AWS_ENDPOINT_URL: moto.endpoint,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          WEBHOOK_TOKENS: TOKEN,
          ALARM_EMAIL: '',
          SLS_AWS_MONITORING_FREQUENCY: '200',
          TMPDIR: folder,
        },
        timeout: 120_000,
      },
    );
    outputs.push(stdout + stderr);
  }

  /** A package of this version, with the template and the code of the one before. */
  async function packageBefore(folder: string): Promise<void> {
    await serverless(folder, 'package', '--package', 'before');
    const stateFile = join(folder, 'before', 'serverless-state.json');
    const state = JSON.parse(await readFile(stateFile, 'utf8'));
    state.service.provider.compiledCloudFormationTemplate = TEMPLATE_BEFORE;
    state.package.artifactDirectoryName = FOLDER_BEFORE;
    await writeFile(stateFile, JSON.stringify(state));
    for (const file of ['receiveSms.zip', 'publishPending.zip', TEMPLATE_FILE]) {
      await copyFile(join(PACKAGE_BEFORE, file), join(folder, 'before', file));
    }
  }

  async function stackNow(): Promise<Stack> {
    using cloudformation = disposable(new CloudFormationClient(clientOf(moto.endpoint)));
    using dynamodb = disposable(new DynamoDBClient(clientOf(moto.endpoint)));
    const about = { StackName: STACK };
    const { StackResources = [] } = await cloudformation.client.send(
      new DescribeStackResourcesCommand(about),
    );
    const { Stacks = [] } = await cloudformation.client.send(new DescribeStacksCommand(about));
    const { TemplateBody = '' } = await cloudformation.client.send(new GetTemplateCommand(about));
    const resources = Object.fromEntries(
      StackResources.map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [
        LogicalResourceId,
        PhysicalResourceId,
      ]),
    );
    const { Items = [] } = await dynamodb.client.send(
      new ScanCommand({ TableName: resources.MessagesTable }),
    );
    return {
      resources,
      template: Object.keys(JSON.parse(TemplateBody).Resources).toSorted(),
      outputs: Object.fromEntries(
        (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
          OutputKey,
          OutputValue,
        ]),
      ),
      items: Items,
    };
  }

  async function put({ outputs: { MessagesTableName } }: Stack, ...items: Item[]): Promise<void> {
    using dynamodb = disposable(new DynamoDBClient(clientOf(moto.endpoint)));
    for (const Item of items) {
      await dynamodb.client.send(new PutItemCommand({ TableName: MessagesTableName, Item }));
    }
  }

  async function subscribe({ outputs: { MessagesTopicArn } }: Stack): Promise<string> {
    using sqs = disposable(new SQSClient(clientOf(moto.endpoint)));
    using sns = disposable(new SNSClient(clientOf(moto.endpoint)));
    const { QueueUrl = '' } = await sqs.client.send(new CreateQueueCommand({ QueueName: 'mine' }));
    const { Attributes } = await sqs.client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    await sns.client.send(
      new SubscribeCommand({
        TopicArn: MessagesTopicArn,
        Protocol: 'sqs',
        Endpoint: Attributes?.QueueArn,
        Attributes: { RawMessageDelivery: 'true' },
      }),
    );
    return QueueUrl;
  }

  /** Runs a version's sweeper on the deployed table and topic. Returns the texts that arrive. */
  async function sweep(directory: string, tokens: string, { outputs }: Stack): Promise<string[]> {
    await using functions = await startTestStack({
      packageDir: directory,
      tokens,
      endpoints: { dynamodb: moto.endpoint, sns: moto.endpoint },
      functionEnvironment: {
        MESSAGES_TABLE_NAME: outputs.MessagesTableName ?? '',
        MESSAGES_TOPIC_ARN: outputs.MessagesTopicArn ?? '',
      },
    });
    await functions.invoke('publishPending', {});
    using sqs = disposable(new SQSClient(clientOf(moto.endpoint)));
    const ids: string[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.client.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return ids;
      for (const { Body = '', ReceiptHandle } of Messages) {
        ids.push(JSON.parse(Body).message_id);
        await sqs.client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      }
    }
  }

  beforeAll(async () => {
    moto = await startMoto();
    await inServiceCopy(async (folder) => {
      await packageBefore(folder);
      await serverless(folder, 'deploy', '--package', 'before');
      const empty = await stackNow();
      queueUrl = await subscribe(empty);
      await put(empty, old(unclaimed), inFlight(claimed));
      stacks.before = await stackNow();

      await serverless(folder, 'deploy');
      stacks.upgraded = await stackNow();
      received.upgraded = await sweep(packageDir(), 'test', stacks.upgraded);

      await put(stacks.upgraded, { ...old(second), requests: { N: '1' } });
      await serverless(folder, 'deploy', 'list');
      await serverless(folder, 'rollback', '--timestamp', TIMESTAMP_BEFORE);
      stacks.rolledBack = await stackNow();
      received.rolledBack = await sweep(PACKAGE_BEFORE, TOKEN, stacks.rolledBack);

      await writeFile(join(folder, 'settings.yml'), SUBSCRIBERS);
      await serverless(folder, 'deploy');
      stacks.subscribed = await stackNow();
    });
  }, 400_000);
  afterAll(() => moto?.[Symbol.asyncDispose]());

  it('keeps its resources in an upgrade and a rollback', () => {
    const { resources } = stacks.before;
    for (const id of ['MessagesTable', 'MessagesTopic', 'AlarmTopic', 'FailedSweeps']) {
      expect(resources[id]).toMatch(id);
    }
    const replaced = REPLACED_ON_PURPOSE.map((fault) => fault.split(' ')[0]);
    for (const [id, physicalId] of Object.entries(resources)) {
      // Moto loses replaced resources.
      if (replaced.includes(id)) continue;
      expect(stacks.upgraded.resources[id], id).toBe(physicalId);
      expect(stacks.rolledBack.resources[id], id).toBe(physicalId);
    }
  });

  it('gets new resources, and loses them in the rollback', () => {
    expect(stacks.before.template).toEqual(Object.keys(TEMPLATE_BEFORE.Resources).toSorted());
    expect(stacks.upgraded.template).toContain('ThrottledRequests');
    expect(stacks.rolledBack.template).toEqual(stacks.before.template);
  });

  it('keeps its outputs', () => {
    expect(stacks.before.outputs).toHaveProperty('MessagesTopicArn');
    expect(stacks.upgraded.outputs).toMatchObject(stacks.before.outputs);
    expect(stacks.rolledBack.outputs).toEqual(stacks.before.outputs);
  });

  it('keeps pending and in-flight messages, and publishes them to its subscriber', () => {
    expect(stacks.before.items).toHaveLength(2);
    expect(stacks.upgraded.items).toEqual(stacks.before.items);
    expect(received.upgraded).toEqual([unclaimed?.item.message_id?.S]);
  });

  it('publishes with the earlier version’s code what this version left', () => {
    expect(stacks.rolledBack.items).toHaveLength(3);
    expect(received.rolledBack).toEqual([second?.item.message_id?.S]);
  });

  it('offers the version before for a rollback', () => {
    expect(outputs.join()).toContain(TIMESTAMP_BEFORE);
    expect(outputs.at(-2)).toContain('rolled back');
  });

  it('gets subscribers in an upgrade from a version without them, and keeps the rest', () => {
    const { outputs: before, resources } = stacks.rolledBack;
    const { outputs: after } = stacks.subscribed;
    expect(after).toMatchObject(before);
    expect(subscribersIn(after).map(({ name }) => name)).toEqual([
      'chat',
      'jobs',
      'my-crm',
      'staff',
      'team',
    ]);
    expect(stacks.subscribed.resources).toMatchObject({ MessagesTable: resources.MessagesTable });
  });

  /** Received long ago, and unclaimed. */
  function old(one = expect.unreachable() as (typeof ITEMS_BEFORE)[number]): Item {
    return { ...one.item, received_at: { N: String(Date.now() - 600_000) } };
  }
  /** Claimed by a running instance of the version before. */
  function inFlight(one = expect.unreachable() as (typeof ITEMS_BEFORE)[number]): Item {
    return { ...old(one), claim_until: { N: String(Date.now() + 3_600_000) } };
  }
});

function disposable<C extends { destroy(): void }>(client: C) {
  return { client, [Symbol.dispose]: () => client.destroy() };
}
