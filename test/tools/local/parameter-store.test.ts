import { utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { SSM } from '@aws-sdk/client-ssm';
import { expect, it, onTestFinished } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import { send } from '../../../tools/local/http-answer.ts';
import { hangUp, LOOPBACK_NAME, listen } from '../../../tools/local/listen.ts';
import { ParameterStore } from '../../../tools/local/parameter-store.ts';
import { temporaryDir } from './temporary-dir.ts';

const PATH = '/inbound-sms/local/CRM_SECRET';
const SECRETS = new Map([
  ['CRM_SECRET', PATH],
  ['SLACK_URL', '/inbound-sms/local/SLACK_URL'],
]);

/** The store for a folder's `.env`, and the real SDK's client. */
async function openStore(env?: string) {
  const directory = await temporaryDir();
  const file = join(directory, '.env');
  if (env !== undefined) await writeFile(file, env);
  const store = new ParameterStore({
    files: [join(directory, '.env.local'), file],
    secrets: SECRETS,
  });
  const server = createServer(async (request, response) => {
    send(response, store.respond(request.headers, await buffer(request)));
  });
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  const ssm = new SSM({ ...clientOf(`http://${LOOPBACK_NAME}:${port}/_ssm/`), maxAttempts: 1 });
  onTestFinished(() => ssm.destroy());
  return { store, ssm, file, directory };
}

it('a secret is a SecureString, and its value needs decryption', async () => {
  const { ssm, file } = await openStore('CRM_SECRET="two words"\n');
  const modified = new Date('2026-03-05T07:08:09Z');
  await utimes(file, modified, modified);
  const { Parameter } = await ssm.getParameter({ Name: PATH, WithDecryption: true });
  expect(Parameter).toEqual({
    Name: PATH,
    Type: 'SecureString',
    Value: 'two words',
    Version: 1,
    LastModifiedDate: modified,
    ARN: `arn:aws:ssm:ap-southeast-2:000000000000:parameter${PATH}`,
    DataType: 'text',
  });
  const encrypted = await ssm.getParameter({ Name: PATH });
  expect(encrypted.Parameter?.Value).not.toContain('two words');
});

it('a change of the file counts from the next request on', async () => {
  const { ssm, file } = await openStore('CRM_SECRET=before\n');
  const read = async () =>
    (await ssm.getParameter({ Name: PATH, WithDecryption: true })).Parameter?.Value;
  expect(await read()).toBe('before');
  await writeFile(file, 'CRM_SECRET=after\n');
  expect(await read()).toBe('after');
});

it('.env.local is read instead of .env, as a deploy reads its stage’s file', async () => {
  const { ssm, directory } = await openStore('CRM_SECRET=of all\n');
  await writeFile(join(directory, '.env.local'), 'CRM_SECRET=of local\n');
  const { Parameter } = await ssm.getParameter({ Name: PATH, WithDecryption: true });
  expect(Parameter?.Value).toBe('of local');
});

it.each([
  ['there is no file', undefined],
  ['the file does not set it', 'OTHER=x\n'],
  ['the file has no value for it', 'CRM_SECRET=\n'],
])('a secret is not found if %s', async (_, env) => {
  const { ssm, store } = await openStore(env);
  await expect(ssm.getParameter({ Name: PATH })).rejects.toMatchObject({
    name: 'ParameterNotFound',
  });
  expect(store.missing()).toEqual(['CRM_SECRET', 'SLACK_URL']);
});

it('other variables of the file cannot be read', async () => {
  const { ssm } = await openStore('WEBHOOK_TOKENS=of-the-user\nCRM_SECRET=s\n');
  const others = [
    '/inbound-sms/local/WEBHOOK_TOKENS',
    'WEBHOOK_TOKENS',
    '/inbound-sms/prod/CRM_SECRET',
  ];
  expect(await ssm.getParameters({ Names: [PATH, ...others], WithDecryption: true })).toMatchObject(
    {
      Parameters: [{ Name: PATH, Value: 's' }],
      InvalidParameters: others,
    },
  );
  const { Parameters } = await ssm.getParametersByPath({ Path: '/', Recursive: true });
  expect(Parameters?.map(({ Name }) => Name)).toEqual([PATH]);
});

it('the secrets are listed without their values', async () => {
  const { ssm } = await openStore('CRM_SECRET=s\nSLACK_URL=t\n');
  const byPath = await ssm.getParametersByPath({ Path: '/inbound-sms/local' });
  expect(byPath.Parameters?.map(({ Name }) => Name)).toEqual([...SECRETS.values()]);
  const { Parameters } = await ssm.describeParameters({});
  expect(Parameters).toEqual(
    [...SECRETS.values()].map((Name) => ({
      Name,
      ARN: `arn:aws:ssm:ap-southeast-2:000000000000:parameter${Name}`,
      Type: 'SecureString',
      LastModifiedDate: expect.any(Date),
      Version: 1,
    })),
  );
});

it('a write is refused, and the error says where to put the value', async () => {
  const { ssm } = await openStore();
  const writing = ssm.putParameter({ Name: PATH, Value: 's3cret', Type: 'SecureString' });
  await expect(writing).rejects.toThrow(
    'The local stack reads secrets from .env. Write CRM_SECRET=VALUE into it.',
  );
});

it('an error about a malformed file names the line, and no value', async () => {
  const { ssm, store } = await openStore('CRM_SECRET=s3cret\nCRM_SECRET=s3cret\n');
  const reading = ssm.getParameter({ Name: PATH });
  await expect(reading).rejects.toThrow('.env sets CRM_SECRET twice, in line 1 and in line 2');
  await expect(reading).rejects.not.toThrow('s3cret');
  expect(() => store.missing()).toThrow('twice');
});
