import { expect, it } from 'vitest';
import { packageDir } from '../../helpers/local-stack.ts';
import { runCommand } from '../bench/run-command.ts';

it('publishes a backlog with two parallel sweeps, each record once', async () => {
  const { stdout } = await runCommand('backlog', '--records', '600', '--package', packageDir());
  expect(stdout).toContain('600 drained');
  expect(stdout).toContain('600 published, 0 of them twice, 0 pending');
}, 60_000);

it('explains itself, and refuses invalid options', async () => {
  const { stdout } = await runCommand('backlog', '--help');
  expect(stdout).toContain('--records');
  const { code, stderr } = await runCommand('backlog', '--records', 'many');
  expect(code).toBe(1);
  expect(stderr).toMatch(/--records.*takes whole numbers/);
});
