import fixture from '../fixtures/handler-permissions.json' with { type: 'json' };
import type { CompiledResource, CompiledTemplate } from './compiled-template.ts';
import type { Place } from './documented-policies.ts';
import type { IamRequest } from './evaluate-iam.ts';

/** A permission that a deployment needs, and the reason. */
export interface DeployerUse extends Omit<IamRequest, 'principal'> {
  readonly why: string;
}

const HANDLERS = ['create', 'read', 'update', 'delete', 'tagging'] as const;
type Permissions = Readonly<Partial<Record<(typeof HANDLERS)[number], readonly string[]>>>;
const TYPES = fixture.types as unknown as Readonly<Record<string, Permissions | undefined>>;

/** Permissions that a handler needs only for properties that our template must not have. */
interface Exception {
  readonly type: string;
  readonly permissions: RegExp;
  /** The properties, at any depth, for which the handler needs them. */
  readonly properties: readonly string[];
}

export const EXCEPTIONS: readonly Exception[] = [
  exception('AWS::ApiGatewayV2::Api', /^s3:getObject$/, 'BodyS3Location'),
  exception('AWS::ApiGatewayV2::Integration', /^iam:PassRole$/, 'CredentialsArn'),
  exception('AWS::DynamoDB::Table', /^(s3|logs):/, 'ImportSourceSpecification'),
  exception('AWS::DynamoDB::Table', /^kinesis:/, 'KinesisStreamSpecification'),
  // For the roles of these two features. A table itself has no role.
  exception(
    'AWS::DynamoDB::Table',
    /^iam:CreateServiceLinkedRole$/,
    'KinesisStreamSpecification',
    'ContributorInsightsSpecification',
  ),
  exception('AWS::Events::Rule', /^iam:PassRole$/, 'RoleArn'),
  exception('AWS::IAM::Role', /^iam:AttachRolePolicy$/, 'ManagedPolicyArns'),
  exception('AWS::IAM::Role', /^iam:UpdateRole$/, 'MaxSessionDuration', 'Description'),
  exception('AWS::IAM::Role', /^iam:UpdateRoleDescription$/, 'Description'),
  exception('AWS::IAM::Role', /PermissionsBoundary$/, 'PermissionsBoundary'),
  exception('AWS::Lambda::EventSourceMapping', /^kms:/, 'FilterCriteria', 'KmsKeyArn'),
  exception('AWS::Lambda::Function', /^ec2:/, 'VpcConfig'),
  exception('AWS::Lambda::Function', /^(elasticfilesystem|s3files):/, 'FileSystemConfigs'),
  exception('AWS::Lambda::Function', /^kms:/, 'KmsKeyArn'),
  exception('AWS::Lambda::Function', /^lambda:GetCodeSigningConfig$/, 'CodeSigningConfigArn'),
  exception('AWS::Lambda::Function', /^lambda:GetLayerVersion$/, 'Layers'),
  exception('AWS::Lambda::Function', /^lambda:PassCapacityProvider$/, 'CapacityProviderConfig'),
  exception('AWS::Logs::LogGroup', /^logs:(Dis)?[aA]ssociateKmsKey$/, 'KmsKeyId'),
  exception(
    'AWS::Logs::LogGroup',
    /^(logs:PutDataProtectionPolicy|s3:REST\.PUT\.OBJECT|firehose:TagDeliveryStream)$/,
    'DataProtectionPolicy',
  ),
  exception('AWS::Logs::LogGroup', /^logs:(Put|Delete)IndexPolicy$/, 'FieldIndexPolicies'),
  exception('AWS::Logs::LogGroup', /^logs:DeleteResourcePolicy$/, 'ResourcePolicyDocument'),
  exception('AWS::Logs::LogGroup', /DeletionProtection$/, 'DeletionProtectionEnabled'),
  exception('AWS::Logs::LogGroup', /BearerToken/, 'BearerTokenAuthenticationEnabled'),
  exception('AWS::S3::Bucket', /^s3tables:/, 'MetadataTableConfiguration', 'MetadataConfiguration'),
  exception('AWS::S3::Bucket', /^iam:PassRole$/, 'ReplicationConfiguration'),
  exception('AWS::SNS::Subscription', /^iam:/, 'SubscriptionRoleArn'),
  exception('AWS::SNS::Topic', /^iam:/, 'DeliveryStatusLogging'),
];

function exception(type: string, permissions: RegExp, ...properties: string[]): Exception {
  return { type, permissions, properties };
}

/**
 * For AWS's own key, the key's policy lets DynamoDB act for everybody in the account:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 * An alias is never looked up, because `kmsKeyArn` does not accept one.
 */
function needsNoKey(action: string, { Properties }: CompiledResource): boolean {
  if (!action.startsWith('kms:')) return false;
  return action === 'kms:ListAliases' || !Properties.SSESpecification?.KMSMasterKeyId;
}

/** The calls of CloudFormation's handlers for this template, on behalf of the deployer. */
export function handlerUses(
  template: CompiledTemplate,
  stack: string,
  place: Place,
): DeployerUse[] {
  const names = new Names(template, stack, place);
  return Object.entries(template.Resources).flatMap(([id, resource]) => {
    const { Type, Properties } = resource;
    const permissions = TYPES[Type];
    if (!permissions) throw new Error(`test/fixtures/handler-permissions.json lacks ${Type}`);
    const exceptions = EXCEPTIONS.filter(({ type }) => type === Type);
    for (const { properties } of exceptions) {
      const found = properties.find((name) => hasProperty(Properties, name));
      if (found) throw new Error(`${id} has ${found}: it is no exception any more`);
    }
    return HANDLERS.flatMap((handler) =>
      (permissions[handler] ?? [])
        .filter((action) => !exceptions.some((one) => one.permissions.test(action)))
        .filter((action) => !needsNoKey(action, resource))
        .flatMap((action) =>
          names.arns(action, id, resource).map((arn) => ({
            ...{ action, resource: arn, why: `${handler} ${Type} ${id}` },
            ...names.context(action, resource),
          })),
        ),
    );
  });
}

function hasProperty(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return name in value || Object.values(value).some((inner) => hasProperty(inner, name));
}

/**
 * Actions without a resource in IAM, which only a policy for `*` allows, and actions that list resources.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
 */
const OF_NO_RESOURCE = new Set([
  'cloudwatch:DescribeAlarms',
  'lambda:CreateEventSourceMapping',
  'logs:CreateLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:PutResourcePolicy',
  'sns:GetSubscriptionAttributes',
  'sns:SetSubscriptionAttributes',
  'sns:Unsubscribe',
]);

const PROPERTY_OF_NAME =
  /^(AlarmName|DashboardName|DomainName|FunctionName|LogGroupName|QueueName|TopicName)$/;

/** The ARNs of a template's resources. */
class Names {
  readonly #template: CompiledTemplate;
  readonly #stack: string;
  readonly #place: Place;

  constructor(template: CompiledTemplate, stack: string, place: Place) {
    this.#template = template;
    this.#stack = stack;
    this.#place = place;
  }

  /** @throws {Error} If it does not know the action's resources. */
  arns(action: string, id: string, resource: CompiledResource): string[] {
    if (OF_NO_RESOURCE.has(action)) return ['*'];
    const { Type, Properties } = resource;
    const [service = ''] = action.split(':');
    const name = this.#name(id);
    switch (service.toLowerCase()) {
      case 'apigateway':
        return this.#api(Type, name).map((path) => this.#arn(service, path, { account: '' }));
      case 'cloudwatch':
        return Type.endsWith('Alarm')
          ? [this.#arn(service, `alarm:${name}`)]
          : [this.#arn(service, `dashboard/${name}`, { region: '' })];
      case 'dynamodb':
        return [this.#arn(service, `table/${name}`)];
      case 'events':
        return [this.#arn(service, `rule/${name}`)];
      case 'iam': {
        const role =
          action === 'iam:PassRole' ? this.#name(Properties.Role['Fn::GetAtt'][0]) : name;
        return [this.#arn(service, `role/${role}`, { region: '' })];
      }
      case 'kms':
        return [Properties.SSESpecification.KMSMasterKeyId];
      case 'lambda':
        return Type.endsWith('EventSourceMapping')
          ? [this.#arn(service, 'event-source-mapping:91eaeb7e-c976-1234-9451-8709db01f137')]
          : [this.#arn(service, `function:${name}`)];
      case 'logs':
        return [this.#arn(service, `log-group:${name}`)];
      case 'route53':
        return action === 'route53:GetChange'
          ? [this.#arn(service, 'change/C2682N5HXP0BZ4', { region: '', account: '' })]
          : [
              this.#arn(service, `hostedzone/${Properties.HostedZoneId}`, {
                region: '',
                account: '',
              }),
            ];
      case 's3': {
        const bucket = this.#name('ServerlessDeploymentBucket').toLowerCase();
        const path = /Object/.test(action) && !/Lock/.test(action) ? `${bucket}/key` : bucket;
        return [this.#arn('s3', path, { region: '', account: '' })];
      }
      case 'sns':
        return [this.#arn(service, this.#name(Properties.TopicArn?.Ref ?? id))];
      case 'sqs':
        return [this.#arn(service, name)];
      default:
        throw new Error(`What is ${action} about, for ${Type}?`);
    }
  }

  /** Other keys of the request. */
  context(action: string, { Properties }: CompiledResource): Pick<DeployerUse, 'context'> {
    if (action !== 'lambda:CreateEventSourceMapping') return {};
    const name = this.#name(Properties.FunctionName.Ref);
    return { context: { 'lambda:FunctionArn': this.#arn('lambda', `function:${name}`) } };
  }

  /** The template's name, or one as CloudFormation generates it. */
  #name(id: string): string {
    const { Properties } = this.#template.Resources[id] ?? {};
    const property = Object.keys(Properties ?? {}).find((key) => PROPERTY_OF_NAME.test(key));
    const given = property && Properties?.[property];
    if (given === undefined) {
      const about = Properties?.Topics ?? Properties?.Queues;
      return about ? this.#name(about[0].Ref) : `${this.#stack}-${id}-1A2B3C4D5E6F`;
    }
    return this.#text(given);
  }

  #text(value: string | { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Sub'?: string }): string {
    if (typeof value === 'string') return value;
    const { Ref, 'Fn::GetAtt': [id] = [], 'Fn::Sub': text } = value;
    return text?.replace(/\$\{AWS::StackName\}/, this.#stack) ?? this.#name(Ref ?? id ?? '');
  }

  #api(type: string, name: string): string[] {
    const api = '/apis/a1b2c3d4e5';
    switch (type.split('::')[2]) {
      case 'Api':
        return ['/apis', api, `/tags/${encodeURIComponent(api)}`];
      case 'DomainName':
        return ['/domainnames', `/domainnames/${name}`, `/tags/${encodeURIComponent(name)}`];
      case 'ApiMapping':
        return [`/domainnames/${name}/apimappings`, `/domainnames/${name}/apimappings/abc123`];
      default:
        return [`${api}/stages`, `${api}/integrations/abc123`, `${api}/routes/abc123`];
    }
  }

  #arn(service: string, rest: string, changes: Partial<Place> = {}): string {
    const { partition, region, account } = { ...this.#place, ...changes };
    return `arn:${partition}:${service}:${region}:${account}:${rest}`;
  }
}
