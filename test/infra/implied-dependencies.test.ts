import { expect, it, vi } from 'vitest';

type Resources = Record<string, Record<string, unknown>>;
const { dropImpliedDependencies } = await vi.importActual<{
  dropImpliedDependencies(template: { Resources: Resources }): void;
}>('../../infra/plugin/template.js');

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
