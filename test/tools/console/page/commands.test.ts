import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { exportCommand, showCommand } from '../../../../tools/console/page/commands.ts';

/** The arguments that a shell makes of a command. */
function argumentsOf(command: string): string[] {
  const [line = ''] = command.split(' > ');
  const listing = line.replace(/^bin\/inbound-sms/, 'printf "%s\\0"');
  return String(execFileSync('sh', ['-c', listing]))
    .split('\0')
    .slice(0, -1);
}

const STAGE = '--stage prod --region us-east-1';
const OPTIONS = ['--stage', 'prod', '--region', 'us-east-1'];

describe('the command that shows a message', () => {
  it.each(['297abf7f-99d9', "it's $HOME `id` \\", 'a b', 'ü"', '*', 'two\nlines'])(
    'names it by its id as it is: %j',
    (id) => {
      expect(argumentsOf(showCommand(id, STAGE))).toEqual(['show', ...OPTIONS, id]);
    },
  );

  it('names an id that begins with a hyphen', () => {
    expect(argumentsOf(showCommand('-rf', STAGE))).toEqual(['show', ...OPTIONS, '--', '-rf']);
  });
});

describe('the command that exports', () => {
  it('has the filters of the inbox', () => {
    const filters = { from: 'A shop', to: '-1', undelivered: 'crm', until: 1_790_000_000_000 };
    const command = exportCommand(filters, 1_780_000_000_000, 'csv', STAGE) ?? '';
    expect(argumentsOf(command)).toEqual([
      ...['export', ...OPTIONS, '--from=A shop', '--to=-1', '--undelivered=crm'],
      ...['--since=2026-05-28T20:26:40.000Z', '--until=2026-09-21T14:13:20.000Z', '--format=csv'],
    ]);
    expect(command).toMatch(/ > messages\.csv$/);
  });

  it.each([{ search: 'rye' }, { state: 'late' }, { replay: 'r-1' }] as const)(
    'is none where the command line has no such filter: %j',
    (filters) => {
      expect(exportCommand(filters, undefined, 'csv', STAGE)).toBeUndefined();
    },
  );
});
