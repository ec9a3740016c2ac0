import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PARAMETERS, readParameter, STAGE_DEFAULTS } from '../../infra/plugin/parameters.js';
import { settingsSchema } from '../../infra/plugin/settings-schema.js';
import { EVERYTHING } from '../helpers/compiled-template.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILE = join(ROOT, 'docs/settings.schema.json');

const schema = settingsSchema();
const stage = schema.properties.default.properties;

// Strict, because a misspelt keyword would check nothing.
const ajv = new Ajv({ strictTypes: false, strictRequired: false });
ajv.addVocabulary(['errorMessage']);
const validate = ajv.compile(schema);

describe('docs/settings.schema.json', () => {
  it('is the schema that packaging uses: CONTRIBUTING.md says how to write it', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(FILE);
  });

  it('has the draft that yaml-language-server reads', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
  });

  it('has each parameter, with its default and its allowed values', () => {
    for (const [name, { allowed, fallback }] of Object.entries(PARAMETERS)) {
      expect(stage[name], name).toMatchObject({ errorMessage: `must be ${allowed}` });
      expect(stage[name].default, name).toBe(fallback);
    }
    expect(Object.keys(stage)).toEqual([
      ...Object.keys(PARAMETERS),
      ...['country', 'timeZone', 'subscribers'],
    ]);
  });

  it('describes each parameter as docs/deploy.md does', () => {
    const document = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8');
    const rows = [...document.matchAll(/^\| `(\w+)` +\| \S+ +\| .+? +\| (\S.*?) +\|$/gm)];
    const documented = rows.map(([, name, text = '']) => [
      name,
      text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'),
    ]);
    expect(documented).toEqual(
      Object.keys(PARAMETERS).map((name) => [name, stage[name].description]),
    );
  });

  /** Values as they are written in the file, which YAML reads. */
  const VALUES: Record<string, { good: string[]; bad: string[] }> = {
    retentionDays: {
      good: ['30', '"30"', '${env:DAYS}'],
      bad: ['0', '36501', 'ninety', '', '1.5'],
    },
    quarantineDays: { good: ['7'], bad: ['0', '36501', 'month'] },
    allowedSourceCidrs: { good: ['', '[]', '10.0.0.0/8', '["::1"]'], bad: ['{a: b}', '[[a]]'] },
    allowedSmsNumbers: { good: ['[0412345678, +61491570156]', '0412345678'], bad: ['true'] },
    alarmEmail: { good: ['', '" a@example.com "', '${env:MAIL}'], bad: ['ops', 'a@b, c@d.e'] },
    topicType: { good: ['fifo', '"standard"'], bad: ['FIFO', ''] },
    messageFormat: { good: ['aws-two-way-sms'], bad: ['aws'] },
    subscriberAccounts: { good: ['[111122223333, "012345678901"]'], bad: ['{a: b}'] },
    throttleRate: { good: ['1'], bad: ['10001'] },
    throttleBurst: { good: ['1'], bad: ['-1'] },
    reservedConcurrency: { good: ['0'], bad: ['all'] },
    memorySize: { good: ['256'], bad: ['128'] },
    logRetentionDays: { good: ['30', '"30"', '3653'], bad: ['31', '"31"', ''] },
    kmsKeyArn: { good: ['""'], bad: ['arn:aws:kms:us-east-1:123456789012:alias/a'] },
    noTrafficAlarmHours: { good: ['167'], bad: ['168'] },
    messagesAlarmPerHour: { good: ['0'], bad: ['1000001'] },
    domainName: { good: ['a.example'], bad: ['example', 'A.example', 'a..b'] },
    certificateArn: { good: [''], bad: ['arn'] },
    hostedZoneId: { good: [''], bad: ['z1'] },
    defaultEndpoint: { good: ['true', '"false"', '${env:X}'], bad: ['yes', '1', ''] },
    edgeDomainName: { good: ['a.example'], bad: ['https://a.example'] },
    protectData: { good: ['false'], bad: ['no'] },
  };

  it.each(Object.entries(VALUES))(
    'accepts and refuses %s as packaging does',
    (name, { good, bad }) => {
      const values = [
        good,
        EVERYTHING[name as keyof typeof EVERYTHING],
        PARAMETERS[name]?.fallback,
      ];
      for (const value of values.flat().filter((each) => each !== undefined)) {
        expect(validate(parse(`prod:\n  ${name}: ${value === '' ? '""' : value}\n`)), value).toBe(
          true,
        );
        if (value.includes('${')) continue;
        expect(() => readParameter(name, parse(value) ?? ''), value).not.toThrow();
      }
      for (const value of bad) {
        expect(validate(parse(`prod:\n  ${name}: ${value}\n`)), value).toBe(false);
        expect(() => readParameter(name, parse(value) ?? ''), value).toThrow();
      }
    },
  );

  it('is tested with each parameter', () => {
    expect(Object.keys(VALUES)).toEqual(Object.keys(PARAMETERS));
  });

  it('accepts the defaults of some stages', () => {
    for (const values of Object.values(STAGE_DEFAULTS)) {
      expect(validate({ prod: values })).toBe(true);
    }
  });

  it.each(['', 'default:\n', 'prod:\nlocal:\n', 'prod:\n  subscribers:\n', 'service: shop'])(
    'takes a file that sets little: %j',
    (text) => expect(validate(parse(text))).toBe(true),
  );

  it.each([
    'sevice: shop',
    'prod: 1',
    'local: {retentionDays: 1}',
    'prod: {retentionDay: 1}',
    '[]',
  ])('refuses what is no setting: %j', (text) => expect(validate(parse(text))).toBe(false));
});

it('is not loaded by the command line, which reads settings.yml without ajv', async () => {
  const directory = await temporaryDir();
  await writeFile(join(directory, 'settings.yml'), 'prod:\n  subscribers:\n    a: {queue: true}\n');
  /** The packages that this function loads to read the file. */
  const packagesOf = async (module: string, read: string) => {
    const script = `
      import { createRequire } from 'node:module';
      import { ${read} } from './infra/plugin/${module}';
      ${read}(${JSON.stringify(directory)});
      console.log(Object.keys(createRequire(import.meta.url).cache).join());
    `;
    const args = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    return stdout;
  };
  expect(await packagesOf('settings.js', 'readSettingsFile')).not.toContain('/node_modules/ajv/');
  expect(await packagesOf('check-settings.js', 'readSettings')).toContain('/node_modules/ajv/');
});
