import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { tokensParameter } from '../../infra/plugin/stored-tokens.js';
import { secretParameter } from '../../lib/forwarding/subscriber.ts';
import { createProgram } from '../../tools/cli/main.ts';
import { compileTemplate, EVERYTHING } from '../helpers/compiled-template.ts';
import { commandsIn, read } from '../helpers/documented-commands.ts';
import { type DocumentedStatement, type Place, policyOf } from '../helpers/documented-policies.ts';
import { evaluateIam } from '../helpers/evaluate-iam.ts';
import {
  DOCUMENT,
  documentedRoles,
  type RolePolicies,
  rolePolicies,
} from '../helpers/role-policies.ts';
import { fakeTerminal } from '../tools/cli/fake-terminal.ts';

const HOME: Place = { partition: 'aws', region: 'ap-southeast-2', account: '123456789012' };
const ROLES = documentedRoles();
const named = [...ROLES.keys()];

let policies: RolePolicies;
beforeAll(async () => {
  policies = await rolePolicies(HOME);
});

describe('the table of commands', () => {
  it('has exactly the commands of bin/inbound-sms', async () => {
    const { commands } = await createProgram(fakeTerminal().runtime);
    const runnable = commands.flatMap((command) => {
      const inner = command.commands.map((each) => `${command.name()} ${each.name()}`);
      // Without a subcommand, it only prints its help.
      return command.name() === 'secret' ? inner : [command.name(), ...inner];
    });
    const own = named.filter((name) => !name.startsWith('bin/serverless '));
    const withoutOptions = new Set(own.map((name) => name.replace(/ --.*$/, '')));
    expect([...withoutOptions].toSorted()).toEqual(runnable.toSorted());
  });

  it('has every documented command of bin/serverless', () => {
    const known: Map<string, unknown> = createRequire(import.meta.url)(
      'serverless/lib/cli/commands-schema/aws-service.js',
    );
    const files = ['README.md', ...globSync('docs/*.md')].filter((file) => file !== DOCUMENT);
    const used = commandsIn(files.map(read).join('\n'), 'serverless').flatMap((line) => {
      const words = line.split(' ');
      const names = [2, 1].map((length) => words.slice(0, length).join(' '));
      return names.find((name) => known.has(name)) ?? [];
    });
    const documented = named
      .filter((name) => name.startsWith('bin/serverless '))
      .map((name) => name.replace('bin/serverless ', ''));
    expect(used.length).toBeGreaterThan(5);
    expect(documented).toEqual(expect.arrayContaining(used));
    for (const name of documented) expect(known.has(name), name).toBe(true);
  });

  it('gives each command to a role, or to nobody', () => {
    expect(new Set(ROLES.values())).toEqual(new Set(['reader', 'operator', 'deployer', 'nobody']));
  });
});

const { region, account } = HOME;
const arn = (service: string, name: string) => `arn:aws:${service}:${region}:${account}:${name}`;
const allows = (statements: readonly DocumentedStatement[], action: string, resource: string) =>
  evaluateIam(
    { principal: `arn:aws:iam::${account}:user/somebody`, action, resource },
    { identity: [policyOf(statements)] },
  ) === 'allowed';

const PARAMETERS = {
  tokens: arn('ssm', `parameter${tokensParameter('inbound-sms', 'prod')}`),
  secret: arn('ssm', `parameter${secretParameter('inbound-sms', 'prod', 'CRM_SECRET')}`),
};
/** Actions that read a parameter's value. */
const READS = ['GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory'];

describe('a reader', () => {
  it('has only actions that read, each by its full name', () => {
    const actions = policies.reader.policy.flatMap(({ Action }) => Action);
    const others = actions.filter(
      (action) => !/^\w+:(BatchGet|Describe|Filter|Get|List|Query)\w*$/.test(action),
    );
    expect(others).toEqual([]);
  });

  it.each([
    ...Object.values(PARAMETERS).flatMap((name) =>
      READS.map((read) => [`ssm:${read}`, name] as const),
    ),
    // A function's settings have the tokens' hashes, and its code reads secrets.
    ...['GetFunction', 'GetFunctionConfiguration', 'UpdateFunctionCode'].map(
      (action) => [`lambda:${action}`, arn('lambda', 'function:inbound-sms-prod-x')] as const,
    ),
    ...['sns:Publish', 'sns:Subscribe', 'sns:Unsubscribe'].map(
      (action) => [action, arn('sns', 'inbound-sms-prod-MessagesTopic-1')] as const,
    ),
    ...['PutItem', 'UpdateItem', 'DeleteItem', 'Scan', 'PartiQLSelect'].map(
      (action) => [`dynamodb:${action}`, arn('dynamodb', 'table/inbound-sms-prod-x')] as const,
    ),
    ...['ReceiveMessage', 'DeleteMessage', 'SendMessage', 'PurgeQueue'].map(
      (action) => [`sqs:${action}`, arn('sqs', 'inbound-sms-prod-to-crm-dead')] as const,
    ),
    ['ssm:PutParameter', PARAMETERS.tokens],
    ['ssm:PutParameter', PARAMETERS.secret],
    ['kms:Decrypt', arn('kms', 'key/1')],
    ['cloudformation:GetTemplate', arn('cloudformation', 'stack/inbound-sms-prod/1')],
    ['s3:GetObject', 'arn:aws:s3:::inbound-sms-prod-serverlessdeploymentbucket-1/x.zip'],
  ] as const)('cannot %s %s', (action, resource) => {
    const { policy, more } = policies.reader;
    expect(allows([...policy, ...more], action, resource)).toBe(false);
  });
});

describe('an operator', () => {
  it.each(READS)('cannot read a subscriber’s secret by %s', (action) => {
    const { reader, operator } = policies;
    const all = [...reader.policy, ...operator.policy, ...operator.more];
    expect(allows(all, `ssm:${action}`, PARAMETERS.secret)).toBe(false);
  });

  it('subscribes only a queue of tail', () => {
    const { policy } = policies.operator;
    const subscribe = (endpoint: string) =>
      evaluateIam(
        {
          principal: `arn:aws:iam::${account}:user/somebody`,
          action: 'sns:Subscribe',
          resource: arn('sns', 'inbound-sms-prod-MessagesTopic-1'),
          context: { 'sns:Endpoint': endpoint },
        },
        { identity: [policyOf(policy)] },
      );
    expect(subscribe(arn('sqs', 'inbound-sms-prod-tail-0a1b'))).toBe('allowed');
    expect(subscribe(arn('sqs', 'somebody-elses'))).toBe('denied implicitly');
    expect(subscribe('https://elsewhere.example')).toBe('denied implicitly');
  });

  it('uses a customer’s key as the functions do', async () => {
    const { Resources } = await compileTemplate({ params: { kmsKeyArn: EVERYTHING.kmsKeyArn } });
    const { Policies } = Resources.ReceiveSmsRole?.Properties ?? {};
    const [ofFunctions] = Policies.flatMap(
      ({ PolicyDocument }: { PolicyDocument: { Statement: object[] } }) => PolicyDocument.Statement,
    ).filter(({ Sid }: { Sid?: string }) => Sid === 'UseKey');
    const text = JSON.stringify(ofFunctions).replaceAll(/\$\{AWS::Region\}/g, region);
    const plain = JSON.parse(text, (_, value) => value?.['Fn::Sub'] ?? value);
    expect(policies.operator.more).toEqual([plain]);
  }, 120_000);
});

describe('a managed policy of IAM', () => {
  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: without white space. */
  const LIMIT = 6_144;

  it.each<Place>([
    { partition: 'aws', region: 'ap-southeast-2', account: '123456789012' },
    { partition: 'aws-us-gov', region: 'us-gov-west-1', account: '123456789012' },
  ])('fits each policy in $partition, and the reader’s with the operator’s', async (place) => {
    const { reader, operator, deployer } = await rolePolicies(place);
    const parts = [
      deployer,
      { policy: [...reader.policy, ...operator.policy], more: operator.more },
    ];
    for (const { policy, more } of parts) {
      expect(JSON.stringify(policyOf([...policy, ...more])).length).toBeLessThanOrEqual(LIMIT);
    }
  });

  it('has each Sid once, also the reader’s with the operator’s', () => {
    const { reader, operator, deployer } = policies;
    const sidsOf = (...roles: { policy: DocumentedStatement[]; more: DocumentedStatement[] }[]) =>
      roles.flatMap(({ policy, more }) => [...policy, ...more]).map(({ Sid }) => Sid);
    for (const sids of [sidsOf(reader, operator), sidsOf(deployer)]) {
      expect(sids).toEqual([...new Set(sids)]);
      for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
    }
  });
});
