import { expect, it } from 'vitest';
import { packageDir } from '../../helpers/local-stack.ts';
import { runCommand } from '../bench/run-command.ts';

it('drains a backlog with two sweeps at once, each record published once', async () => {
  const { stdout } = await runCommand('backlog', '--records', '600', '--package', packageDir());
  expect(stdout).toContain('600 drained');
  expect(stdout).toContain('600 published, 0 of them twice, 0 pending');
}, 60_000);

it('explains itself, and what it does not take', async () => {
  const { stdout } = await runCommand('backlog', '--help');
  expect(stdout).toContain('--records');
  const { code, stderr } = await runCommand('backlog', '--records', 'many');
  expect(code).toBe(1);
  expect(stderr).toMatch(/--records.*takes whole numbers/);
});
