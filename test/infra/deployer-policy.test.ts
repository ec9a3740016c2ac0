import { beforeAll, describe, expect, it, vi } from 'vitest';
import { tokensParameter } from '../../infra/plugin/stored-tokens.js';
import {
  ALL,
  type CompiledTemplate,
  compileTemplate,
  EVERYTHING,
} from '../helpers/compiled-template.ts';
import {
  type DocumentedStatement,
  type Place,
  policyOf,
  weakened,
} from '../helpers/documented-policies.ts';
import { evaluateIam } from '../helpers/evaluate-iam.ts';
import { type DeployerUse, EXCEPTIONS, handlerUses } from '../helpers/handler-uses.ts';
import { oslsUses } from '../helpers/osls-uses.ts';
import { rolePolicies } from '../helpers/role-policies.ts';
import { TEMPLATE_BEFORE } from '../helpers/version-before.ts';

const STACK = 'inbound-sms-prod';
const HOME: Place = { partition: 'aws', region: 'ap-southeast-2', account: '123456789012' };

/** Together, these deployments have every kind of resource and property that parameters can cause. */
const DEPLOYMENTS = {
  plain: {},
  everything: ALL,
  disposable: { params: { protectData: 'false', kmsKeyArn: EVERYTHING.kmsKeyArn } },
};
/** The deployment that a rollback brings back. */
const BEFORE = 'the version before';
const NAMES = [...Object.keys(DEPLOYMENTS), BEFORE];

/** Actions that need the second block of docs/permissions.md#deployer. */
const IS_OPTIONAL = /^(kms|route53):/;

const templates = new Map<string, CompiledTemplate>();
let statements: DocumentedStatement[];
let optional: DocumentedStatement[];

beforeAll(async () => {
  for (const [name, options] of Object.entries(DEPLOYMENTS)) {
    templates.set(name, await compileTemplate(options));
  }
  templates.set(BEFORE, TEMPLATE_BEFORE);
  [statements, optional] = await policyFor(HOME);
}, 120_000);

async function policyFor(place: Place): Promise<[DocumentedStatement[], DocumentedStatement[]]> {
  const { policy, more } = (await rolePolicies(place)).deployer;
  return [policy, more];
}

const templateOf = (name: string) => {
  const template = templates.get(name);
  if (!template) throw new Error(`There is no template ${name}`);
  return template;
};

/** Permissions that AWS documents but the handlers' schemas do not list. */
function documentedUses({ partition, region, account }: Place): DeployerUse[] {
  const logDelivery = [
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
    ...['CreateLogDelivery', 'PutResourcePolicy', 'UpdateLogDelivery', 'DeleteLogDelivery'],
    ...['DescribeResourcePolicies', 'GetLogDelivery', 'ListLogDeliveries', 'DescribeLogGroups'],
  ];
  return [
    {
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html
      action: 'iam:CreateServiceLinkedRole',
      resource: `arn:${partition}:iam::${account}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway`,
      context: { 'iam:AWSServiceName': 'ops.apigateway.amazonaws.com' },
      why: 'the first API or domain of an account',
    },
    ...logDelivery.map((name) => ({
      action: `logs:${name}`,
      resource: '*',
      why: 'the access log of an HTTP API',
    })),
    {
      // CloudFormation reads a function's zip file and the template with the deployer's credentials.
      action: 's3:GetObject',
      resource: `arn:${partition}:s3:::${STACK}-serverlessdeploymentbucket-1a2b3c/serverless/inbound-sms/x.zip`,
      why: 'the code',
    },
    {
      action: 'lambda:GetFunctionConfiguration',
      resource: `arn:${partition}:lambda:${region}:${account}:function:${STACK}-receiveSms`,
      why: 'a deploy compares the tokens with those in force',
    },
    {
      action: 'ssm:GetParameter',
      resource: `arn:${partition}:ssm:${region}:${account}:parameter${tokensParameter('inbound-sms', 'prod')}`,
      why: 'a deploy reads the tokens that a team shares',
    },
    {
      action: 'lambda:InvokeFunction',
      resource: `arn:${partition}:lambda:${region}:${account}:function:${STACK}-publishPending`,
      why: '`bin/serverless invoke`',
    },
  ];
}

const usesOf = (name: string, place = HOME) => [
  ...handlerUses(templateOf(name), STACK, place),
  ...oslsUses(STACK, place),
  ...documentedUses(place),
];

/** Each action on each resource, once. */
function allUses(place = HOME): DeployerUse[] {
  const uses = NAMES.flatMap((name) => usesOf(name, place));
  const distinct = new Map(uses.map((use) => [`${use.action} ${use.resource}`, use]));
  return [...distinct.values()];
}

function refused(
  uses: readonly DeployerUse[],
  policy: readonly DocumentedStatement[],
  account = HOME.account,
): string[] {
  const principal = `arn:aws:iam::${account}:user/deployer`;
  const identity = [policyOf(policy)];
  return uses
    .filter(({ why: _, ...use }) => evaluateIam({ principal, ...use }, { identity }) !== 'allowed')
    .map(textOf);
}

const textOf = ({ action, resource, why }: DeployerUse) => `${action} on ${resource}: ${why}`;

describe('the policy of a deployer', () => {
  it.each(NAMES)('is enough for CloudFormation and osls: %s', (name) => {
    expect(refused(usesOf(name), [...statements, ...optional])).toEqual([]);
  });

  it('is enough without the second block if there is neither a hosted zone nor a key', () => {
    expect(refused(usesOf('plain'), statements)).toEqual([]);
    const uses = usesOf('everything').filter(({ action }) => !IS_OPTIONAL.test(action));
    expect(refused(uses, statements)).toEqual([]);
  });

  it('has nothing superfluous', () => {
    const uses = allUses();
    const spare = [...weakened([...statements, ...optional])]
      .filter((weaker) => refused(uses, weaker.statements).length === 0)
      .map(({ without }) => without);
    expect(spare).toEqual([]);
  });

  it.each<Place>([
    { partition: 'aws-cn', region: 'cn-north-1', account: '210987654321' },
    { partition: 'aws-us-gov', region: 'us-gov-west-1', account: '210987654321' },
  ])('is enough in the partition $partition, and useless in any other', async (place) => {
    const [policy] = await policyFor(place);
    const uses = allUses(place).filter(({ action }) => !IS_OPTIONAL.test(action));
    expect(refused(uses, policy, place.account)).toEqual([]);
    const elsewhere = uses.filter(({ resource }) => resource !== '*');
    expect(refused(elsewhere, statements, place.account)).toEqual(elsewhere.map(textOf));
  });

  it('allows nothing outside of this service', () => {
    const others = [
      { action: 'dynamodb:DeleteTable', resource: 'table/orders' },
      { action: 'lambda:UpdateFunctionCode', resource: 'function:orders' },
      { action: 'sns:DeleteTopic', resource: 'orders' },
      { action: 'sqs:DeleteQueue', resource: 'orders' },
    ].map(({ action, resource }) => {
      const { region, account } = HOME;
      return {
        action,
        resource: `arn:aws:${action.split(':')[0]}:${region}:${account}:${resource}`,
        why: '',
      };
    });
    const role = 'arn:aws:iam::123456789012:role/';
    const roles = [
      { action: 'iam:CreateRole', resource: `${role}admin`, why: '' },
      { action: 'iam:AttachRolePolicy', resource: `${role}${STACK}-ReceiveSmsRole-1A2B`, why: '' },
      {
        action: 'iam:CreateServiceLinkedRole',
        resource: `${role}aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway`,
        context: { 'iam:AWSServiceName': 'ecs.amazonaws.com' },
        why: '',
      },
    ];
    const uses = [...others, ...roles];
    expect(refused(uses, statements)).toHaveLength(uses.length);
  });
});

/** The resources that depend on parameters, for every combination of switches. */
async function everyCombination(): Promise<CompiledTemplate['Resources'][]> {
  const switches: Record<string, unknown[]> = {
    alarmEmail: ['', 'ops@example.com'],
    topicType: ['standard', 'fifo'],
    subscriberAccounts: ['', '111111111111'],
    reservedConcurrency: [0, 20],
    kmsKeyArn: ['', EVERYTHING.kmsKeyArn],
    noTrafficAlarmHours: [0, 24],
    messagesAlarmPerHour: [0, 50],
    domainName: ['', EVERYTHING.domainName],
    hostedZoneId: ['', EVERYTHING.hostedZoneId],
    defaultEndpoint: [true, false],
    edgeDomainName: ['', EVERYTHING.edgeDomainName],
    protectData: [true, false],
  };
  const combinations = Object.entries(switches).reduce<Record<string, unknown>[]>(
    (some, [name, values]) =>
      some.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [
      {
        certificateArn: EVERYTHING.certificateArn,
        throttleRate: 1,
        throttleBurst: 1,
        allowedSmsNumbers: '',
      },
    ],
  );
  const files = await Promise.all(
    ['alarms', 'api', 'functions', 'table', 'topic'].map(async (name) => {
      const build = (await vi.importActual<Record<string, Builder>>(`../../infra/${name}.js`))[
        name
      ];
      return build ?? expect.unreachable(name);
    }),
  );
  return Promise.all(
    combinations.map(async (parameters) => {
      const resolveVariable = async (name: string) => {
        if (name === 'parameters:') return parameters;
        return name.endsWith(':subscribers') ? [] : '';
      };
      const parts = await Promise.all(files.map((build) => build({ resolveVariable })));
      return Object.assign({}, ...parts.map(({ Resources }) => Resources));
    }),
  );
}

/** The subscribers' resources. Only these parameters change them. */
async function everySubscriber(): Promise<CompiledTemplate['Resources'][]> {
  const { subscribers: build } = await vi.importActual<Record<string, Builder>>(
    '../../infra/subscribers.js',
  );
  const subscribers = [
    { name: 'team', kind: 'email', address: 'team@example.com' },
    { name: 'my-crm', kind: 'https', url: 'https://crm.example.com', secret: 'CRM_SECRET' },
    { name: 'jobs', kind: 'queue' },
  ];
  const combinations = ['standard', 'fifo'].flatMap((topicType) =>
    ['', EVERYTHING.kmsKeyArn].map((kmsKeyArn) => ({ topicType, kmsKeyArn })),
  );
  return Promise.all(
    combinations.map(async (parameters) => {
      const resolveVariable = async (name: string) =>
        name === 'parameters:' ? parameters : subscribers;
      return (await build?.({ resolveVariable }))?.Resources ?? {};
    }),
  );
}

type Builder = (tools: {
  resolveVariable(name: string): Promise<object | string>;
}) => Promise<Partial<Pick<CompiledTemplate, 'Resources'>>>;

it('no combination of parameters needs more than these deployments', async () => {
  const needs = (Resources: CompiledTemplate['Resources']) =>
    handlerUses({ Resources, Outputs: {} }, STACK, HOME).map(
      ({ action, why }) => `${action} ${why}`,
    );
  const known = new Set(
    Object.keys(DEPLOYMENTS).flatMap((name) => needs(templateOf(name).Resources)),
  );
  const combinations = await everyCombination();
  expect(combinations).toHaveLength(2 ** 12);
  const others = new Set<string>();
  for (const resources of [...combinations, ...(await everySubscriber())]) {
    for (const need of needs(resources)) if (!known.has(need)) others.add(need);
  }
  expect([...others]).toEqual([]);
});

it('every exception is a permission that a handler lists for a type of the template', async () => {
  const { default: fixture } = await import('../fixtures/handler-permissions.json', {
    with: { type: 'json' },
  });
  const types = fixture.types as unknown as Record<string, object>;
  const used = new Set(
    [...templates.values()].flatMap(({ Resources }) =>
      Object.values(Resources).map(({ Type }) => Type),
    ),
  );
  expect(Object.keys(types).toSorted()).toEqual([...used].toSorted());
  for (const { type, permissions } of EXCEPTIONS) {
    const listed = Object.values(types[type] ?? {}).flat();
    expect(
      listed.some((permission) => permissions.test(String(permission))),
      `${type} ${permissions}`,
    ).toBe(true);
  }
});
