import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CompiledResource,
  type CompiledTemplate,
  compileTemplate,
} from '../helpers/compiled-template.ts';
import { replacements } from '../helpers/replacements.ts';
import { REPLACED_ON_PURPOSE, TEMPLATE_BEFORE } from '../helpers/version-before.ts';

/** Losing these would lose messages, subscriptions, the webhook's URL, or the deployments for a rollback. */
const KEPT = [
  'MessagesTable',
  'MessagesTopic',
  'AlarmTopic',
  'HttpApi',
  'HttpApiStage',
  'FailedSweeps',
  'ServerlessDeploymentBucket',
  'ReceiveSmsLogGroup',
  'PublishPendingLogGroup',
  'HttpApiLogGroup',
];

let template: CompiledTemplate;
beforeAll(async () => {
  template = await compileTemplate();
});

describe('an upgrade', () => {
  it('replaces and removes no resource of the version before', () => {
    expect(replacements(TEMPLATE_BEFORE, template)).toEqual(REPLACED_ON_PURPOSE);
  });

  it('lists exceptions in the changelog', async () => {
    const [, changes = ''] = (await readFile('CHANGELOG.md', 'utf8')).split(
      '### Upgrade from 0.1.0',
    );
    expect(changes).not.toBe('');
    for (const fault of REPLACED_ON_PURPOSE) expect(changes).toContain(fault.split(' ')[0]);
  });

  it('keeps the resources with messages, subscriptions and the URL', () => {
    for (const id of KEPT) {
      expect(TEMPLATE_BEFORE.Resources).toHaveProperty(id);
      expect(template.Resources).toHaveProperty(id);
    }
  });

  it('keeps each output and what it names', () => {
    for (const [name, { Value }] of Object.entries(TEMPLATE_BEFORE.Outputs)) {
      expect(template.Outputs[name]?.Value, name).toEqual(Value);
    }
  });

  it('keeps each index, because both versions read them during the deploy', () => {
    const indexesOf = ({ Resources }: CompiledTemplate) =>
      Resources.MessagesTable?.Properties.GlobalSecondaryIndexes;
    expect(indexesOf(template)).toEqual(expect.arrayContaining(indexesOf(TEMPLATE_BEFORE)));
  });

  it('gives each code the other version’s permissions, because either may run with either role', () => {
    const policiesOf = ({ Resources }: CompiledTemplate, role: string) =>
      Resources[role]?.Properties.Policies.flatMap(
        ({ PolicyDocument }: { PolicyDocument: { Statement: unknown[] } }) =>
          PolicyDocument.Statement,
      );
    for (const role of ['ReceiveSmsRole', 'PublishPendingRole']) {
      const before = policiesOf(TEMPLATE_BEFORE, role);
      expect(before.length).toBeGreaterThan(0);
      expect(policiesOf(template, role)).toEqual(expect.arrayContaining(before));
    }
  });

  it('protects the table as before', () => {
    const { MessagesTable } = template.Resources;
    expect(MessagesTable).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { DeletionProtectionEnabled: true },
    });
  });
});

describe('a rollback', () => {
  it('replaces no resource of this version', () => {
    const added = Object.keys(template.Resources).filter(
      (id) => !(id in TEMPLATE_BEFORE.Resources),
    );
    const removed = added.map((id) => `${id} is gone`);
    expect(replacements(template, TEMPLATE_BEFORE).toSorted()).toEqual(
      [...removed, ...REPLACED_ON_PURPOSE].toSorted(),
    );
  });
});

// biome-ignore lint/suspicious/noExplicitAny: a resource is torn apart in every way.
type Change = (resources: Record<string, any>) => void;

describe('the check notices', () => {
  const changed = (change: Change) => {
    const Resources: Record<string, CompiledResource> = structuredClone(template.Resources);
    change(Resources);
    return { ...template, Resources };
  };

  it.each<[string, Change, string]>([
    [
      'the table gets a name',
      ({ MessagesTable }) => (MessagesTable.Properties.TableName = 'messages'),
      'MessagesTable is replaced: TableName',
    ],
    [
      'the table gets a sort key',
      ({ MessagesTable }) =>
        MessagesTable.Properties.KeySchema.push({
          AttributeName: 'received_at',
          KeyType: 'RANGE',
        }),
      'MessagesTable is replaced: KeySchema',
    ],
    [
      'a key of the table or of an index has another type',
      ({ MessagesTable }) => (MessagesTable.Properties.AttributeDefinitions[3].AttributeType = 'S'),
      'MessagesTable is replaced: AttributeDefinitions',
    ],
    [
      'an index projects something else, which CloudFormation refuses',
      ({ MessagesTable }) =>
        MessagesTable.Properties.GlobalSecondaryIndexes[1].Projection.NonKeyAttributes.push('body'),
      'MessagesTable is replaced: GlobalSecondaryIndexes',
    ],
    [
      'the topic is another one',
      ({ MessagesTopic }) => (MessagesTopic.Properties.FifoTopic = true),
      'MessagesTopic is replaced: FifoTopic',
    ],
    [
      'the topic has another logical id',
      (resources) => {
        resources.Topic = resources.MessagesTopic;
        delete resources.MessagesTopic;
      },
      'MessagesTopic is gone',
    ],
    [
      'the API has another protocol',
      ({ HttpApi }) => (HttpApi.Properties.ProtocolType = 'WEBSOCKET'),
      'HttpApi is replaced: ProtocolType',
    ],
    [
      'a function has another name',
      ({ ReceiveSmsLambdaFunction }) =>
        (ReceiveSmsLambdaFunction.Properties.FunctionName = 'receive-sms'),
      'ReceiveSmsLambdaFunction is replaced: FunctionName',
    ],
    [
      'a resource has another type',
      ({ FailedSweeps }) => (FailedSweeps.Type = 'AWS::SNS::Topic'),
      'FailedSweeps is replaced: Type',
    ],
  ])('that %s', (_, change, fault) => {
    expect(replacements(TEMPLATE_BEFORE, changed(change))).toContain(fault);
  });

  it('that a type is unknown', () => {
    const unknown = changed(({ FailedSweeps }) => (FailedSweeps.Type = 'AWS::New::Thing'));
    expect(() => replacements(unknown, unknown)).toThrow('AWS::New::Thing');
  });

  it('no fault if an index or an attribute is added', () => {
    const added = changed(({ MessagesTable: { Properties } }) => {
      const [index] = Properties.GlobalSecondaryIndexes;
      Properties.GlobalSecondaryIndexes.push({ ...index, IndexName: 'another' });
      Properties.AttributeDefinitions.push({ AttributeName: 'another', AttributeType: 'S' });
    });
    expect(replacements(TEMPLATE_BEFORE, added)).toEqual(REPLACED_ON_PURPOSE);
  });
});
