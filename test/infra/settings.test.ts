import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { countryOf, parametersOf, timeZoneOf } from '../../infra/plugin/settings.js';
import { inServiceCopy, serverless } from '../../tools/local/package-service.ts';
import { EVERYTHING, TOKEN } from '../helpers/compiled-template.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

async function readText(text?: string) {
  const directory = await temporaryDir();
  if (text !== undefined) await writeFile(join(directory, 'settings.yml'), text);
  return readSettings(directory);
}

async function parameters(text: string | undefined, stage = 'prod', environment = {}) {
  return parametersOf(await readText(text), stage, environment);
}

describe('a parameter', () => {
  it('has its default without a file, or in an empty one', async () => {
    for (const text of [undefined, '', '# mine\n', 'default:\nprod:\n']) {
      expect(await parameters(text)).toMatchObject({ retentionDays: '90', protectData: 'true' });
    }
  });

  it('is set for all stages, or for one, which takes precedence', async () => {
    const text = 'default:\n  retentionDays: 30\nprod:\n  retentionDays: 365\n';
    expect(await parameters(text, 'prod')).toMatchObject({ retentionDays: '365' });
    expect(await parameters(text, 'dev')).toMatchObject({ retentionDays: '30' });
  });

  it('has other defaults on some stages, which the file overrides', async () => {
    expect(await parameters(undefined, 'dev')).toMatchObject({ protectData: 'false' });
    expect(await parameters('default: {protectData: true}', 'dev')).toMatchObject({
      protectData: 'true',
    });
  });

  it('may be a list, and keeps its zeros', async () => {
    const list = await parameters(
      'prod:\n  allowedSmsNumbers:\n    - 0412345678\n    - "61"\n'.replace('"61"', '"614"'),
    );
    expect(list.allowedSmsNumbers).toEqual(['0412345678', '614']);
  });

  it('can have any known name', async () => {
    const lines = Object.entries(EVERYTHING).map(([name, value]) => `  ${name}: ${value}`);
    expect(await parameters(`prod:\n${lines.join('\n')}`)).toEqual(EVERYTHING);
  });

  it('may hold a variable of serverless', async () => {
    expect(await parameters('prod:\n  alarmEmail: ${env:MAIL}\n')).toMatchObject({
      alarmEmail: '${env:MAIL}',
    });
  });
});

describe('the file', () => {
  it.each([
    ['UTF-16', Buffer.from('\ufeffprod:\r\n  retentionDays: 30\r\n', 'utf16le')],
    ['UTF-8 with a BOM', Buffer.from('\ufeffprod:\n  retentionDays: 30\n')],
  ])('may be %s', async (_, bytes) => {
    const directory = await temporaryDir();
    await writeFile(join(directory, 'settings.yml'), bytes);
    expect(parametersOf(readSettings(directory), 'prod', {})).toMatchObject({
      retentionDays: '30',
    });
  });

  it('is refused in an unknown encoding', async () => {
    await expect(readText('prod:\n\0')).rejects.toThrow(
      'settings.yml mixes encodings. Save it as UTF-8',
    );
  });

  it.each([[['settings.yaml']], [['settings.yaml', 'settings.yml']]])(
    'is settings.yml, and settings.yaml is refused: %j',
    async (names) => {
      const directory = await temporaryDir();
      for (const name of names) await writeFile(join(directory, name), 'country: NZ\n');
      expect(() => readSettings(directory)).toThrow(
        'settings.yaml is not read. Rename it to settings.yml, or delete it',
      );
    },
  );
});

describe('alarmEmail', () => {
  it('is ALARM_EMAIL unless the file says otherwise', async () => {
    const environment = { ALARM_EMAIL: 'a@example.com' };
    expect(await parameters(undefined, 'prod', environment)).toMatchObject({
      alarmEmail: 'a@example.com',
    });
    expect(await parameters('default:\n  alarmEmail:\n', 'prod', environment)).toMatchObject({
      alarmEmail: '',
    });
    expect((await parameters(undefined)).alarmEmail).toBeUndefined();
  });
});

it('the stage of `npm start` has no parameters', async () => {
  const text = 'service: shop\ndefault:\n  throttleRate: 1\n  alarmEmail: a@example.com\n';
  expect(await parameters(text, 'local', { ALARM_EMAIL: 'a@example.com' })).toEqual(
    parametersOf(undefined, 'local', {}),
  );
  await expect(readText('local:\n  throttleRate: 1\n')).rejects.toThrow(
    'settings.yml, line 2: throttleRate is not allowed here. The stage local is `npm start`, which takes only country, timeZone and subscribers.',
  );
});

describe.each([
  ['country', countryOf, 'AU', ['NZ', 'GB']],
  ['timeZone', timeZoneOf, 'UTC', ['Pacific/Auckland', 'Europe/London']],
])('%s', (name, readValue, fallback, [one, other]) => {
  it.each([
    ['', fallback],
    [`${name}: ${one}`, one],
    [`${name}: ${one}\ndefault:\n  ${name}: ${other}`, other],
    [`default:\n  ${name}: ${one}\nprod:\n  ${name}: ${other}`, other],
    [`prod:\n  ${name}: ${one}\nlocal:\n  ${name}: ${other}`, one],
  ])(
    'is that of the stage, of all stages, of the file, or the default: %j',
    async (text, value) => {
      const file = await readText(text);
      expect(readValue(file, 'prod')).toBe(value);
      expect(parametersOf(file, 'prod', {})).not.toHaveProperty(name);
    },
  );

  it('may be set for `npm start`', async () => {
    expect(readValue(await readText(`local:\n  ${name}: ${one}`), 'local')).toBe(one);
  });
});

describe('a mistake is refused, with its line', () => {
  it.each([
    [
      'prod:\n  retentionDay: 1\n',
      'line 2: there is no parameter retentionDay. Did you mean retentionDays?',
    ],
    ['prod:\n  contry: NZ\n', 'line 2: there is no parameter contry. Did you mean country?'],
    [
      '\nprod:\n\n  retentionDays: 0\n',
      'line 4: The parameter retentionDays must be a whole number from 1 to 36500, not "0"',
    ],
    [
      'test:\n  protectData: yes\n',
      'line 2: The parameter protectData must be true or false, not "yes"',
    ],
    [
      'prod:\n  topicType:\n',
      'line 2: The parameter topicType must be one of standard, fifo, not ""',
    ],
    [
      'prod:\n  allowedSmsNumbers: [sales]\n',
      'line 2: The parameter allowedSmsNumbers must be phone numbers',
    ],
    [
      'prod:\n  retentionDays: {a: 1}\n',
      'line 2: retentionDays must be a value or a list of values',
    ],
    ['retentionDays: 30\n', 'line 1: retentionDays is not allowed here.'],
    ['sevice: shop\n', 'line 1: sevice is not allowed here. Did you mean service?'],
    ['docUrl: https://a.example\n', 'line 1: docUrl is not allowed here. Did you mean docsUrl?'],
    ...[
      'docs',
      'https://me:secret@a.example/docs',
      'https://a.example/docs?x',
      'ftp://a.example',
    ].map((url): [string, string] => [
      `country: NZ\ndocsUrl: ${url}\n`,
      'line 2: docsUrl must be the URL of the folder docs',
    ]),
    ...['+10:00', 'Sydney', 'Australia/Sidney', ''].map((zone): [string, string] => [
      `timeZone: "${zone}"\n`,
      'line 1: timeZone must be an IANA name, such as Australia/Sydney, not',
    ]),
    [
      'default: {timeZone: Australia/Sidney}',
      'line 1: timeZone must be an IANA name, such as Australia/Sydney, not "Australia/Sidney". Did you mean Australia/Sydney?',
    ],
    [
      'subscribers:\n  a: { queue: true }\n',
      'line 1: subscribers is not allowed here. Write it below `default:` or a stage',
    ],
    ['prod:\n  subscribers: a\n', 'line 2: subscribers must be a map, such as { team:'],
    [
      'prod:\n  suscribers: {}\n',
      'line 2: there is no parameter suscribers. Did you mean subscribers?',
    ],
    ['service: 1shop\n', 'line 1: service must be letters, digits and hyphens, a letter first'],
    [
      'my stage:\n  retentionDays: 1\n',
      'line 1: a stage has only letters, digits and hyphens, not my stage',
    ],
    ['prod:\n  retentionDays: 1\n  retentionDays: 2\n', 'line 3: Map keys must be unique'],
    ['prod:\n  a: "\n', 'line 3: Missing closing'],
    ['- prod\n', 'line 1: write `name: value` here'],
    ['prod: !Ref x\n', 'line 1: Unresolved tag: !Ref'],
    ['a: 1\n<<<<<<< HEAD\n', 'line 2: git left a conflict here. Keep one side of it'],
  ])('%j', async (text, message) => {
    await expect(readText(text)).rejects.toThrow(`settings.yml, ${message}`);
  });
});

describe('packaging', { timeout: 120_000 }, () => {
  const secrets = { WEBHOOK_TOKENS: TOKEN, EDGE_SECRETS: '' };
  const packaged = (settings: string, ...options: string[]) =>
    inServiceCopy(async (folder) => {
      await writeFile(join(folder, 'settings.yml'), settings);
      await serverless(['package', '--package', 'out', ...options], folder, secrets);
      const file = join(folder, 'out', 'cloudformation-template-update-stack.json');
      return JSON.parse(await readFile(file, 'utf8')).Resources.ReceiveSmsLambdaFunction.Properties;
    });

  it('uses the stage’s settings and the service’s name; --param takes precedence', async () => {
    const text =
      'service: shop-sms\ndefault:\n  memorySize: 256\nprod:\n  retentionDays: 7\n  allowedSmsNumbers: [0412345678]\n';
    const { FunctionName, MemorySize, Environment } = await packaged(
      text,
      ...['--stage', 'prod', '--param', 'memorySize=1024'],
    );
    expect(FunctionName).toBe('shop-sms-prod-receiveSms');
    expect(MemorySize).toBe(1024);
    expect(Environment.Variables).toMatchObject({
      RETENTION_DAYS: '7',
      ALLOWED_SMS_NUMBERS: '0412345678',
    });
  });

  it.each([
    ['prod:\n  retentionDays: 0\n', []],
    ['dev:\n  subscribers: { a: { email: nobody } }\n', []],
    // In the deployed format, which the file does not have.
    [
      'dev:\n  subscribers: { a: { queue: true, filter: { body: [stop] } } }\n',
      ['--param', 'messageFormat=aws-two-way-sms'],
    ],
  ])('reports a mistake once, and nothing else: %j', async (text, options) => {
    const error = await packaged(text, ...options).catch(String);
    expect(error.split('settings.yml, line 2')).toHaveLength(2);
    expect(error).not.toContain('    at ');
  });
});
