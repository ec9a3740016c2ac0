import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { serveStack } from './fake-local-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';

const { version } = JSON.parse(
  await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
);

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.close());

it('shows the version of the tool and of the stack', async () => {
  const { stdout, stderr } = await runCli(['version', `--local=${stack.url}`]);
  expect(stdout).toBe(`inbound-sms: ${version}\ninbound-sms-local: ${version}\n`);
  expect(stderr).toBe('');
  const result = await runCli(['version', '--json', `--local=${stack.url}`]);
  expect(documentsOf(result)).toEqual([
    { tool: version, stack: version, name: 'inbound-sms-local' },
  ]);
});

it('is unknown of a stack that does not tell it', async () => {
  const url = await serveStack([]);
  const { code, stdout, stderr } = await runCli(['version', `--local=${url}`]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/: unknown\n$/);
  expect(stderr).toContain('too old to tell');
  const [document] = documentsOf(await runCli(['version', '--json', `--local=${url}`]));
  expect(document).toMatchObject({ tool: version, stack: null });
});
