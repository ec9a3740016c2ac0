/** `npm run archive`: what `list`, `stats` and `export` need, the more messages are stored. */
import { type ArchiveResult, measureArchive } from './archive/measure-archive.ts';
import { count, counts, runCommand, word } from './command.ts';
import { describeMachine, loadOfLastMinute } from './compare/machine.ts';
import { packageDirectory } from './package-directory.ts';
import { figure, table } from './table.ts';

const HELP = `Usage: npm run archive -- [OPTIONS]

Runs list, stats and export on tables of different sizes, which are filled first, on disk in the temporary
folder: time of the whole process, and the memory that was in use at most.

Options:
  --stored LIST    messages stored, a table for each (10000,100000,300000)
  --runs N         how often each command is run (5)
  --package DIR    a package of the stage "local" instead of a new one
  --help           show this
`;

const OPTIONS = {
  stored: counts([10_000, 100_000, 300_000]),
  runs: count(5),
  package: word(''),
};

function report(results: readonly ArchiveResult[], load: number): string {
  const { cpu, cores } = describeMachine();
  const baseOf = (command: string) => results.find((result) => result.command === command);
  return [
    `${cpu}, ${cores} cores; load of the last minute: ${load}.`,
    '',
    'Medians of whole processes; against the smallest table in brackets:',
    '',
    table([
      ['command', 'stored', 'lines written', 'ms', 'MB in use'],
      ...results.map(({ command, stored, lines, time, memory }) => {
        const base = baseOf(command);
        return [
          command,
          figure(stored),
          figure(lines),
          against(time.median, base?.time.median),
          against(memory, base?.memory),
        ];
      }),
    ]),
  ].join('\n');
}

function against(value: number, base = value): string {
  return `${figure(value)} (${figure(value / base, 2)}x)`;
}

if (import.meta.main) {
  await runCommand(HELP, OPTIONS, async ({ package: existing, ...options }) => {
    await using packaged = await packageDirectory(existing);
    const onProgress = (text: string) => console.error(text);
    const packageDir = packaged.directory;
    const results = await measureArchive({ ...options, packageDir, onProgress });
    console.log(report(results, loadOfLastMinute()));
  });
}
