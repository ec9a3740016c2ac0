import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { EXIT_MEANINGS } from '../../tools/cli/cli-error.ts';
import { stackCommand, tableOption } from '../../tools/cli/command.ts';
import { createProgram } from '../../tools/cli/main.ts';
import { fakeTerminal } from '../tools/cli/fake-terminal.ts';

const document = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const { runtime } = fakeTerminal();
const { commands } = await createProgram(runtime);
/** A command's options and its subcommands'. */
const optionsOf = (command: Pick<(typeof commands)[number], 'options' | 'commands'>) =>
  [command, ...command.commands].flatMap(({ options }) => options.map(({ long }) => long ?? ''));
// `--table` is explained once, for all commands that have it.
const common = [
  ...stackCommand(runtime, 'any', { summary: '', examples: [] }).options,
  tableOption(),
];
const commonNames = common.map(({ long }) => long ?? '');

/** The part under a heading, up to the next heading of the same level. */
const section = (heading: string) =>
  document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
const optionsIn = (text: string) =>
  [...text.matchAll(/`[^`\n]+`/g)].flatMap(([code]) => code.match(/--[a-z][a-z-]*/g) ?? []);

describe('docs/cli.md', () => {
  it('has the exit codes', () => {
    const rows = [...section('Exit codes').matchAll(/^\| `(\d+)` +\| (.+?) +\|$/gm)];
    expect(rows.map(([, code, meaning]) => [code, meaning])).toEqual(Object.entries(EXIT_MEANINGS));
  });

  it('has the options of all commands', () => {
    const text = section('Which stack') + section('What it prints');
    expect(optionsIn(text)).toEqual(expect.arrayContaining(commonNames));
  });

  it.each(commands.map((command) => command.name()))(
    'has a section on %s, with exactly its options',
    (name) => {
      const text = section(name);
      expect(text).not.toBe('');
      const all = optionsOf(
        commands.find((command) => command.name() === name) ?? expect.unreachable(name),
      );
      const own = all.filter((option) => !commonNames.includes(option));
      expect(optionsIn(text)).toEqual(expect.arrayContaining(own));
      expect(all).toEqual(expect.arrayContaining(optionsIn(text)));
    },
  );

  it('names no option without effect', () => {
    const known = commands.flatMap(optionsOf);
    for (const option of optionsIn(document)) expect([...known, '--help']).toContain(option);
  });
});
