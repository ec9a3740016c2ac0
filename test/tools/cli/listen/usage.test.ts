import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../../../tools/local/stack.ts';
import { startTestStack } from '../../../helpers/local-stack.ts';
import { temporaryDir } from '../../local/temporary-dir.ts';
import { runCli } from '../run-cli.ts';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.close());

const URL_GIVEN = 'http://127.0.0.1:9/app-4f1c2b';
const run = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(['listen', `--local=${stack.url}`, ...args], options);
const runTo = (...args: string[]) => run(['--forward-to', URL_GIVEN, ...args]);

it('needs a URL, and does not quote what is none', async () => {
  expect(await run([])).toMatchObject({ code: 2, stderr: expect.stringContaining('--forward-to') });
  const { code, stderr } = await run(['--forward-to', 'localhost:8080/secret']);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--forward-to must be an http or https URL.'),
  });
  expect(stderr).not.toContain('secret');
});

it.each([
  ['{', 'it is not JSON'],
  ['[]', 'must be a filter policy'],
  ['{"from": "MyBank"}', '/from must be a list'],
  ['{"colour": ["red"]}', 'must be a filter policy'],
  ['{"extra": {"a": ["b"]}, "replay": ["c"]}', 'replay is an attribute'],
])('refuses the filter %s, and says why', async (filter, why) => {
  const { code, stderr } = await runTo('--filter', filter);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
});

it('refuses --since beside --resume', async () => {
  const { code, stderr } = await runTo('--since', '1h', '--resume');
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/'--resume' cannot be used with option '--since/),
  });
});

it('refuses a time in the future', async () => {
  const { code, stderr } = await runTo('--since', '2999-01-01');
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--since is in the future.'),
  });
});

it('refuses a subscriber that is not there', async () => {
  expect(await runTo('--subscriber', 'nobody')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('has no subscriber nobody'),
  });
});

it('refuses a secret that cannot sign, and does not quote it', async () => {
  const env = { INBOUND_SMS_SECRET: 'too-short' };
  const { code, stderr } = await run(['--forward-to', URL_GIVEN], { env });
  expect(code).toBe(2);
  expect(stderr).toContain('INBOUND_SMS_SECRET is not base64 of 24 to 64 bytes');
  expect(stderr).not.toContain('too-short');
});

it('says so if its own file cannot be used', async () => {
  const cwd = await temporaryDir();
  await mkdir(join(cwd, '.local'));
  await writeFile(join(cwd, '.local', 'listen'), 'a file where a folder must be');
  const { code, stderr } = await run(['--forward-to', URL_GIVEN], { cwd });
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('The file in which listen keeps how far it is cannot be used'),
  });
});
