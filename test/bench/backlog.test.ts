import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('drains a backlog with two sweeps at once, each record published once', async () => {
  const { stdout } = await run(process.execPath, ['bench/backlog.ts', '--records', '600']);
  expect(stdout).toContain('600 drained');
  expect(stdout).toContain('600 published, 0 of them twice, 0 pending');
}, 60_000);

it('explains itself, and what it does not take', async () => {
  const { stdout } = await run(process.execPath, ['bench/backlog.ts', '--help']);
  expect(stdout).toContain('--records');
  await expect(run(process.execPath, ['bench/backlog.ts', '--records', 'many'])).rejects.toThrow(
    '--records takes a whole number',
  );
});
