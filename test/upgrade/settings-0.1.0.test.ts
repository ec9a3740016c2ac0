import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { inServiceCopy } from '../../tools/local/package-service.ts';
import type { CompiledTemplate } from '../helpers/compiled-template.ts';
import { replacements } from '../helpers/replacements.ts';
import { DOTENV_0_1_0, SETTINGS_0_1_0, TEMPLATE_0_1_0 } from '../helpers/version-0.1.0.ts';

const SERVERLESS = join('node_modules', 'serverless', 'bin', 'serverless.js');

/** `serverless package` with nothing but these settings and this `.env`. */
function packageWith(settings: string, dotenv: string): Promise<CompiledTemplate> {
  return inServiceCopy(async (folder) => {
    await writeFile(join(folder, 'settings.yml'), settings);
    await copyFile(dotenv, join(folder, '.env'));
    const { PATH, HOME } = process.env;
    const args = ['package', '--stage', 'prod', '--region', 'ap-southeast-2', '--package', 'out'];
    await promisify(execFile)(process.execPath, [SERVERLESS, ...args], {
      cwd: folder,
      env: { PATH, HOME },
    });
    const file = join(folder, 'out', 'cloudformation-template-update-stack.json');
    return JSON.parse(await readFile(file, 'utf8'));
  });
}

describe('settings.yml and .env of 0.1.0', () => {
  let now: CompiledTemplate;
  beforeAll(async () => {
    now = await packageWith(SETTINGS_0_1_0, DOTENV_0_1_0);
  }, 200_000);

  const functionsOf = ({ Resources }: CompiledTemplate) =>
    Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');

  it('say nothing that would replace or remove a resource', () => {
    expect(replacements(TEMPLATE_0_1_0, now)).toEqual([]);
  });

  it('set the same variables of the functions', () => {
    const functions = functionsOf(TEMPLATE_0_1_0);
    expect(functions).toHaveLength(3);
    for (const [id, { Properties }] of functions) {
      expect(now.Resources[id]?.Properties, id).toMatchObject({
        Environment: Properties.Environment,
        MemorySize: Properties.MemorySize,
      });
    }
  });

  it.each([
    ['filters of subscribers', 'AWS::SNS::Subscription'],
    ['throttle and domain', 'AWS::ApiGatewayV2::Stage'],
    ['domain', 'AWS::ApiGatewayV2::DomainName'],
    ['keys and protection', 'AWS::DynamoDB::Table'],
    ['days of logs', 'AWS::Logs::LogGroup'],
  ])('set the same %s', (_, type) => {
    const before = Object.entries(TEMPLATE_0_1_0.Resources).filter(([, { Type }]) => Type === type);
    expect(before.length).toBeGreaterThan(0);
    for (const [id, { Properties }] of before) {
      expect(now.Resources[id]?.Properties, id).toMatchObject(Properties);
    }
  });

  it('keep the outputs, and the version is that of package.json', async () => {
    const { Version, ...outputs } = TEMPLATE_0_1_0.Outputs;
    expect(Version?.Value).toBe('0.1.0');
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(now.Outputs.Version?.Value).toBe(version);
    for (const [name, { Value }] of Object.entries(outputs)) {
      expect(now.Outputs[name]?.Value, name).toEqual(Value);
    }
  });
});
