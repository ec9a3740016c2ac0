import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inServiceCopy, serverless } from '../../../tools/local/package-service.ts';
import { someForm } from '../../fixtures/webhook-event.ts';
import { packageDir, postForm, startTestStack } from '../../helpers/local-stack.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { documentsOf, runCli } from './run-cli.ts';

const PLANTED = "if (message_id === 'planted') throw new TypeError('planted');";

/** A package of this service with a defect, and the line that it has in the source. */
async function packageWithDefect(directory: string): Promise<number> {
  return inServiceCopy(async (folder) => {
    const file = join(folder, 'lib', 'webhook.ts');
    const lines = (await readFile(file, 'utf8')).split('\n');
    const before = lines.findIndex((line) => line.includes('const { message_id } = message;'));
    expect(before).toBeGreaterThan(0);
    lines.splice(before + 1, 0, PLANTED);
    await writeFile(file, lines.join('\n'));
    const secrets = { WEBHOOK_TOKENS: 'test', EDGE_SECRETS: '' };
    await serverless(['package', '--package', directory, '--stage', 'local'], folder, secrets);
    return before + 2;
  });
}

/** The log line of a request that the defect fails. */
async function failedLine(directory: string): Promise<string> {
  const logged: string[] = [];
  const onFunctionLog = (_: string, line: string) => logged.push(line);
  await using stack = await startTestStack({ packageDir: directory, onFunctionLog });
  const { status } = await postForm(stack.webhookUrl, someForm({ message_id: 'planted' }));
  expect(status).toBe(500);
  return logged.find((line) => line.includes('"failed"')) ?? '';
}

describe('a planted exception in the bundle', () => {
  let directory: string;
  let sourceLine: number;
  let logLine: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'inbound-sms-defect-'));
    sourceLine = await packageWithDefect(directory);
    logLine = await failedLine(directory);
  }, 120_000);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is traced to its line of the source, from a log line on stdin', async () => {
    expect(logLine).toMatch(/receive-sms\.mjs:\d+:\d+/);
    const { code, stdout, stderr } = await runCli(['trace', '--package', directory], {
      input: `${logLine}\n`,
    });
    expect(code, stderr).toBe(0);
    const [first] = stdout.match(/at .*/g) ?? [];
    expect(first).toContain(`lib/webhook.ts:${sourceLine}:`);
    expect(stdout).toContain('node_modules/@middy/core/index.js:');
    expect(stdout).not.toMatch(/\.mjs:\d|\\n/);
    const zip = await readFile(join(directory, 'receiveSms.zip'));
    const sha256 = createHash('sha256').update(zip).digest('base64');
    expect(stderr).toContain(`  ${sha256}  receiveSms.zip\n`);
  });

  it('is traced in a file, with the text around it', async () => {
    const file = join(await temporaryDir(), 'lines.txt');
    await writeFile(file, `2026-11-26T08:00:00 ${logLine}\n`);
    const result = await runCli(['trace', '--json', '--package', directory, file]);
    const [{ trace, packages }] = documentsOf(result);
    expect(trace).toContain(`lib/webhook.ts:${sourceLine}:`);
    expect(trace).toMatch(/^2026-11-26T08:00:00 \{/);
    expect(packages.map(({ zip }: { zip: string }) => zip)).toEqual([
      'publishPending.zip',
      'receiveSms.zip',
    ]);
  });
});

describe('an untraceable log line', () => {
  it.each([
    ['no stack', ['trace', '--package', '.'], 'all is well', 'There is no stack of a function'],
    ['no map', ['trace'], 'at a (file:///var/task/functions/a.mjs:1:2)', 'There is no source map'],
    ['no file', ['trace', 'no-such-file'], '', 'The file cannot be read'],
  ])('is said: %s', async (_, args, input, message) => {
    const { code, stdout, stderr } = await runCli(args, { input });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`error: ${message}`);
  });

  it('stays as it is', async () => {
    const place = 'file:///var/task/functions/receive-sms.mjs:9999:1';
    const { code, stdout } = await runCli(['trace', '--package', packageDir()], { input: place });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${place}\n` });
  });
});
