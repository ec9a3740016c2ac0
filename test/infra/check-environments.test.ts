import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ALL, type CompiledTemplate, compileTemplate } from '../helpers/compiled-template.ts';
import { packageDir } from '../helpers/local-stack.ts';

const run = promisify(execFile);

interface Parameters {
  readParameter(name: string, value: unknown): unknown;
}
interface CheckEnvironments {
  readonly READERS: Readonly<Record<string, string>>;
  checkEnvironments(template: CompiledTemplate, stackName: string): void;
}
const { readParameter } = await vi.importActual<Parameters>('../../infra/plugin/parameters.js');
const { READERS, checkEnvironments } = await vi.importActual<CheckEnvironments>(
  '../../infra/plugin/check-environments.js',
);

let template: CompiledTemplate;
beforeAll(async () => {
  template = await compileTemplate(ALL);
});

/** Packaging's error for a function with these variables. */
function messageOf(
  variables: Readonly<Record<string, unknown>>,
  id = 'ReceiveSmsLambdaFunction',
): string {
  const copy = structuredClone(template);
  const { Properties } = copy.Resources[id] ?? expect.unreachable();
  Object.assign(Properties.Environment.Variables, variables);
  try {
    checkEnvironments(copy, 'inbound-sms-prod');
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

describe('packaging reads a function’s environment as the function does', () => {
  it('and accepts a deployment with every parameter', () => {
    expect(messageOf({})).toBe('accepted');
  });

  it.each([
    ['ALLOWED_SOURCE_CIDRS', '203.0.113.0/08', 'The parameter allowedSourceCidrs must be IPv4 or'],
    ['ALLOWED_SOURCE_CIDRS', 'fe80::1%eth0', 'The parameter allowedSourceCidrs must be IPv4 or'],
    ['ALLOWED_SMS_NUMBERS', 'sales', 'The parameter allowedSmsNumbers must be phone numbers'],
    ['RETENTION_DAYS', '0', 'The parameter retentionDays must be a whole number'],
    ['QUARANTINE_DAYS', '0', 'The parameter quarantineDays must be a whole number'],
    ['MESSAGE_FORMAT', 'xml', 'The parameter messageFormat must be inbound-sms or'],
    ['WEBHOOK_TOKEN_HASHES', 'secret', 'WEBHOOK_TOKENS must be SHA-256 hashes'],
    ['EDGE_SECRET_HASHES', 'secret', 'EDGE_SECRETS must be SHA-256 hashes'],
    ['STAGE', '', 'The stage is not set'],
  ])('%s may not be %j', (name, value, message) => {
    expect(messageOf({ [name]: value })).toContain(message);
  });

  it('for every function, with the reader of its file', async () => {
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
  it('and refuses more variables than Lambda accepts, naming the longest', () => {
    const numbers = (count: number) =>
      Array.from({ length: count }, (_, index) => `6140000${1000 + index}`).join(',');
    expect(messageOf({ ALLOWED_SMS_NUMBERS: numbers(250) })).toBe('accepted');
    expect(messageOf({ ALLOWED_SMS_NUMBERS: numbers(330) })).toMatch(
      /^The environment variables of inbound-sms-prod-receiveSms have 4\d{3} bytes, and Lambda takes at most 4096\. Shorten the parameter allowedSmsNumbers$/,
    );
  });
});

describe('subscribers in the environment of the forwarder', () => {
  const messageWith = (variables: Readonly<Record<string, unknown>>) =>
    messageOf(variables, 'ForwardMessageLambdaFunction');
  const emails = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      ...{ name: `mail-${n}`, kind: 'email', topicArn: `\${SubscriberMail${n}Topic}` },
    }));

  it('are read as the function does, each topic with the longest possible ARN', () => {
    expect(messageWith({})).toBe('accepted');
    expect(messageWith({ SUBSCRIBERS: '[{"name":"a","kind":"fax"}]' })).toMatch(
      /^subscribers in settings.yml /,
    );
    expect(messageWith({ TIME_ZONE: 'Mars/Base' })).toMatch(/^timeZone in settings.yml /);
  });

  it('are refused if they do not fit, with the number that would', () => {
    const of = (count: number) =>
      messageWith({ SUBSCRIBERS: { 'Fn::Sub': JSON.stringify(emails(count)) } });
    const [, fits = '', all] =
      /^The environment variables of .* The first (\d+) of the (\d+) forwarded subscribers in settings\.yml /.exec(
        of(60),
      ) ?? [];
    expect(all).toBe('60');
    expect(of(Number(fits))).toBe('accepted');
    expect(of(Number(fits) + 1)).toContain(`The first ${fits} of the ${Number(fits) + 1} `);
  });
});

describe('the function accepts everything that packaging accepts', () => {
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
    quarantineDays: whole,
    messageFormat: fc.constantFrom('inbound-sms', 'aws-two-way-sms', 'INBOUND-SMS', 'inbound-sms '),
    edgeDomainName: fc.constantFrom('', 'edge.example.com', 'Edge.example.com', '-'),
  });

  /** Starts the shipped bundle once with each environment, and prints which it refuses. */
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
      QUARANTINE_DAYS: read('quarantineDays'),
    };
  };

  const base = {
    ...{ allowedSourceCidrs: '', allowedSmsNumbers: '', retentionDays: 90 },
    ...{ messageFormat: 'inbound-sms', edgeDomainName: '', quarantineDays: 30 },
  };

  it('at start, for any list, number and format', async () => {
    // One value at a time, because most combinations would be refused.
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

  it('and the bundle refuses invalid values, so the check above can fail', async () => {
    const bad = { ...environmentOf(base), RETENTION_DAYS: '0' };
    expect(await refusedByFunction([environmentOf(base), bad])).toMatchObject([
      { environment: bad },
    ]);
  });
});
