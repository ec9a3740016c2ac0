import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CACHE_FOLDER } from '../../../tools/local/package-inputs.ts';
import { temporaryDir } from './temporary-dir.ts';

const run = promisify(execFile);
const script = (name: string) =>
  fileURLToPath(new URL(`../../../tools/local/${name}`, import.meta.url));
const prepare = (environment: NodeJS.ProcessEnv) =>
  run(process.execPath, [script('prepare.js')], {
    env: { PATH: process.env.PATH, ...environment },
  });

it('saves the first start the packaging', { timeout: 120_000 }, async () => {
  await rm(join(CACHE_FOLDER, 'packages'), { recursive: true, force: true });
  // The local stack ignores a user's own settings.
  await prepare({ HOME: process.env.HOME, AWS_PROFILE: 'nope', AWS_REGION: 'us-east-1' });

  const env = { PATH: process.env.PATH, PORT: '0', SNS_PORT: '0', DYNAMODB_PORT: '0' };
  const child = spawn(process.execPath, [script('start.js')], { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await vi.waitFor(() => expect(output).toContain('/sms/test'), { timeout: 60_000 });
  expect(output).not.toContain('Packaging');
  child.kill('SIGTERM');
  await once(child, 'close');
});

it('never fails an install, and prints nothing', { timeout: 120_000 }, async () => {
  const gone = join(await temporaryDir(), 'gone');
  expect(await prepare({ TMPDIR: gone, HOME: gone })).toEqual({ stdout: '', stderr: '' });
});

it('loads nothing in a pipeline', async () => {
  const gone = join(await temporaryDir(), 'gone');
  const loadsPackaging = async (environment: NodeJS.ProcessEnv) => {
    const coverage = await temporaryDir();
    await prepare({ TMPDIR: gone, NODE_V8_COVERAGE: coverage, ...environment });
    const reports = (await readdir(coverage)).map((name) => readFile(join(coverage, name), 'utf8'));
    return (await Promise.all(reports)).join().includes('package-service.ts');
  };
  expect(await loadsPackaging({})).toBe(true);
  expect(await loadsPackaging({ CI: 'true' })).toBe(false);
});
