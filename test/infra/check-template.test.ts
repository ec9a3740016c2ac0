import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MAX_SUBSCRIBER_URL_LENGTH } from '../../infra/plugin/settings-schema.js';
import { ALL, type CompiledTemplate, compileTemplate } from '../helpers/compiled-template.ts';

interface CheckTemplate {
  readonly NAMES: Readonly<Record<string, { readonly max: number }>>;
  checkNames(
    template: CompiledTemplate,
    deployment: { readonly stackName: string; readonly stage: string },
  ): void;
  checkSize(template: { readonly Resources: object; readonly Outputs: object }): void;
  dropImpliedDependencies(template: { Resources: Resources }): void;
}
/** A property with a name. Without one, CloudFormation generates a name that fits. */
const NAMING = /^(Name|\w+Name)$/;

type Resources = Record<string, Record<string, unknown>>;
const { NAMES, checkNames, checkSize, dropImpliedDependencies } =
  await vi.importActual<CheckTemplate>('../../infra/plugin/check-template.js');

let template: CompiledTemplate;
beforeAll(async () => {
  template = await compileTemplate(ALL);
});

describe('the template’s names', () => {
  it('have exactly one limit each', () => {
    const named = Object.values(template.Resources).flatMap(({ Type, Properties }) =>
      Object.entries(Properties ?? {})
        .filter(([property, value]) => NAMING.test(property) && !isReference(value))
        .map(([property]) => `${Type} ${property}`),
    );
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(NAMES).toSorted());
  });

  it('are accepted', () => {
    expect(() =>
      checkNames(template, { stackName: 'inbound-sms-prod', stage: 'prod' }),
    ).not.toThrow();
  });

  it.each(Object.keys(NAMES))('%s is refused if it is too long', (key) => {
    const [Type = '', property = ''] = key.split(' ');
    const name = 'x'.repeat((NAMES[key]?.max ?? 0) + 1);
    const Resources = { It: { Type, Properties: { [property]: name } } };
    const check = (stage: string) => () =>
      checkNames({ Resources, Outputs: {} }, { stackName: 'inbound-sms-prod', stage });
    expect(check('prod')).toThrow(`the ${Type} ${name} would have ${name.length} characters`);
    expect(check('prod')).toThrow('A stage may have 3 characters');
    expect(check('p')).toThrow('The name of the service is too long for any stage: shorten it');
  });

  it('have only AWS’s characters', () => {
    const Properties = { FunctionName: 'receive sms' };
    const Resources = { It: { Type: 'AWS::Lambda::Function', Properties } };
    expect(() =>
      checkNames({ Resources, Outputs: {} }, { stackName: 'inbound-sms-prod', stage: 'prod' }),
    ).toThrow('AWS does not take receive sms as the name of AWS::Lambda::Function: change');
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
  ] as const)('accepts as many %s as CloudFormation: %i', (section, max) => {
    expect(() => checkSize(counted(section, max))).not.toThrow();
    expect(() => checkSize(counted(section, max + 1))).toThrow(
      `settings.yml has too many subscribers: the stack would have ${max + 1} ${section.toLowerCase()}, and CloudFormation takes ${max}. Each subscriber adds `,
    );
  });

  it('has outputs of 1,024 characters at most, with the longest URL and names', () => {
    const { Value } = template.Outputs.SubscriberMyCrm ?? expect.unreachable();
    const { 'Fn::Sub': text } = Value as { 'Fn::Sub': string };
    const queue = `https://sqs.cn-northwest-1.amazonaws.com.cn/123456789012/${'q'.repeat(80)}`;
    const topic = `arn:aws-us-gov:sns:ap-southeast-2:123456789012:${'t'.repeat(70)}`;
    const longest = text
      .replaceAll(/\$\{\w+(?:Queue|DeadLetters)\}/g, queue)
      .replace(/\$\{\w+Subscription\}/, `${topic}:${crypto.randomUUID()}`)
      .replace('my-crm', 'n'.repeat(30))
      .replace('CRM_SECRET', 'S'.repeat(64))
      .replace(/https:\/\/crm[^"]+/, 'u'.repeat(MAX_SUBSCRIBER_URL_LENGTH));
    expect(longest.length).toBeGreaterThan(MAX_SUBSCRIBER_URL_LENGTH + 500);
    expect(longest.length).toBeLessThanOrEqual(1_024);
  });

  it('grows with each subscriber as the error says', () => {
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

  it('accepts a stage of 37 characters, not of 38', async () => {
    const [longest, longer] = await Promise.all([
      packaged('s'.repeat(37)),
      packaged('s'.repeat(38)),
    ]);
    expect(longest).toBe('It was packaged');
    expect(longer).toContain(`The stage ${'s'.repeat(38)} is too long`);
    expect(longer).toContain('A stage may have 37 characters');
  }, 60_000);

  it('reports first the limit that more subscribers break, so that fewer fit the environment as well', async () => {
    const chats = Array.from({ length: 75 }, (_, n) => `    a${n}: { slack: A }\n`).join('');
    const settings = `prod:\n  subscribers:\n${chats}`;
    await expect(compileTemplate({ settings })).rejects.toThrow(
      /the stack would have 5\d\d resources, and CloudFormation takes 500/,
    );
  }, 60_000);

  it('accepts only letters, digits and hyphens in a stage', async () => {
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
])('a dependency that %s implies is dropped', (_, reference) => {
  const Properties = { Deep: [{ Value: reference }] };
  expect(dependenciesOf({ DependsOn: 'Role', Properties })).toBeUndefined();
  expect(dependenciesOf({ DependsOn: ['Role', 'Log'], Properties })).toEqual(['Log']);
});

it('a dependency that nothing implies stays', () => {
  const Properties = { Name: 'Role', Other: { 'Fn::Sub': 'Role ${Roles} ${AWS::Region}' } };
  expect(dependenciesOf({ DependsOn: ['Role'], Properties })).toEqual(['Role']);
  expect(dependenciesOf({ Properties })).toBeUndefined();
});
