import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type CompiledTemplate,
  compileTemplate,
  EDGE_SECRET,
  EVERYTHING,
} from '../helpers/compiled-template.ts';

interface Names {
  readonly NAMES: Readonly<Record<string, { readonly max: number }>>;
  readonly NAMING: RegExp;
  checkNames(
    template: CompiledTemplate,
    deployment: { readonly stackName: string; readonly stage: string },
  ): void;
}
const { NAMES, NAMING, checkNames } = await vi.importActual<Names>('../../infra/plugin/names.js');

let template: CompiledTemplate;
beforeAll(async () => {
  template = await compileTemplate({ params: EVERYTHING, edgeSecrets: EDGE_SECRET });
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

  it('takes no stage with other characters than letters, digits and hyphens', async () => {
    expect(await packaged('prod_1')).toContain('only ASCII letters, numbers, and hyphens');
  });
});

function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !('Fn::Sub' in value);
}
