import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { someRecord } from '../../fixtures/messages.ts';
import { serveStack } from './fake-local-stack.ts';

const CLI = fileURLToPath(new URL('../../../tools/cli/main.ts', import.meta.url));
const FULL = '/dev/full';
const TOLD = [
  'error: The output cannot be written: there is no space left (ENOSPC)',
  'What was written is not complete. Free some space, or write to another disk, and run the command again.',
  '',
];

/** Runs a command whose output goes to a disk that is full. */
async function runFull(args: readonly string[], full: 'stdout' | 'stderr' = 'stdout') {
  const disk = openSync(FULL, 'w');
  const stdio = full === 'stdout' ? ['ignore', disk, 'pipe'] : ['ignore', 'pipe', disk];
  const { PATH } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], { stdio: stdio as never, env: { PATH } });
  const [stderr, [code]] = await Promise.all([
    child.stderr ? text(child.stderr) : '',
    once(child, 'close'),
  ]);
  return { code, stderr: stderr.split('\n') };
}

describe.skipIf(!existsSync(FULL))('a full disk', () => {
  it.each([[['--help']], [['list', '--help']], [['--version']]])('is told by %j', async (args) => {
    expect(await runFull(args)).toEqual({ code: 1, stderr: TOLD });
  });

  it('is told by a list', async () => {
    const url = await serveStack([someRecord({})]);
    expect(await runFull(['list', `--local=${url}`])).toEqual({ code: 1, stderr: TOLD });
  });

  it('leaves no --after of an export that may not be there', async () => {
    const url = await serveStack([someRecord({})]);
    for (const format of ['jsonl', 'csv']) {
      const args = ['export', `--local=${url}`, '--format', format];
      expect(await runFull(args)).toEqual({ code: 1, stderr: TOLD });
    }
  });

  it('does not crash with a full stderr', async () => {
    expect((await runFull(['list', '--limit', '0'], 'stderr')).code).toBe(1);
  });
});
