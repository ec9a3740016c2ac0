import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MAX_URL_LENGTH } from '../../infra/plugin/settings-schema.js';
import {
  type CompiledTemplate,
  compileTemplate,
  EDGE_SECRET,
  EVERYTHING,
  SUBSCRIBERS,
} from '../helpers/compiled-template.ts';
import { packageDir } from '../helpers/local-stack.ts';

const run = promisify(execFile);

interface Parameters {
  readParameter(name: string, value: unknown): unknown;
}
interface CheckTemplate {
  readonly READERS: Readonly<Record<string, string>>;
  readonly NAMES: Readonly<Record<string, { readonly max: number }>>;
  checkEnvironments(template: CompiledTemplate, stackName: string): void;
  checkNames(
    template: CompiledTemplate,
    deployment: { readonly stackName: string; readonly stage: string },
  ): void;
  checkSize(template: { readonly Resources: object; readonly Outputs: object }): void;
  dropImpliedDependencies(template: { Resources: Resources }): void;
}
/** A property that is a name. A resource without one gets a name of CloudFormation's, which fits. */
const NAMING = /^(Name|\w+Name)$/;

type Resources = Record<string, Record<string, unknown>>;
const { readParameter } = await vi.importActual<Parameters>('../../infra/plugin/parameters.js');
const { READERS, NAMES, checkEnvironments, checkNames, checkSize, dropImpliedDependencies } =
  await vi.importActual<CheckTemplate>('../../infra/plugin/check-template.js');

let template: CompiledTemplate;
beforeAll(async () => {
  template = await compileTemplate({
    params: EVERYTHING,
    edgeSecrets: EDGE_SECRET,
    settings: SUBSCRIBERS,
  });
});

/** The template with other variables of the webhook. */
function withVariables(variables: Readonly<Record<string, string>>): CompiledTemplate {
  const copy = structuredClone(template);
  Object.assign(
    copy.Resources.ReceiveSmsLambdaFunction?.Properties.Environment.Variables,
    variables,
  );
  return copy;
}

const messageOf = (variables: Readonly<Record<string, string>>) => {
  try {
    checkEnvironments(withVariables(variables), 'inbound-sms-prod');
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

describe('packaging reads the environment of a function as the function does', () => {
  it('and takes that of a deployment with every parameter', () => {
    expect(messageOf({})).toBe('accepted');
  });

  it.each([
    ['ALLOWED_SOURCE_CIDRS', '203.0.113.0/08', 'The parameter allowedSourceCidrs must be IPv4 or'],
    ['ALLOWED_SOURCE_CIDRS', 'fe80::1%eth0', 'The parameter allowedSourceCidrs must be IPv4 or'],
    ['ALLOWED_SMS_NUMBERS', 'sales', 'The parameter allowedSmsNumbers must be phone numbers'],
    ['RETENTION_DAYS', '0', 'The parameter retentionDays must be a whole number'],
    ['MESSAGE_FORMAT', 'xml', 'The parameter messageFormat must be inbound-sms or'],
    ['WEBHOOK_TOKEN_HASHES', 'secret', 'WEBHOOK_TOKENS must be SHA-256 hashes'],
    ['EDGE_SECRET_HASHES', 'secret', 'EDGE_SECRETS must be SHA-256 hashes'],
    ['STAGE', '', 'The stage is not set'],
  ])('%s may not be %j', (name, value, message) => {
    expect(messageOf({ [name]: value })).toContain(message);
  });

  it('of every function, by the reader that its file calls', async () => {
    const functions = Object.entries(template.Resources).filter(
      ([, { Type }]) => Type === 'AWS::Lambda::Function',
    );
    expect(Object.keys(READERS).toSorted()).toEqual(functions.map(([id]) => id).toSorted());
    for (const [id, { Properties }] of functions) {
      const file = Properties.Handler.replace(/\.handler$/, '.ts');
      const source = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
      expect(source).toContain(`const config = ${READERS[id]}();`);
    }
  });

  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  it('and refuses more variables than Lambda takes, naming the longest', () => {
    const numbers = (count: number) =>
      Array.from({ length: count }, (_, index) => `6140000${1000 + index}`).join(',');
    expect(messageOf({ ALLOWED_SMS_NUMBERS: numbers(250) })).toBe('accepted');
    expect(messageOf({ ALLOWED_SMS_NUMBERS: numbers(330) })).toMatch(
      /^The parameter allowedSmsNumbers must be shorter: .* inbound-sms-prod-receiveSms have 4\d{3} bytes, and Lambda takes 4096 at most$/,
    );
  });
});

describe('subscribers in the environment of the forwarder', () => {
  const messageWith = (variables: Readonly<Record<string, unknown>>) => {
    const copy = structuredClone(template);
    const { Properties } = copy.Resources.ForwardMessageLambdaFunction ?? expect.unreachable();
    Object.assign(Properties.Environment.Variables, variables);
    try {
      checkEnvironments(copy, 'inbound-sms-prod');
    } catch (error) {
      return (error as Error).message;
    }
    return 'accepted';
  };
  const emails = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      ...{ name: `mail-${n}`, kind: 'email', topicArn: `\${SubscriberMail${n}Topic}` },
    }));

  it('are read as the function does, each topic as the longest ARN that it may have', () => {
    expect(messageWith({})).toBe('accepted');
    expect(messageWith({ SUBSCRIBERS: '[{"name":"a","kind":"fax"}]' })).toMatch(
      /^subscribers in settings.yml /,
    );
    expect(messageWith({ TIME_ZONE: 'Mars/Base' })).toMatch(/^timeZone in settings.yml /);
  });

  it('that do not fit are refused, with how many would', () => {
    const of = (count: number) =>
      messageWith({ SUBSCRIBERS: { 'Fn::Sub': JSON.stringify(emails(count)) } });
    const [, fits = '', all] =
      /^subscribers in settings.yml must be shorter: .* The first (\d+) of the (\d+) /.exec(
        of(60),
      ) ?? [];
    expect(all).toBe('60');
    expect(of(Number(fits))).toBe('accepted');
    expect(of(Number(fits) + 1)).toContain(`The first ${fits} of the ${Number(fits) + 1} `);
  });
});

describe('whatever packaging takes, the function takes', () => {
  const digits = fc.integer({ min: 0, max: 300 }).map(String);
  const octets = fc.array(digits, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    octets,
    fc.constantFrom('::', '::ffff:192.0.2.1', 'fe80::1%eth0', '::1%1', '010.0.0.1', '0x7f.0.0.1'),
  );
  const prefix = fc.oneof(
    fc.constant(''),
    fc.integer({ min: 0, max: 140 }).map((bits) => `/${bits}`),
    fc.constantFrom('/08', '/', '/00', '/-1', '/8/8', '/ 8', '/255.0.0.0', '/1e1'),
  );
  const cidr = fc.tuple(address, prefix).map((parts) => parts.join(''));
  const number = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'0123456789+ ()-./ext\t'), maxLength: 18 }),
    fc.integer({ min: 0, max: 1e15 }).map(String),
  );
  const list = (entry: fc.Arbitrary<string>) =>
    fc.oneof(fc.array(entry, { maxLength: 3 }), entry, fc.tuple(entry, entry).map(String));
  const whole = fc.oneof(
    fc.integer({ min: -1, max: 100_001 }),
    fc.constantFrom('007', '1.0', '1e3', ' 9', '36500', '00000001'),
  );
  const parameters = fc.record({
    allowedSourceCidrs: list(cidr),
    allowedSmsNumbers: list(number),
    retentionDays: whole,
    messageFormat: fc.constantFrom('inbound-sms', 'aws-two-way-sms', 'INBOUND-SMS', 'inbound-sms '),
    edgeDomainName: fc.constantFrom('', 'edge.example.com', 'Edge.example.com', '-'),
  });

  /** Starts the shipped bundle once with each environment, and says which it refuses. */
  const STARTER = `
    const [bundle, file] = process.argv.slice(2);
    const { readFileSync } = await import('node:fs');
    const refused = [];
    for (const [index, environment] of JSON.parse(readFileSync(file, 'utf8')).entries()) {
      Object.assign(process.env, environment);
      await import(bundle + '?' + index).catch((error) => refused.push({ environment, error: error.message }));
    }
    console.log(JSON.stringify(refused));
  `;

  async function refusedByFunction(environments: readonly Record<string, string>[]) {
    const folder = await mkdtemp(join(tmpdir(), 'inbound-sms-environment-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [code] = Object.values(unzipSync(await readFile(join(packageDir(), 'receiveSms.zip'))));
    const path = (name: string) => join(folder, name);
    await writeFile(path('bundle.mjs'), code ?? '');
    await writeFile(path('environments.json'), JSON.stringify(environments));
    await writeFile(path('start.mjs'), STARTER);
    const { stdout } = await run(process.execPath, [
      path('start.mjs'),
      pathToFileURL(path('bundle.mjs')).href,
      path('environments.json'),
    ]);
    return JSON.parse(stdout) as { environment: Record<string, string>; error: string }[];
  }

  const environmentOf = (values: Readonly<Record<string, unknown>>) => {
    const read = (name: string) => String(readParameter(name, values[name]));
    return {
      SERVICE: 'inbound-sms',
      STAGE: 'prod',
      MESSAGES_TABLE_NAME: 'table',
      MESSAGES_TOPIC_ARN: 'arn:aws:sns:ap-southeast-2:123456789012:topic',
      WEBHOOK_TOKEN_HASHES: 'a'.repeat(64),
      EDGE_SECRET_HASHES: '',
      RETENTION_DAYS: read('retentionDays'),
      MESSAGE_FORMAT: read('messageFormat'),
      EDGE_DOMAIN_NAME: read('edgeDomainName'),
      ALLOWED_SOURCE_CIDRS: read('allowedSourceCidrs'),
      ALLOWED_SMS_NUMBERS: read('allowedSmsNumbers'),
    };
  };

  const base = {
    ...{ allowedSourceCidrs: '', allowedSmsNumbers: '', retentionDays: 90 },
    ...{ messageFormat: 'inbound-sms', edgeDomainName: '' },
  };

  it('at start, for any list, number and format', async () => {
    // One value at a time, or hardly any combination would be taken.
    const taken = fc.sample(parameters, 500).flatMap((values) =>
      Object.entries(values).flatMap(([name, value]) => {
        try {
          return [environmentOf({ ...base, [name]: value })];
        } catch {
          return [];
        }
      }),
    );
    const different = [...new Map(taken.map((each) => [JSON.stringify(each), each])).values()];
    expect(different.length).toBeGreaterThan(100);
    expect(await refusedByFunction(different.slice(0, 100))).toEqual([]);
  }, 120_000);

  it('and the bundle refuses what it should: the check above can fail', async () => {
    const bad = { ...environmentOf(base), RETENTION_DAYS: '0' };
    expect(await refusedByFunction([environmentOf(base), bad])).toMatchObject([
      { environment: bad },
    ]);
  });
});

describe('the names that the template gives', () => {
  it('have a limit each, and there is no limit of a name that it does not give', () => {
    const named = Object.values(template.Resources).flatMap(({ Type, Properties }) =>
      Object.entries(Properties ?? {})
        .filter(([property, value]) => NAMING.test(property) && !isReference(value))
        .map(([property]) => `${Type} ${property}`),
    );
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(NAMES).toSorted());
  });

  it('are taken as they are', () => {
    expect(() =>
      checkNames(template, { stackName: 'inbound-sms-prod', stage: 'prod' }),
    ).not.toThrow();
  });

  it.each(Object.keys(NAMES))('%s is refused when it is too long', (key) => {
    const [Type = '', property = ''] = key.split(' ');
    const name = 'x'.repeat((NAMES[key]?.max ?? 0) + 1);
    const Resources = { It: { Type, Properties: { [property]: name } } };
    const check = (stage: string) => () =>
      checkNames({ Resources, Outputs: {} }, { stackName: 'inbound-sms-prod', stage });
    expect(check('prod')).toThrow(`the ${Type} ${name} would have ${name.length} characters`);
    expect(check('prod')).toThrow('A stage may have 3 characters');
    expect(check('p')).toThrow("The service's name is too long for any stage");
  });

  it('hold what AWS takes', () => {
    const Properties = { FunctionName: 'receive sms' };
    const Resources = { It: { Type: 'AWS::Lambda::Function', Properties } };
    expect(() =>
      checkNames({ Resources, Outputs: {} }, { stackName: 'inbound-sms-prod', stage: 'prod' }),
    ).toThrow('AWS takes no AWS::Lambda::Function of the name receive sms');
  });
});

describe('the size of the template', () => {
  const counted = (section: 'Resources' | 'Outputs', count: number) => ({
    ...{ Resources: {}, Outputs: {} },
    [section]: Object.fromEntries(Array.from({ length: count }, (_, index) => [`Id${index}`, {}])),
  });

  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  it.each([
    ['Resources', 500],
    ['Outputs', 200],
  ] as const)('has as many %s as CloudFormation takes: %i', (section, max) => {
    expect(() => checkSize(counted(section, max))).not.toThrow();
    expect(() => checkSize(counted(section, max + 1))).toThrow(
      `settings.yml has too many subscribers: the stack would have ${max + 1} ${section.toLowerCase()}, and CloudFormation takes ${max}. Each subscriber adds `,
    );
  });

  it('has an output of 1,024 characters at most for the longest URL, between the longest names', () => {
    const { Value } = template.Outputs.SubscriberMyCrm ?? expect.unreachable();
    const { 'Fn::Sub': text } = Value as { 'Fn::Sub': string };
    const queue = `https://sqs.cn-northwest-1.amazonaws.com.cn/123456789012/${'q'.repeat(80)}`;
    const topic = `arn:aws-us-gov:sns:ap-southeast-2:123456789012:${'t'.repeat(70)}`;
    const longest = text
      .replaceAll(/\$\{\w+(?:Queue|DeadLetters)\}/g, queue)
      .replace(/\$\{\w+Subscription\}/, `${topic}:${crypto.randomUUID()}`)
      .replace('my-crm', 'n'.repeat(30))
      .replace('CRM_SECRET', 'S'.repeat(64))
      .replace(/https:\/\/crm[^"]+/, 'u'.repeat(MAX_URL_LENGTH));
    expect(longest.length).toBeGreaterThan(MAX_URL_LENGTH + 500);
    expect(longest.length).toBeLessThanOrEqual(1_024);
  });

  it('grows by what the error says', () => {
    const added = (section: 'Resources' | 'Outputs', id: string) =>
      Object.keys(template[section]).filter((each) => each.startsWith(`Subscriber${id}`)).length;
    const sentence = (section: 'Resources' | 'Outputs') => {
      try {
        checkSize(counted(section, 501));
      } catch (error) {
        return (error as Error).message;
      }
      return expect.unreachable();
    };
    expect(sentence('Resources')).toContain(`Each subscriber adds ${added('Resources', 'Chat')}, `);
    expect(sentence('Outputs')).toContain(`Each subscriber adds ${added('Outputs', 'Chat')}, `);
    expect(sentence('Resources')).toContain(`kind email ${added('Resources', 'Team')}, `);
    expect(sentence('Resources')).toContain(`kind queue ${added('Resources', 'Jobs')}.`);
    expect(sentence('Outputs')).toContain(`kind queue ${added('Outputs', 'Jobs')}.`);
  });
});

describe('packaging', () => {
  const packaged = (stage: string) =>
    compileTemplate({ stage }).then(
      () => 'It was packaged',
      (error: Error) => error.message,
    );

  it('takes a stage of 37 characters, and no longer one', async () => {
    const [longest, longer] = await Promise.all([
      packaged('s'.repeat(37)),
      packaged('s'.repeat(38)),
    ]);
    expect(longest).toBe('It was packaged');
    expect(longer).toContain(`The stage ${'s'.repeat(38)} is too long`);
    expect(longer).toContain('A stage may have 37 characters');
  }, 60_000);

  it('says first what more subscribers break, so that fewer fit the environment as well', async () => {
    const chats = Array.from({ length: 75 }, (_, n) => `    a${n}: { slack: A }\n`).join('');
    const settings = `prod:\n  subscribers:\n${chats}`;
    await expect(compileTemplate({ settings })).rejects.toThrow(
      /the stack would have 5\d\d resources, and CloudFormation takes 500/,
    );
  }, 60_000);

  it('takes no stage with other characters than letters, digits and hyphens', async () => {
    expect(await packaged('prod_1')).toContain('only ASCII letters, numbers, and hyphens');
  });
});

function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !('Fn::Sub' in value);
}

const dependenciesOf = (resource: Record<string, unknown>) => {
  dropImpliedDependencies({ Resources: { It: resource } });
  return resource.DependsOn;
};

it.each([
  ['Ref', { Ref: 'Role' }],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Role', 'Arn'] }],
  ['Fn::GetAtt in one text', { 'Fn::GetAtt': 'Role.Arn' }],
  ['Fn::Sub', { 'Fn::Sub': 'x ${Role.Arn}' }],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${Role}', {}] }],
])('what %s implies goes', (_, reference) => {
  const Properties = { Deep: [{ Value: reference }] };
  expect(dependenciesOf({ DependsOn: 'Role', Properties })).toBeUndefined();
  expect(dependenciesOf({ DependsOn: ['Role', 'Log'], Properties })).toEqual(['Log']);
});

it('what nothing implies stays', () => {
  const Properties = { Name: 'Role', Other: { 'Fn::Sub': 'Role ${Roles} ${AWS::Region}' } };
  expect(dependenciesOf({ DependsOn: ['Role'], Properties })).toEqual(['Role']);
  expect(dependenciesOf({ Properties })).toBeUndefined();
});
