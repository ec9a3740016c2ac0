import { describe, expect, it } from 'vitest';
import { packageDir } from '../../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

describe('npm run bench -- forward', () => {
  it('measures a delivery to each kind of subscriber, cold and warm', async () => {
    const { code, stdout, stderr } = await runCommand(
      'forward',
      ...['--runs', '1', '--rounds', '1', '--batch', '5'],
    );
    expect(code, stderr).toBe(0);
    const [head, ...rows] = rowsOf(stdout);
    expect(head).toEqual(['measured', 'email', 'slack', 'teams', 'https']);
    expect(rows.map(([name]) => name?.split(':')[0])).toEqual([
      ...['cold', 'cold', 'cold'],
      ...['warm', 'warm', 'warm', 'warm'],
    ]);
    for (const row of rows.slice(0, -1)) {
      for (const text of row.slice(1)) expect(text).toMatch(/^[\d,.]*[1-9][\d,.]* \(\S+–\S+\)$/);
    }
    // The mark is read, the message is delivered, the mark is written. The secret is read once.
    expect(rows.at(-1)).toEqual(['warm: calls a message', '3', '3', '3', '3']);
    expect(stdout).toMatch(/^The bundle: \d{3} KB, zipped \d+\.\d KB\.$/m);
  }, 180_000);

  it('explains itself', async () => {
    expect(await runCommand('forward', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--batch <n>'),
    });
  });

  it.each([
    [['--runs', '0'], /--runs.*takes whole numbers/],
    [['--package', '/nowhere'], /\/nowhere/],
  ])('refuses %j', async (args, said) => {
    const { code, stdout, stderr } = await runCommand('forward', ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(said);
  });

  it('refuses a package without subscribers', async () => {
    const { code, stderr } = await runCommand('forward', '--package', packageDir());
    expect(code).toBe(1);
    expect(stderr).toContain('it was made without subscribers');
  });
});
