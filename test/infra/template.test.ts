import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Compiled,
  compile,
  EDGE_SECRET,
  EVERYTHING,
  hasCfnLint,
} from '../helpers/compiled-template.ts';

let plain: Compiled;
let everything: Compiled;
let dev: Compiled;
let china: Compiled;

beforeAll(async () => {
  [plain, everything, dev, china] = await Promise.all([
    compile({}, { lint: true }),
    compile({ params: EVERYTHING, edgeSecrets: EDGE_SECRET }, { lint: true }),
    compile({ stage: 'dev' }, { lint: true }),
    compile({ region: 'cn-north-1' }, { lint: true }),
  ]);
}, 120_000);

const properties = (from: Compiled, id: string) => from.resource(id).Properties;
const variables = (from: Compiled, id: string) => properties(from, id).Environment.Variables;
const statements = (from: Compiled, role: string) =>
  properties(from, role).Policies[0].PolicyDocument.Statement;

describe('the table', () => {
  it('is on-demand, encrypted, recoverable to any second, and deletes expired records', () => {
    expect(properties(plain, 'MessagesTable')).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    });
    expect(properties(plain, 'MessagesTable').SSESpecification).not.toHaveProperty(
      'KMSMasterKeyId',
    );
  });

  it('outlives its stack, except on a throw-away stage', () => {
    expect(plain.resource('MessagesTable')).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { DeletionProtectionEnabled: true },
    });
    expect(dev.resource('MessagesTable')).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    });
  });

  it('has a generated name, so that a deploy after a remove does not meet the kept table', () => {
    expect(properties(plain, 'MessagesTable')).not.toHaveProperty('TableName');
  });
});

describe('the topic', () => {
  it('is encrypted, and accepts messages only over TLS', () => {
    expect(properties(plain, 'MessagesTopic')).toEqual({
      DisplayName: 'Inbound SMS',
      KmsMasterKeyId: 'alias/aws/sns',
      SignatureVersion: '2',
    });
    expect(properties(plain, 'MessagesTopicPolicy').PolicyDocument.Statement).toMatchObject([
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });

  it('topicType=fifo: keeps the order within a conversation', () => {
    expect(properties(everything, 'MessagesTopic')).toMatchObject({
      FifoTopic: true,
      TopicName: { 'Fn::Sub': expect.stringMatching(/\.fifo$/) },
      FifoThroughputScope: 'MessageGroup',
    });
  });

  it('subscriberAccounts: only those accounts may subscribe', () => {
    const [, allow, ...others] = properties(everything, 'MessagesTopicPolicy').PolicyDocument
      .Statement;
    expect(others).toEqual([]);
    expect(allow).toMatchObject({
      Effect: 'Allow',
      Principal: {
        AWS: ['111111111111', '222222222222'].map((account) => ({
          'Fn::Sub': `arn:\${AWS::Partition}:iam::${account}:root`,
        })),
      },
      Action: ['sns:Subscribe', 'sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'],
    });
  });
});

describe('kmsKeyArn', () => {
  const { kmsKeyArn } = EVERYTHING;

  it('encrypts table and topic', () => {
    expect(properties(everything, 'MessagesTable').SSESpecification.KMSMasterKeyId).toBe(kmsKeyArn);
    expect(properties(everything, 'MessagesTopic').KmsMasterKeyId).toBe(kmsKeyArn);
  });

  it.each(['ReceiveSmsRole', 'PublishPendingRole'])('lets %s use that key, and only it', (role) => {
    const use = statements(everything, role).find(({ Sid }: { Sid: string }) => Sid === 'UseKey');
    expect(use.Resource).toBe(kmsKeyArn);
    expect(use.Action).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey']));
    expect(JSON.stringify(use.Condition)).toContain('kms:ViaService');
    expect(JSON.stringify(statements(plain, role))).not.toContain('kms:');
  });

  it('does not encrypt the alarms, because CloudWatch could not publish', () => {
    for (const from of [plain, everything]) {
      expect(properties(from, 'AlarmTopic')).not.toHaveProperty('KmsMasterKeyId');
    }
  });
});

describe('the functions', () => {
  const ids = ['ReceiveSmsLambdaFunction', 'PublishPendingLambdaFunction'] as const;

  it('get the parameters’ values', () => {
    expect(variables(everything, ids[0])).toMatchObject({
      RETENTION_DAYS: '30',
      MESSAGE_FORMAT: 'aws-two-way-sms',
      ALLOWED_SOURCE_CIDRS: EVERYTHING.allowedSourceCidrs,
      ALLOWED_SMS_NUMBERS: EVERYTHING.allowedSmsNumbers,
      EDGE_DOMAIN_NAME: EVERYTHING.edgeDomainName,
      QUARANTINE_DAYS: '14',
      EDGE_SECRET_HASHES: createHash('sha256').update(EDGE_SECRET).digest('hex'),
    });
    expect(variables(everything, ids[1])).toMatchObject({
      RETENTION_DAYS: '30',
      MESSAGE_FORMAT: 'aws-two-way-sms',
    });
    expect(variables(plain, ids[0])).toMatchObject({
      SERVICE: 'inbound-sms',
      STAGE: 'prod',
      RETENTION_DAYS: '90',
      MESSAGE_FORMAT: 'inbound-sms',
      ALLOWED_SOURCE_CIDRS: '',
      ALLOWED_SMS_NUMBERS: '',
      EDGE_DOMAIN_NAME: '',
      QUARANTINE_DAYS: '30',
      EDGE_SECRET_HASHES: '',
    });
  });

  it('get no secret of the edge, only its hash', () => {
    expect(JSON.stringify(everything.template)).not.toContain(EDGE_SECRET);
    expect(variables(everything, ids[1])).not.toHaveProperty('EDGE_SECRET_HASHES');
  });

  it('are tagged with service and stage', () => {
    for (const [from, stage] of [[plain, 'prod'] as const, [dev, 'dev'] as const]) {
      for (const id of ids) {
        expect(properties(from, id).Tags).toEqual([
          { Key: 'service', Value: 'inbound-sms' },
          { Key: 'stage', Value: stage },
        ]);
      }
    }
  });

  it.each([
    [ids[0], 'receive-sms'],
    [ids[1], 'publish-pending'],
  ])('%s ends before its claims do', async (id, file) => {
    const code = await readFile(new URL(`../../functions/${file}.ts`, import.meta.url), 'utf8');
    const lease = Number(/leaseMs: ([\d_]+)/.exec(code)?.[1]?.replaceAll('_', ''));
    expect(properties(plain, id).Timeout * 1_000).toBeLessThan(lease);
  });

  it('have memory and, if set, reserved concurrency: one for the sweeper', () => {
    const of = (from: Compiled, name: string) => ids.map((id) => properties(from, id)[name]);
    expect(of(plain, 'MemorySize')).toEqual([512, 512]);
    expect(of(everything, 'MemorySize')).toEqual([1024, 512]);
    expect(of(plain, 'ReservedConcurrentExecutions')).toEqual([undefined, undefined]);
    expect(of(everything, 'ReservedConcurrentExecutions')).toEqual([20, 1]);
  });

  it('are swept every minute, and a failed sweep leaves a trace', () => {
    const deadLetters = { 'Fn::GetAtt': ['FailedSweeps', 'Arn'] };
    expect(properties(plain, 'PublishPendingEventsRuleSchedule1')).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [ids[1], 'Arn'] },
          DeadLetterConfig: { Arn: deadLetters },
        },
      ],
    });
    expect(properties(plain, 'PublishPendingLambdaEvConf')).toMatchObject({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: deadLetters } },
    });
    const [send] = properties(plain, 'FailedSweepsPolicy').PolicyDocument.Statement;
    expect(send).toMatchObject({
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Condition: {
        ArnEquals: {
          'aws:SourceArn': { 'Fn::GetAtt': ['PublishPendingEventsRuleSchedule1', 'Arn'] },
        },
      },
    });
  });
});

describe('the stack', () => {
  it('keeps every log for the configured time', () => {
    const retentions = (from: Compiled) =>
      Object.values(from.template.Resources)
        .filter(({ Type }) => Type === 'AWS::Logs::LogGroup')
        .map(({ Properties }) => Properties.RetentionInDays);
    expect(retentions(plain)).toEqual([30, 30, 30]);
    expect(retentions(everything)).toEqual([7, 7, 7]);
  });

  it('hard-codes no partition, region, account or endpoint', () => {
    for (const { template } of [plain, dev, china]) {
      const text = JSON.stringify(template);
      expect(text).not.toMatch(/arn:aws[\w-]*:/);
      expect(text).not.toMatch(/\b\d{12}\b(?!\d|-)/);
      expect(text).not.toMatch(/ap-southeast-2|cn-north-1/);
      // Services' names as principals are the same in every partition.
      const hosts = text.match(/[\w.${}:-]*\.amazonaws\.com/g) ?? [];
      expect(
        hosts.filter((host) => !/^(apigateway|cloudwatch|events|lambda)\.amazonaws/.test(host)),
      ).toEqual([]);
    }
  });

  it('is the same for every region', () => {
    const withoutTime = ({ template }: Compiled) =>
      JSON.stringify(template).replace(/\d{13}-[\d:TZ.-]+/g, 'TIME');
    expect(withoutTime(china)).toBe(withoutTime(plain));
  });

  it.skipIf(!hasCfnLint)('cfn-lint reports nothing', () => {
    expect([plain, everything, dev, china].map(({ lint }) => lint)).toEqual(['', '', '', '']);
  });
});
