/** `npm run load`: how many posts the local stack takes a second, and how long they wait. */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { counts, positive, runCommand, word } from './command.ts';
import { describeMachine, loadOfLastMinute } from './compare/machine.ts';
import { type LoadStep, measureLoad } from './load/measure-load.ts';
import { packageDirectory } from './package-directory.ts';
import { figure, table } from './table.ts';

const HELP = `Usage: npm run load -- [OPTIONS]

Puts the local stack, with the shipped bundle, under one rate of posts after the other. Posts are sent
on time however slow the answers are, and latency counts from when a post was due.

Options:
  --rates LIST     posts a second (25,50,100,150,200,250,300)
  --seconds N      how long each rate lasts (20)
  --plot FILE      draw throughput and latency over the rate as SVG
  --package DIR    a package of the stage "local" instead of a new one
  --help           show this
`;

const OPTIONS = {
  rates: counts([25, 50, 100, 150, 200, 250, 300]),
  seconds: positive(20),
  plot: word(''),
  package: word(''),
};

function report(steps: readonly LoadStep[], load: number): string {
  const { cpu, cores } = describeMachine();
  return [
    `${cpu}, ${cores} cores; load of the minute before: ${load}.`,
    '',
    'Latency in ms from when a post was due. CPU in cores: of the thread of gateway and emulators, and of all',
    'processes of functions. Late: how late the sender itself was at the 99th percentile, ms.',
    '',
    table([
      [
        'rate',
        'posts',
        '200',
        'others',
        '200/s',
        'p50',
        'p99',
        'max',
        'stack',
        'functions',
        'late',
      ],
      ...steps.map(({ rate, posts, statuses, delivered, latency, ...step }) => [
        figure(rate),
        figure(posts),
        figure(statuses[200] ?? 0),
        figure(posts - (statuses[200] ?? 0)),
        figure(delivered, 1),
        figure(latency.p50, 1),
        figure(latency.p99, 1),
        figure(latency.max, 1),
        figure(step.stackCpu, 2),
        step.functionsCpu === undefined ? '' : figure(step.functionsCpu, 2),
        figure(step.lateness, 1),
      ]),
    ]),
  ].join('\n');
}

async function writePlot(file: string, steps: readonly LoadStep[], seconds: number) {
  // Only when asked for: the library takes half a second to load.
  const { loadPlot } = await import('./load/plot.ts');
  const title = `The local stack on ${availableParallelism()} cores, ${seconds} s at each rate`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${loadPlot(steps, title)}\n`);
}

if (import.meta.main) {
  await runCommand(HELP, OPTIONS, async ({ package: existing, plot, rates, seconds }) => {
    await using packaged = await packageDirectory(existing);
    const load = loadOfLastMinute();
    const onProgress = (text: string) => console.error(text);
    const steps = await measureLoad({
      packageDir: packaged.directory,
      rates,
      seconds,
      onProgress,
    });
    console.log(report(steps, load));
    if (plot) await writePlot(plot, steps, seconds);
  });
}
