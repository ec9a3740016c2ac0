import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import {
  DeleteQueueCommand,
  ListQueuesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, REGION } from '../../tools/local/aws.ts';
import { inServiceCopy } from '../../tools/local/package-service.ts';
import { type DeployedSubscriber, subscribersIn } from '../../tools/shared/subscriber-outputs.ts';
import { TOKEN } from '../helpers/compiled-template.ts';
import { hasMoto, type Moto, startMoto } from '../tools/cli/moto.ts';

const run = promisify(execFile);
const SERVERLESS = join('node_modules', 'serverless', 'bin', 'serverless.js');
const STACK = 'inbound-sms-prod';

const FIRST = `prod:
  subscribers:
    crm: { https: "https://crm.example.com/old", secret: CRM_SECRET }
    jobs: { queue: true }
`;
/** One is new, one has changed, one is gone. */
const SECOND = `prod:
  subscribers:
    team: { email: team@example.com }
    crm: { https: "https://crm.example.com/new", secret: CRM_SECRET, to: ["+61491570156"] }
    chat: { slack: SLACK_URL }
`;
/** One has another name and the same secret, one is gone. */
const THIRD = `prod:
  subscribers:
    team: { email: team@example.com }
    sales: { https: "https://crm.example.com/new", secret: CRM_SECRET }
`;

/** A command's output, its exit code, and the stack afterwards. */
interface Step {
  readonly said: string;
  readonly code: number;
  readonly subscribers: readonly DeployedSubscriber[];
  /** The names of all queues. */
  readonly queues: readonly string[];
}

describe.skipIf(!hasMoto)('serverless, against an emulated AWS', () => {
  let moto: Moto;
  const steps: Record<string, Step> = {};
  let mapped: readonly string[];
  let changed: Record<string, unknown>;

  const client = () => clientOf(moto.endpoint);

  async function outputsNow(): Promise<Record<string, string>> {
    const cloudformation = new CloudFormationClient(client());
    const { Stacks = [] } = await cloudformation.send(
      new DescribeStacksCommand({ StackName: STACK }),
    );
    cloudformation.destroy();
    return Object.fromEntries(
      (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
        OutputKey,
        OutputValue,
      ]),
    );
  }

  async function queuesNow(): Promise<string[]> {
    const sqs = new SQSClient(client());
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    sqs.destroy();
    return QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).toSorted();
  }

  async function step(name: string, folder: string, ...args: string[]): Promise<Step> {
    const { PATH = '', HOME = '' } = process.env;
    const options = ['--stage', 'prod', '--region', REGION];
    const ended = await run(process.execPath, [SERVERLESS, ...args, ...options], {
      cwd: folder,
      env: {
        ...{ PATH, HOME, TMPDIR: folder, NO_COLOR: '1', NODE_NO_WARNINGS: '1' },
        ...{ AWS_ENDPOINT_URL: moto.endpoint, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
        ...{ WEBHOOK_TOKENS: TOKEN, ALARM_EMAIL: '', SLS_AWS_MONITORING_FREQUENCY: '200' },
      },
      timeout: 300_000,
    }).then(
      ({ stdout, stderr }) => ({ said: stdout + stderr, code: 0 }),
      ({ stdout, stderr, code }) => ({ said: stdout + stderr, code }),
    );
    const subscribers = subscribersIn(await outputsNow());
    const taken = { ...ended, subscribers, queues: await queuesNow() };
    steps[name] = taken;
    return taken;
  }

  /** A resource's properties in the deployed template, because Moto makes no subscriptions of topics. */
  async function propertiesOf(id: string): Promise<Record<string, unknown>> {
    const cloudformation = new CloudFormationClient(client());
    const { TemplateBody = '{}' } = await cloudformation.send(
      new GetTemplateCommand({ StackName: STACK }),
    );
    cloudformation.destroy();
    return JSON.parse(TemplateBody).Resources[id].Properties;
  }

  async function mappedQueues(): Promise<string[]> {
    const lambda = new LambdaClient(client());
    const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
    lambda.destroy();
    return EventSourceMappings.map(
      ({ EventSourceArn = '' }) => EventSourceArn.split(':').at(-1) ?? '',
    );
  }

  async function withQueueOf(
    name: string,
    use: (sqs: SQSClient, QueueUrl: string) => Promise<unknown>,
  ): Promise<void> {
    const sqs = new SQSClient(client());
    const found = subscribersIn(await outputsNow()).find((each) => each.name === name);
    await use(sqs, (found ?? expect.unreachable(name)).queue);
    sqs.destroy();
  }

  beforeAll(async () => {
    moto = await startMoto();
    await inServiceCopy(async (folder) => {
      const settings = join(folder, 'settings.yml');
      await step('none', folder, 'deploy');
      await writeFile(settings, FIRST);
      await step('first', folder, 'deploy');
      mapped = await mappedQueues();
      await withQueueOf('jobs', (sqs, QueueUrl) =>
        sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' })),
      );
      await writeFile(settings, SECOND);
      await step('refused', folder, 'deploy');
      await step('stays', folder, 'deploy', '--remove-subscribers', 'jobs,crm');
      await step('changed', folder, 'deploy', '--remove-subscribers', 'jobs');
      changed = await propertiesOf('SubscriberCrmSubscription');
      await step('fifo', folder, 'deploy', '--param', 'topicType=fifo');
      await rm(settings);
      await step('withoutSettings', folder, 'deploy', '--without-settings');
      const { said } = await step('list', folder, 'deploy', 'list');
      const [, timestamp = ''] = /Timestamp: (\d+)/.exec(said) ?? [];
      await step('rollback', folder, 'rollback', '--timestamp', timestamp);
      await writeFile(settings, THIRD);
      await step('misspelt', folder, 'deploy', '--remove-subscribers', 'chat,cmr');
      await withQueueOf('crm', (sqs, QueueUrl) => sqs.send(new DeleteQueueCommand({ QueueUrl })));
      await step('renamed', folder, 'deploy', '--remove-subscribers', 'chat');
      const all = ['--remove-subscribers', 'team, crm,chat'];
      await step('told', folder, 'rollback', '--timestamp', timestamp, ...all);
    });
  }, 900_000);
  afterAll(() => moto?.[Symbol.asyncDispose]());

  const taken = (name: string) => steps[name] ?? expect.unreachable(name);
  const namesAfter = (name: string) => taken(name).subscribers.map((each) => each.name);
  const ofSubscribers = (name: string) =>
    taken(name).queues.filter((queue) => queue.startsWith(`${STACK}-to-`));

  it('adds subscribers to a stack without any', () => {
    expect(taken('none')).toMatchObject({ code: 0, subscribers: [] });
    expect(taken('first').code, taken('first').said).toBe(0);
    expect(namesAfter('first')).toEqual(['crm', 'jobs']);
    expect(ofSubscribers('first')).toEqual(
      ['crm', 'jobs'].flatMap((name) => [`${STACK}-to-${name}`, `${STACK}-to-${name}-dead`]),
    );
    expect(mapped).toEqual([`${STACK}-to-crm`]);
  });

  it('says what to do next for each, without showing an address', () => {
    const { said } = taken('changed');
    expect(said).toContain('bin/inbound-sms secret set CRM_SECRET --stage prod');
    expect(said).toContain('bin/inbound-sms subscribers confirm team LINK --stage prod');
    expect(said).not.toContain('team@example.com');
  });

  it('refuses to remove a subscriber that is not named, and says how many messages wait for it', () => {
    const { code, said } = taken('refused');
    expect(code).toBe(1);
    expect(said).toContain(
      '- jobs: is removed; about 1 message in its queue, 0 messages in its dead-letter queue.',
    );
    expect(said).toContain('--remove-subscribers jobs.');
    expect(namesAfter('refused')).toEqual(['crm', 'jobs']);
  });

  it('refuses the name of a subscriber that stays', () => {
    expect(taken('stays').code).toBe(1);
    expect(taken('stays').said).toContain(
      '--remove-subscribers names crm, and this deploy does not remove it. Take it out of settings.yml',
    );
    expect(namesAfter('stays')).toEqual(['crm', 'jobs']);
  });

  it('adds one, changes one and removes a named one', () => {
    expect(taken('changed').code, taken('changed').said).toBe(0);
    expect(taken('changed').said).toContain('Removed, with the messages in their queues: jobs.');
    expect(namesAfter('changed')).toEqual(['chat', 'crm', 'team']);
    expect(ofSubscribers('changed')).toEqual(
      ['chat', 'crm', 'team'].flatMap((name) => [
        `${STACK}-to-${name}`,
        `${STACK}-to-${name}-dead`,
      ]),
    );
    const crm = (name: string) => taken(name).subscribers.find((each) => each.name === 'crm');
    expect(crm('changed')).toEqual({ ...crm('first'), url: 'https://crm.example.com/new' });
    expect(JSON.stringify(changed.FilterPolicy)).toContain('+61491570156');
  });

  it('refuses another topicType, because each subscriber would get new queues', () => {
    const { code, said } = taken('fifo');
    expect(code).toBe(1);
    for (const name of ['chat', 'crm', 'team']) {
      expect(said).toContain(`- ${name}: gets a new queue, since topicType changes; about `);
    }
  });

  it('refuses it without settings.yml, also with --without-settings', () => {
    const { code, said } = taken('withoutSettings');
    expect(code).toBe(1);
    expect(said).toContain('There is no settings.yml here. Get the file from a colleague');
    expect(said).toContain('--remove-subscribers ');
    expect(namesAfter('withoutSettings')).toEqual(['chat', 'crm', 'team']);
  });

  it('refuses a rollback that removes unnamed ones', () => {
    expect(taken('rollback').code).toBe(1);
    expect(taken('rollback').said).toContain('This rollback would delete the queues of these');
    expect(namesAfter('rollback')).toEqual(['chat', 'crm', 'team']);
    // Moto deletes a queue before its policy, and then fails.
    expect(taken('told').said).toContain('Rolling back');
    expect(taken('told').said).not.toMatch(/would delete|--remove-subscribers/);
  });

  it('refuses a misspelt name, and suggests the right one', () => {
    expect(taken('misspelt').code).toBe(1);
    expect(taken('misspelt').said).toContain(
      '--remove-subscribers names cmr, and the stack has no subscriber of that name. Did you mean crm? It removes: chat, crm.',
    );
    expect(namesAfter('misspelt')).toEqual(['chat', 'crm', 'team']);
  });

  it('refuses to rename an unnamed one, even if its queue is unreadable', () => {
    expect(taken('renamed').code).toBe(1);
    expect(taken('renamed').said).toContain(
      '- crm: is removed; how many messages wait is not known: ',
    );
    expect(namesAfter('renamed')).toEqual(['chat', 'crm', 'team']);
  });
});
