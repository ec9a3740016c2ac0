import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it, vi } from 'vitest';
import { type CompiledTemplate, compileTemplate } from '../helpers/compiled-template.ts';

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
const document = await read('docs/deploy.md');
const { PARAMETERS } = await vi.importActual<{
  PARAMETERS: Record<string, { readonly allowed: string; readonly fallback?: string }>;
}>('../../infra/plugin/parameters.js');

it('lists every parameter, with its default and what is allowed', async () => {
  const documented = [...document.matchAll(/^\| `(\w+)` +\| (\S+) +\| (.+?) +\| \S/gm)].map(
    ([, name, fallback, allowed]) => [name, fallback, allowed],
  );
  const expected = Object.entries(PARAMETERS).map(([name, { allowed, fallback }]) => [
    name,
    `\`${fallback ?? 'ALARM_EMAIL'}\``.replace('``', 'empty'),
    allowed,
  ]);
  expect(documented).toEqual(expected);
});

const [policy = ''] = document.split('\n## Permissions\n')[1]?.match(/(?<=```json\n)[^`]+/) ?? [];
const statements: { Action: string | string[]; Resource: string | string[] }[] =
  JSON.parse(policy).Statement;

let Resources: CompiledTemplate['Resources'];
beforeAll(async () => {
  ({ Resources } = await compileTemplate());
}, 120_000);

it('lets the one who deploys count what is in the access log', () => {
  const filters = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Logs::MetricFilter');
  expect(filters.map(({ Properties }) => Properties.LogGroupName)).toEqual([
    { Ref: 'HttpApiLogGroup' },
  ]);
  const name = Resources.HttpApiLogGroup?.Properties.LogGroupName;
  const allowed = statements
    .filter(({ Resource }) =>
      [Resource].flat().some((pattern) => {
        const [, prefix] = /:log-group:(.+)\*$/.exec(pattern) ?? [];
        return prefix !== undefined && name.startsWith(prefix);
      }),
    )
    .flatMap(({ Action }) => Action);
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
  expect(allowed).toEqual(
    expect.arrayContaining([
      'logs:PutMetricFilter',
      'logs:DeleteMetricFilter',
      'logs:DescribeMetricFilters',
    ]),
  );
});

it('lets the one who deploys do something with every kind of resource', () => {
  const actions = statements.flatMap(({ Action }) => Action);
  const services = new Set(actions.map((action) => action.split(':')[0]));
  const names: Record<string, string> = { apigatewayv2: 'apigateway' };
  for (const { Type } of Object.values(Resources)) {
    const service = Type.split('::')[1]?.toLowerCase() ?? '';
    expect(services).toContain(names[service] ?? service);
  }
});
