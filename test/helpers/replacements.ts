import { isDeepStrictEqual } from 'node:util';
import type { CompiledResource, CompiledTemplate } from './compiled-template.ts';

/**
 * The properties of each type that replace the resource when they change: "Update requires: Replacement" in
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
 */
const REPLACED_BY: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::Api': ['ProtocolType'],
  'AWS::ApiGatewayV2::ApiMapping': ['DomainName'],
  'AWS::ApiGatewayV2::DomainName': ['DomainName'],
  'AWS::ApiGatewayV2::Integration': ['ApiId'],
  'AWS::ApiGatewayV2::Route': ['ApiId'],
  'AWS::ApiGatewayV2::Stage': ['ApiId', 'StageName'],
  'AWS::CloudWatch::Alarm': ['AlarmName'],
  'AWS::CloudWatch::Dashboard': ['DashboardName'],
  'AWS::DynamoDB::Table': [
    'ImportSourceSpecification',
    'KeySchema',
    'LocalSecondaryIndexes',
    'TableName',
  ],
  'AWS::Events::Rule': ['EventBusName', 'Name'],
  'AWS::IAM::Role': ['Path', 'RoleName'],
  'AWS::Lambda::EventInvokeConfig': ['FunctionName', 'Qualifier'],
  'AWS::Lambda::EventSourceMapping': [
    'EventSourceArn',
    'SelfManagedEventSource',
    'StartingPosition',
    'StartingPositionTimestamp',
  ],
  'AWS::Lambda::Function': ['FunctionName', 'PackageType', 'TenancyConfig'],
  'AWS::Lambda::Permission': [
    'Action',
    'EventSourceToken',
    'FunctionName',
    'FunctionUrlAuthType',
    'InvokedViaFunctionUrl',
    'Principal',
    'PrincipalOrgID',
    'SourceAccount',
    'SourceArn',
  ],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::Logs::MetricFilter': ['FilterName', 'LogGroupName'],
  'AWS::Route53::RecordSet': ['HostedZoneId', 'HostedZoneName', 'Name'],
  'AWS::S3::Bucket': ['BucketName', 'BucketNamePrefix', 'BucketNamespace'],
  'AWS::S3::BucketPolicy': ['Bucket'],
  'AWS::SNS::Subscription': ['Endpoint', 'Protocol', 'TopicArn'],
  'AWS::SNS::Topic': ['FifoTopic', 'TopicName'],
  'AWS::SNS::TopicPolicy': [],
  'AWS::SQS::Queue': ['FifoQueue', 'QueueName'],
  'AWS::SQS::QueuePolicy': [],
};

/**
 * Lists whose entries may be added or removed, but not changed. A changed attribute replaces the table, and
 * a changed index is refused:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
 */
const ENTRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'AWS::DynamoDB::Table': {
    AttributeDefinitions: 'AttributeName',
    GlobalSecondaryIndexes: 'IndexName',
  },
};

/**
 * The existing resources that an update from one template to the other removes or replaces, with the
 * property that causes it.
 *
 * @throws {Error} If a type is unknown here. Look up its properties.
 */
export function replacements(from: CompiledTemplate, to: CompiledTemplate): string[] {
  return Object.entries(from.Resources).flatMap(([id, resource]) => {
    const next = to.Resources[id];
    if (!next) return [`${id} is gone`];
    return replacedBy(resource, next).map((property) => `${id} is replaced: ${property}`);
  });
}

function replacedBy(from: CompiledResource, to: CompiledResource): string[] {
  const { Type } = from;
  const names = REPLACED_BY[Type];
  if (!names) throw new Error(`What replaces an ${Type}?`);
  if (to.Type !== Type) return ['Type'];
  const entries = Object.entries(ENTRIES[Type] ?? {});
  return [
    ...names.filter((name) => !isDeepStrictEqual(from.Properties[name], to.Properties[name])),
    ...entries
      .filter(([name, key]) => isEdited(from.Properties[name], to.Properties[name], key))
      .map(([name]) => name),
  ];
}

type Entries = readonly Readonly<Record<string, unknown>>[];

function isEdited(from: Entries, to: Entries, key: string): boolean {
  const before = new Map(from.map((entry) => [entry[key], entry]));
  return to.some((entry) => {
    const old = before.get(entry[key]);
    return old !== undefined && !isDeepStrictEqual(old, entry);
  });
}
