import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageService } from '../../tools/local/package-service.ts';

const run = promisify(execFile);
const secret = () => randomBytes(24).toString('base64url');
const tokens = [secret(), secret()];
const edgeSecrets = [secret(), secret()];
const EDGE = ['--param', 'edgeDomainName=edge.example.com'];
let directory: string;
let leftovers: string;

/** `bin/serverless package`, without an AWS account or any setting of this machine. */
function packageTo(path: string, environment: Record<string, string>, params: string[] = []) {
  const { PATH = '', HOME = '' } = process.env;
  return run(
    join('node_modules', '.bin', 'serverless'),
    ['package', '--stage', 'prod', '--package', path, ...params],
    // Serverless leaves unpacked files there.
    { env: { PATH, HOME, TMPDIR: leftovers, ALARM_EMAIL: '', ...environment } },
  );
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'inbound-sms-prod-'));
  leftovers = await mkdtemp(join(tmpdir(), 'inbound-sms-leftovers-'));
  const secrets = { WEBHOOK_TOKENS: tokens.join(', '), EDGE_SECRETS: edgeSecrets.join(', ') };
  await packageTo(directory, secrets, EDGE);
});
afterAll(async () => {
  for (const made of [directory, leftovers]) await rm(made, { recursive: true, force: true });
});

const template = async () =>
  JSON.parse(await readFile(join(directory, 'cloudformation-template-update-stack.json'), 'utf8'));
const bundle = async (name: string) => unzipSync(await readFile(join(directory, `${name}.zip`)));

describe('the package for prod', () => {
  it('holds the hashes of tokens and edge secrets, but none of them', async () => {
    const hashesOf = (values: string[]) =>
      values.map((value) => createHash('sha256').update(value).digest('hex')).join(',');
    const lengthsOf = (values: string[]) => values.map(({ length }) => length).join(',');
    const { Resources } = await template();
    const { Variables } = Resources.ReceiveSmsLambdaFunction.Properties.Environment;
    expect(Variables).toMatchObject({
      WEBHOOK_TOKEN_HASHES: hashesOf(tokens),
      WEBHOOK_TOKEN_LENGTHS: lengthsOf(tokens),
      EDGE_SECRET_HASHES: hashesOf(edgeSecrets),
      EDGE_SECRET_LENGTHS: lengthsOf(edgeSecrets),
    });

    const state = await readFile(join(directory, 'serverless-state.json'), 'utf8');
    const texts = [JSON.stringify(await template()), state];
    for (const name of ['receiveSms', 'publishPending']) {
      texts.push(...Object.values(await bundle(name)).map((file) => Buffer.from(file).toString()));
    }
    for (const text of texts) {
      for (const value of [...tokens, ...edgeSecrets]) expect(text).not.toContain(value);
    }
  });

  it('holds one file for each function, and nothing else', async () => {
    expect(Object.keys(await bundle('receiveSms'))).toEqual(['functions/receive-sms.mjs']);
    expect(Object.keys(await bundle('publishPending'))).toEqual(['functions/publish-pending.mjs']);
    for (const name of ['receiveSms', 'publishPending']) {
      const [file = new Uint8Array()] = Object.values(await bundle(name));
      const code = Buffer.from(file).toString();
      const telling = ['sourceMappingURL', 'fauxqs', 'dynalite', 'startLocalStack', process.cwd()];
      expect(code.includes('MESSAGES_TABLE_NAME')).toBe(true);
      expect(telling.filter((text) => code.includes(text))).toEqual([]);
    }
  });

  it('is the same to the byte if nothing has changed', async () => {
    const again = join(directory, 'again');
    await packageService({ directory: again, tokens: tokens.join(','), stage: 'prod' });
    for (const zip of ['receiveSms.zip', 'publishPending.zip']) {
      expect(await readFile(join(again, zip))).toEqual(await readFile(join(directory, zip)));
    }
  }, 120_000);

  it('names a deploy’s outputs', async () => {
    const { Outputs } = await template();
    for (const name of ['MessagesTableName', 'MessagesTopicArn', 'WebhookBaseUrl']) {
      expect(Outputs).toHaveProperty(name);
    }
  });

  it('runs on Node 24 on arm64, each function with its own role', async () => {
    const { Resources } = await template();
    const roles = ['ReceiveSms', 'PublishPending'].map((name) => {
      const { Properties } = Resources[`${name}LambdaFunction`];
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      return Properties.Role['Fn::GetAtt'][0];
    });
    expect(roles).toEqual(['ReceiveSmsRole', 'PublishPendingRole']);
    const all = JSON.stringify(roles.map((role) => Resources[role].Properties.Policies));
    expect(all).not.toMatch(/"Resource":"\*"|:\*"/);
    expect(all).toContain('"Resource"');
  });

  it('has a table on demand with a TTL and a sparse index, and a sweep every minute', async () => {
    const { Resources } = await template();
    expect(Resources.MessagesTable.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      GlobalSecondaryIndexes: [
        { IndexName: 'pending-index', Projection: { ProjectionType: 'KEYS_ONLY' } },
        { IndexName: 'timeline-index', Projection: { NonKeyAttributes: ['from', 'sms_number'] } },
      ],
    });
    const rules = Object.values(Resources as Record<string, { Type: string; Properties: unknown }>)
      .filter(({ Type }) => Type === 'AWS::Events::Rule')
      .map(({ Properties }) => Properties);
    expect(rules).toMatchObject([{ ScheduleExpression: 'rate(1 minute)' }]);
  });
});

describe('packaging', () => {
  const GOOD = { WEBHOOK_TOKENS: tokens.join(',') };

  it.each([
    // Not absent and not empty, because a developer's own .env would fill in either.
    ['no token', { WEBHOOK_TOKENS: ',' }, 'WEBHOOK_TOKENS is not set'],
    ['a short one', { WEBHOOK_TOKENS: 'short' }, 'at least 22'],
    [
      'a short secret of an edge',
      { ...GOOD, EDGE_SECRETS: 'short' },
      'EDGE_SECRETS has 5 characters',
    ],
    ['a token as the secret', { ...GOOD, EDGE_SECRETS: tokens[0] ?? '' }, 'which the PBX knows'],
  ])('with %s fails and says how to make one', async (_, environment, sentence) => {
    const other = join(directory, 'other');
    const { stdout, stderr } = await packageTo(other, environment, EDGE).then(
      () => expect.unreachable('It was packaged'),
      (error: { stdout: string; stderr: string }) => error,
    );
    expect(stdout + stderr).toContain(sentence);
    expect(stdout + stderr).toContain('bin/inbound-sms token');
    expect(stdout + stderr).not.toContain(tokens[0]);
  });
});
