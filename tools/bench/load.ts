import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { startLocalStack } from '../local/stack.ts';
import { cpuTime } from './child-processes.ts';
import { benchCommand, counts, packageOption, positive, progress } from './command.ts';
import type { LoadStep } from './load-plot.ts';
import { type Sending, type Sent, sendOpenLoop } from './load-sender.ts';
import { figure, loadOfLastMinute, machineLine, table } from './report.ts';
import { packaged } from './stacks.ts';

/** Enough at once that the stack has started every process that it will use. */
const WARM_UP: Omit<Sending, 'url'> = { rate: 100, seconds: 1 };

export const command = benchCommand(
  'Puts the local stack, with the shipped bundle, under one rate of posts after the other. Posts are sent ' +
    'on time however slow the answers are, and latency counts from when a post was due.',
)
  .addOption(counts('--rates <list>', 'posts a second', [25, 50, 100, 150, 200, 250, 300]))
  .addOption(positive('--seconds <n>', 'how long each rate lasts', 20))
  .option('--plot <file>', 'draw throughput and latency over the rate as SVG')
  .addOption(packageOption())
  .action(async ({ rates, seconds, plot, package: existing }) => {
    await using folder = await packaged(existing);
    const load = loadOfLastMinute();
    const steps: LoadStep[] = [];
    for (const rate of rates) {
      progress(`${rate} posts a second for ${seconds} s ...`);
      steps.push(await measureStep(rate, seconds, folder.path));
    }
    console.log(report(steps, load));
    if (!plot) return;
    // Only when asked for: the library takes half a second to load.
    const { loadPlot } = await import('./load-plot.ts');
    const title = `The local stack on ${availableParallelism()} cores, ${seconds} s at each rate`;
    await mkdir(dirname(plot), { recursive: true });
    await writeFile(plot, `${loadPlot(steps, title)}\n`);
  });

/** A new stack for each rate: no queue is inherited. */
async function measureStep(rate: number, seconds: number, packageDir: string): Promise<LoadStep> {
  await using stack = await startLocalStack({ packageDir, schedules: false });
  await sendOpenLoop({ ...WARM_UP, url: stack.webhookUrl });
  const before = await cpuTime();
  const begin = performance.now();
  const sent = await sendFromThread({ url: stack.webhookUrl, rate, seconds });
  const elapsed = (performance.now() - begin) / 1_000;
  const after = await cpuTime();
  const stackCpu = (after.thread - before.thread) / elapsed;
  if (after.children === undefined) return { rate, ...sent, stackCpu, functionsCpu: undefined };
  const functionsCpu = (after.children - (before.children ?? 0)) / elapsed;
  return { rate, ...sent, stackCpu, functionsCpu };
}

async function sendFromThread(sending: Sending): Promise<Sent> {
  const worker = new Worker(new URL('load-sender.ts', import.meta.url), {
    workerData: { sending },
  });
  try {
    const [sent] = (await once(worker, 'message')) as [Sent];
    return sent;
  } finally {
    await worker.terminate();
  }
}

const HEADER = 'rate,posts,200,others,200/s,p50,p99,max,stack,functions,late'.split(',');

function report(steps: readonly LoadStep[], load: number): string {
  const rows = steps.map(({ posts, statuses, latency, ...step }) => {
    const accepted = statuses[200] ?? 0;
    return [
      ...[step.rate, posts, accepted, posts - accepted].map((each) => figure(each)),
      ...[step.delivered, latency.p50, latency.p99, latency.max].map((each) => figure(each, 1)),
      ...[step.stackCpu, step.functionsCpu].map((each) =>
        each === undefined ? '' : figure(each, 2),
      ),
      figure(step.lateness, 1),
    ];
  });
  return `${machineLine(load)}

Latency in ms from when a post was due. CPU in cores: of the thread of gateway and emulators, and of all
processes of functions. Late: how late the sender itself was at the 99th percentile, ms.

${table([HEADER, ...rows])}`;
}
