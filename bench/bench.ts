/** `npm run bench`: the service beside others that do the same job. */
import { writeFile } from 'node:fs/promises';
import { type BenchSettings, helpOf, readBenchSettings } from './bench-settings.ts';
import { tableOf } from './compare/comparison-table.ts';
import { describeMachine, loadOfLastMinute } from './compare/machine.ts';
import type { Section } from './compare/section.ts';
import { openWorkbench } from './compare/workbench.ts';
import type { Measurement } from './measurement.ts';
import { calls } from './sections/calls.ts';
import { cold } from './sections/cold.ts';
import { memory } from './sections/memory.ts';
import { sweep } from './sections/sweep.ts';
import { warm } from './sections/warm.ts';

const SECTIONS: readonly Section[] = [cold, warm, calls, sweep, memory];

/** As a shell reports a process that Ctrl-C ended. */
const INTERRUPTED = 130;

async function run(settings: BenchSettings, signal: AbortSignal): Promise<void> {
  const { packageDir } = settings;
  console.error('Bundling the contenders ...');
  await using bench = await openWorkbench({ packageDir, signal });
  const load = { before: loadOfLastMinute() };
  const measurements: Measurement[] = [];
  for (const section of settings.sections) {
    const progress = (text: string) => console.error(`${section.name}: ${text}`);
    measurements.push(...(await section.run({ bench, number: settings.number, progress })));
  }

  const machine = describeMachine();
  const contenders = bench.contenders.map(({ name, about }) => ({ name, about }));
  const result = {
    ...{ machine, load: { ...load, after: loadOfLastMinute() }, contenders },
    ...{ settings: settings.numbers, measurements },
  };
  if (settings.jsonFile) await writeFile(settings.jsonFile, `${JSON.stringify(result, null, 2)}\n`);
  const { node, platform, cpu, cores } = machine;
  console.log(`Node ${node}, ${platform}, ${cores} cores of ${cpu}`);
  console.log(`Load of the last minute: ${result.load.before} before, ${result.load.after} after`);
  console.log(
    'Medians (first to third quartile). 1 KB is 1,000 bytes; 1 MB of memory is 2^20 bytes.\n',
  );
  for (const { name, about } of contenders) console.log(`- ${name}: ${about}`);
  console.log(
    `\n${tableOf(
      measurements,
      contenders.map(({ name }) => name),
    )}`,
  );
}

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => interrupt.abort(new Error('Interrupted')));
}
try {
  const settings = readBenchSettings(process.argv.slice(2), SECTIONS);
  if (settings) await run(settings, interrupt.signal);
  else console.log(helpOf(SECTIONS));
} catch (error) {
  if (interrupt.signal.aborted) console.error('Interrupted');
  else console.error(error instanceof Error ? error.message : error);
  process.exitCode = interrupt.signal.aborted ? INTERRUPTED : 1;
}
