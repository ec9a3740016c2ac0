import { writeFile } from 'node:fs/promises';
import { benchCommand, count, packageOption, progress } from './command.ts';
import { calls } from './compare/calls.ts';
import { cold } from './compare/cold.ts';
import { type ContendersOptions, openContenders } from './compare/contenders.ts';
import { freeze } from './compare/freeze.ts';
import { lambda } from './compare/lambda.ts';
import { type Entry, type Measurement, measurementsOf, tableOf } from './compare/measurement.ts';
import { memory } from './compare/memory.ts';
import type { Section } from './compare/section.ts';
import { sweep } from './compare/sweep.ts';
import { warm } from './compare/warm.ts';
import { describeMachine, loadOfLastMinute } from './report.ts';

const SECTIONS: readonly Section[] = [cold, lambda, freeze, warm, calls, sweep, memory];

/** As a shell reports a process that Ctrl-C ended. */
const INTERRUPTED = 130;

export const command = benchCommand(
  'Measures the shipped bundle beside others that do the same job, all in one run against the same stub ' +
    'of AWS, and prints one table. What is slow or large does not fail.',
)
  .argument('[sections...]', 'what is measured (all)')
  .addHelpText(
    'after',
    `\nSections:\n${SECTIONS.map(({ name, about }) => `  ${name.padEnd(15)}  ${about}`).join('\n')}`,
  )
  .option('--json <file>', 'write every figure to a file as well')
  .addOption(packageOption());
for (const { options = {} } of SECTIONS) {
  for (const [name, [fallback, about]] of Object.entries(options)) {
    command.addOption(count(`--${name} <n>`, about, fallback));
  }
}

command.action(async (names, { json, package: packageDir, ...options }) => {
  const interrupt = new AbortController();
  const { signal } = interrupt;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(name, () => interrupt.abort(new Error('Interrupted')));
  }
  const sections = names.length > 0 ? names.map(sectionOf) : SECTIONS;
  const settings = options as Readonly<Record<string, number>>;
  try {
    const result = await compare(sections, settings, { packageDir, signal });
    if (json) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
    console.log(textOf(result));
  } catch (error) {
    if (!signal.aborted) throw error;
    progress('Interrupted');
    process.exitCode = INTERRUPTED;
  }
});

async function compare(
  sections: readonly Section[],
  settings: Readonly<Record<string, number>>,
  options: ContendersOptions,
) {
  progress('Bundling the contenders ...');
  await using opened = await openContenders(options);
  const before = loadOfLastMinute();
  const measurements: Measurement[] = [];
  const remarks: string[] = [];
  for (const { name, run } of sections) {
    const entries: Entry[] = [];
    await run({
      ...opened,
      record: (line, contender, value, note) => entries.push({ line, contender, value, note }),
      number: (option) => settings[option] ?? 0,
      remark: (text) => remarks.push(`${name}: ${text}`),
      progress: (text) => progress(`${name}: ${text}`),
    });
    measurements.push(...measurementsOf(name, entries));
  }
  const load = { before, after: loadOfLastMinute() };
  const contenders = opened.contenders.map(({ name, about }) => ({ name, about }));
  return { machine: describeMachine(), load, contenders, settings, remarks, measurements };
}

type Result = Awaited<ReturnType<typeof compare>>;

function textOf({ machine, load, contenders, remarks, measurements }: Result): string {
  const { node, platform, cpu, cores } = machine;
  const names = contenders.map(({ name }) => name);
  return `Node ${node}, ${platform}, ${cores} cores of ${cpu}
Load of the last minute: ${load.before} before, ${load.after} after
Medians (first to third quartile). 1 KB is 1,000 bytes; 1 MB of memory is 2^20 bytes.

${contenders.map(({ name, about }) => `- ${name}: ${about}`).join('\n')}
${remarks.map((remark) => `\n${remark}\n`).join('')}
${tableOf(measurements, names)}`;
}

function sectionOf(name: string): Section {
  const section = SECTIONS.find((candidate) => candidate.name === name);
  if (section) return section;
  const names = SECTIONS.map((candidate) => candidate.name).join(', ');
  throw new Error(`There is no section "${name}"; there are ${names}`);
}
