import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { subJson } from '../../infra/cloudformation.js';
import { MAX_ATTEMPTS } from '../../lib/forwarding/subscriber.ts';
import { sha256 } from '../../tools/local/package-inputs.ts';
import { subscribersIn } from '../../tools/shared/subscriber-outputs.ts';
import {
  ALL,
  type Compiled,
  type CompiledTemplate,
  compile,
  compileTemplate,
  EVERYTHING,
  hasCfnLint,
  SUBSCRIBERS,
} from '../helpers/compiled-template.ts';

const KINDS = { Team: 'email', Chat: 'slack', Staff: 'teams', MyCrm: 'https', Jobs: 'queue' };
const IDS = Object.keys(KINDS).map((name) => `Subscriber${name}`);
const FORWARDED = IDS.filter((id) => id !== 'SubscriberJobs');
const DAY = 86_400;

interface Package {
  readonly template: CompiledTemplate;
  /** SHA-256 of the zip file of each function that every deployment has. */
  readonly zips: readonly string[];
}

async function packageWith(settings: string): Promise<Package> {
  const zips: string[] = [];
  const template = await compileTemplate({ settings }, async (file) => {
    for (const name of ['receiveSms.zip', 'publishPending.zip']) {
      zips.push(sha256(await readFile(join(dirname(file), name))));
    }
  });
  return { template, zips };
}

let standard: Compiled;
let fifo: Compiled;
let without: Package;
let withAll: Package;
let queueOnly: Package;
beforeAll(async () => {
  standard = await compile({ settings: SUBSCRIBERS }, { lint: true });
  fifo = await compile(ALL, { lint: true });
  without = await packageWith('');
  withAll = await packageWith(SUBSCRIBERS);
  queueOnly = await packageWith('default: { subscribers: { jobs: { queue: true } } }');
}, 240_000);

const properties = (from: Compiled, id: string) => from.resource(id).Properties;
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const sub = (text: string) => ({ 'Fn::Sub': text });
/** The result of `Fn::Sub`, with each resource's logical id as its `Ref`. */
const filled = (value: unknown) =>
  (value as { 'Fn::Sub'?: string })['Fn::Sub']?.replace(/\$\{(\w+)\}/g, '$1') ?? '';
const outputsOf = ({ template }: Pick<Compiled, 'template'>) =>
  Object.keys(template.Outputs).filter((name) => name.startsWith('Subscriber'));
/** The resources of the subscribers and the forwarder. */
const resourcesOf = ({ template }: Pick<Compiled, 'template'>) =>
  Object.keys(template.Resources).filter((id) => /^(Subscriber|Forward|SecretMissing)/.test(id));

describe('the webhook', () => {
  it('and the sweeper have the same zip files with and without subscribers', () => {
    expect(without.zips).toHaveLength(2);
    expect(withAll.zips).toEqual(without.zips);
  });

  it.each(['ReceiveSms', 'PublishPending'])('%s keeps its environment and its role', (name) => {
    const of = ({ template: { Resources } }: Package) => {
      const { Code: _, ...rest } = Resources[`${name}LambdaFunction`]?.Properties ?? {};
      return [rest, Resources[`${name}Role`]];
    };
    expect(of(withAll)).toEqual(of(without));
  });

  it('has the same API, table and topic', () => {
    const subscriber = /^(Subscriber|Forward|SecretMissing)/;
    const others = (from: Package) =>
      Object.entries(from.template.Resources).filter(
        ([id, { Type }]) =>
          !subscriber.test(id) && Type !== 'AWS::Lambda::Function' && id !== 'Dashboard',
      );
    expect(others(withAll)).toEqual(others(without));
  });
});

describe('without forwarded subscribers', () => {
  it('there is no forwarder, and nothing for it', () => {
    expect(resourcesOf(without)).toEqual([]);
    expect(outputsOf(without)).toEqual([]);
  });

  it('the kind queue has two queues, a subscription and an alarm', () => {
    expect(resourcesOf(queueOnly).toSorted()).toEqual([
      'SubscriberJobsDeadLetters',
      'SubscriberJobsDeadLettersAlarm',
      'SubscriberJobsDeadLettersPolicy',
      'SubscriberJobsQueue',
      'SubscriberJobsQueuePolicy',
      'SubscriberJobsSubscription',
    ]);
    expect(outputsOf(queueOnly)).toEqual([
      'SubscriberJobs',
      'SubscriberJobsQueueUrl',
      'SubscriberJobsQueueArn',
      'SubscriberJobsDeadLettersUrl',
    ]);
  });
});

describe('a subscriber', () => {
  it.each(IDS)('%s: SQS encrypts its queues and keeps messages for 14 days', (id) => {
    for (const from of [standard, fifo]) {
      for (const queue of [`${id}Queue`, `${id}DeadLetters`]) {
        expect(properties(from, queue)).toMatchObject({
          MessageRetentionPeriod: 14 * DAY,
          SqsManagedSseEnabled: true,
        });
        expect(properties(from, queue)).not.toHaveProperty('KmsMasterKeyId');
      }
    }
  });

  it.each(FORWARDED)('%s: messages are tried for about a day, then given up', (id) => {
    expect(properties(standard, `${id}Queue`)).toMatchObject({
      // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      VisibilityTimeout: 6 * properties(standard, 'ForwardMessageLambdaFunction').Timeout,
      RedrivePolicy: {
        deadLetterTargetArn: arnOf(`${id}DeadLetters`),
        maxReceiveCount: MAX_ATTEMPTS,
      },
    });
  });

  it('of the kind queue has SQS’s timeout, and 5 attempts', () => {
    expect(properties(standard, 'SubscriberJobsQueue')).not.toHaveProperty('VisibilityTimeout');
    expect(properties(standard, 'SubscriberJobsQueue').RedrivePolicy.maxReceiveCount).toBe(5);
  });

  it('has queues with its name, FIFO on a FIFO topic', () => {
    const names = (from: Compiled) =>
      ['Queue', 'DeadLetters'].map((part) => properties(from, `SubscriberMyCrm${part}`).QueueName);
    expect(names(standard)).toEqual([
      sub('${AWS::StackName}-to-my-crm'),
      sub('${AWS::StackName}-to-my-crm-dead'),
    ]);
    expect(names(fifo)).toEqual([
      sub('${AWS::StackName}-to-my-crm.fifo'),
      sub('${AWS::StackName}-to-my-crm-dead.fifo'),
    ]);
    for (const id of IDS) {
      for (const part of ['Queue', 'DeadLetters']) {
        expect(properties(standard, `${id}${part}`)).not.toHaveProperty('FifoQueue');
        expect(properties(fifo, `${id}${part}`)).toMatchObject({
          FifoQueue: true,
          DeduplicationScope: 'messageGroup',
          FifoThroughputLimit: 'perMessageGroupId',
        });
      }
    }
  });

  it.each(IDS)('%s: only the topic may send to its queues', (id) => {
    for (const queue of [`${id}Queue`, `${id}DeadLetters`]) {
      const policy = queue.replace(/Queue$/, 'QueuePolicy').replace(/Letters$/, 'LettersPolicy');
      expect(properties(standard, policy)).toEqual({
        Queues: [{ Ref: queue }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'TopicMaySend',
              Effect: 'Allow',
              Principal: { Service: 'sns.amazonaws.com' },
              Action: 'sqs:SendMessage',
              Resource: arnOf(queue),
              Condition: { ArnEquals: { 'aws:SourceArn': { Ref: 'MessagesTopic' } } },
            },
          ],
        },
      });
    }
  });

  it.each(IDS)('%s: gets messages once SNS may send', (id) => {
    expect(standard.resource(`${id}Subscription`)).toMatchObject({
      DependsOn: [`${id}QueuePolicy`, `${id}DeadLettersPolicy`],
      Properties: {
        TopicArn: { Ref: 'MessagesTopic' },
        Protocol: 'sqs',
        Endpoint: arnOf(`${id}Queue`),
        RawMessageDelivery: true,
        RedrivePolicy: { deadLetterTargetArn: arnOf(`${id}DeadLetters`) },
      },
    });
  });

  it('has its filter, for attributes or for the body', () => {
    const filterOf = (id: string) => {
      const { FilterPolicy, FilterPolicyScope } = properties(standard, `${id}Subscription`);
      return [FilterPolicyScope, FilterPolicy];
    };
    const [scope, policy] = filterOf('SubscriberChat');
    expect(scope).toBe('MessageAttributes');
    expect(policy.sms_number).toContain('+61491570156');
    expect(filterOf('SubscriberStaff')).toEqual(['MessageBody', { timestamp: [{ exists: true }] }]);
    expect(filterOf('SubscriberTeam')).toEqual([undefined, undefined]);
  });

  it.each(FORWARDED)('%s: the forwarder gets one message per call, two in parallel', (id) => {
    for (const from of [standard, fifo]) {
      expect(properties(from, `${id}Mapping`)).toEqual({
        EventSourceArn: arnOf(`${id}Queue`),
        FunctionName: { Ref: 'ForwardMessageLambdaFunction' },
        BatchSize: 1,
        ScalingConfig: { MaximumConcurrency: 2 },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
    }
  });

  it('of the kind email has its own topic, encrypted like the message topic', () => {
    expect(properties(standard, 'SubscriberTeamTopic').KmsMasterKeyId).toBe('alias/aws/sns');
    expect(properties(fifo, 'SubscriberTeamTopic').KmsMasterKeyId).toBe(EVERYTHING.kmsKeyArn);
    expect(properties(fifo, 'SubscriberTeamTopic')).not.toHaveProperty('FifoTopic');
    expect(properties(standard, 'SubscriberTeamEmail')).toEqual({
      TopicArn: { Ref: 'SubscriberTeamTopic' },
      Protocol: 'email',
      Endpoint: 'team@example.com',
    });
    const [deny] = properties(standard, 'SubscriberTeamTopicPolicy').PolicyDocument.Statement;
    expect(deny).toMatchObject({ Effect: 'Deny', Action: 'sns:Publish' });
  });
});

describe('the forwarder', () => {
  it('gets its subscribers and the time zone', () => {
    const { Variables } = properties(standard, 'ForwardMessageLambdaFunction').Environment;
    expect(JSON.parse(filled(Variables.SUBSCRIBERS))).toEqual([
      { name: 'team', kind: 'email', topicArn: 'SubscriberTeamTopic' },
      { name: 'chat', kind: 'slack', secret: 'SLACK_URL' },
      { name: 'staff', kind: 'teams', secret: 'TEAMS_URL' },
      {
        ...{ name: 'my-crm', kind: 'https', secret: 'CRM_SECRET' },
        url: 'https://crm.example.com/hooks/sms?a=b',
      },
    ]);
    expect(Variables).toMatchObject({
      ...{ TIME_ZONE: 'Australia/Sydney', SERVICE: 'inbound-sms', STAGE: 'prod' },
      MESSAGES_TABLE_NAME: { Ref: 'MessagesTable' },
    });
  });

  it('may use a customer’s key through DynamoDB and SNS, and SNS only for e-mails', () => {
    const useOf = ({ template }: Pick<Compiled, 'template'>) =>
      template.Resources.ForwardMessageRole?.Properties.Policies[0].PolicyDocument.Statement.find(
        ({ Sid }: { Sid: string }) => Sid === 'UseKey',
      );
    expect(useOf(standard)).toBeUndefined();
    expect(useOf(fifo).Resource).toBe(EVERYTHING.kmsKeyArn);
    expect(useOf(fifo).Condition.StringLike['kms:ViaService']).toEqual([
      sub('dynamodb.${AWS::Region}.amazonaws.com*'),
      sub('sns.${AWS::Region}.amazonaws.com*'),
    ]);
  });

  it('keeps its log as long as the other functions', () => {
    expect(properties(standard, 'ForwardMessageLogGroup').RetentionInDays).toBe(30);
  });
});

it('the outputs describe each subscriber', () => {
  const outputs = Object.fromEntries(
    outputsOf(standard).map((name) => [name, filled(standard.template.Outputs[name]?.Value)]),
  );
  const placesOf = (id: string) => ({
    queue: `${id}Queue`,
    deadLetters: `${id}DeadLetters`,
    subscription: `${id}Subscription`,
  });
  expect(subscribersIn(outputs)).toEqual([
    { name: 'chat', kind: 'slack', secret: 'SLACK_URL', ...placesOf('SubscriberChat') },
    { name: 'jobs', kind: 'queue', ...placesOf('SubscriberJobs') },
    {
      ...{ name: 'my-crm', kind: 'https', secret: 'CRM_SECRET' },
      url: 'https://crm.example.com/hooks/sms?a=b',
      ...placesOf('SubscriberMyCrm'),
    },
    { name: 'staff', kind: 'teams', secret: 'TEAMS_URL', ...placesOf('SubscriberStaff') },
    { name: 'team', kind: 'email', topic: 'SubscriberTeamTopic', ...placesOf('SubscriberTeam') },
  ]);
  expect(standard.template.Outputs).toMatchObject({
    SubscriberJobsQueueUrl: { Value: { Ref: 'SubscriberJobsQueue' } },
    SubscriberJobsQueueArn: { Value: arnOf('SubscriberJobsQueue') },
    SubscriberJobsDeadLettersUrl: { Value: { Ref: 'SubscriberJobsDeadLetters' } },
  });
});

it('a user’s text that looks like a reference stays a text', () => {
  expect(subJson({ url: 'https://example.com/?a=${MessagesTable}', id: { Ref: 'It' } })).toEqual(
    sub('{"url":"https://example.com/?a=${!MessagesTable}","id":"${It}"}'),
  );
});

it('JSON without a reference is a plain text', () => {
  expect(subJson({ url: 'https://example.com' })).toBe('{"url":"https://example.com"}');
});

describe.skipIf(!hasCfnLint)('cfn-lint reports nothing', () => {
  it('for all kinds together, standard or FIFO', () => {
    expect([standard.lint, fifo.lint]).toEqual(['', '']);
  });

  it.each([
    '{ email: team@example.com }',
    '{ slack: SLACK_URL }',
    '{ teams: TEAMS_URL }',
    '{ https: "https://crm.example.com/hooks/sms", secret: CRM_SECRET }',
    '{ queue: true }',
  ])(
    'of one alone: %s',
    async (subscriber) => {
      const settings = `default: { subscribers: { one: ${subscriber} } }`;
      expect((await compile({ settings }, { lint: true })).lint).toBe('');
    },
    120_000,
  );
});
