import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type CompiledTemplate, compileTemplate } from '../helpers/compiled-template.ts';
import { rolePolicies } from '../helpers/role-policies.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
const document = await read('docs/deploy.md');
const { PARAMETERS } = await vi.importActual<{
  PARAMETERS: Record<string, { readonly allowed: string; readonly fallback?: string }>;
}>('../../infra/plugin/parameters.js');

it('lists every parameter, with its default and its allowed values', async () => {
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

const place = { partition: 'aws', region: 'ap-southeast-2', account: '123456789012' };
const { policy: statements } = (await rolePolicies(place)).deployer;

let Resources: CompiledTemplate['Resources'];
beforeAll(async () => {
  ({ Resources } = await compileTemplate());
}, 120_000);

it('lets the deployer count what is in the access log', () => {
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

it('lets the deployer manage every kind of resource', () => {
  const actions = statements.flatMap(({ Action }) => Action);
  const services = new Set(actions.map((action) => action.split(':')[0]));
  const names: Record<string, string> = { apigatewayv2: 'apigateway' };
  for (const { Type } of Object.values(Resources)) {
    const service = Type.split('::')[1]?.toLowerCase() ?? '';
    expect(services).toContain(names[service] ?? service);
  }
});

describe('git ignores the user’s own files', () => {
  const run = promisify(execFile);
  const ignored = async (name: string) => {
    const { stdout } = await run('git', ['check-ignore', '--no-index', name], { cwd: ROOT }).catch(
      () => ({ stdout: '' }),
    );
    return stdout.trim() === name;
  };

  it.each(['.env', '.env.prod', 'settings.yml', '.serverless/x'])('%s', async (name) => {
    expect(await ignored(name)).toBe(true);
  });

  it('including every folder that a document names for a package', async () => {
    const folders = [...document.matchAll(/--package (\w+)/g)].map(([, folder]) => `${folder}/x`);
    expect(folders).toContain('build/x');
    for (const folder of folders) expect(await ignored(folder), folder).toBe(true);
  });
});

it('only one step makes a token, and no document appends to .env', async () => {
  const documents = ['README.md', 'docs/deploy.md', 'docs/operations.md', 'docs/cli.md'];
  const texts = await Promise.all(documents.map(read));
  expect(texts.join('\n')).not.toMatch(/>>? *\.env/);
  const steps = texts.join('\n').match(/^bin\/inbound-sms token --save$/gm);
  expect(steps).toHaveLength(1);
});
