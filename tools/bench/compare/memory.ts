import { type Sample, sampleOf } from '../report.ts';
import type { Contender } from './contenders.ts';
import { Figures, growthOf, type Measurement, TARGETS } from './measurement.ts';
import type { FunctionHost, Section, SectionContext, Workbench } from './workbench.ts';

/** Times that the heap is measured; the first of them are left out, until all code is compiled. */
const POINTS = 20;
const WARM_UP = 4;
/** Whose heap and allocations are watched: ours, and the floor as what a growth of ours is compared with. */
const GROWING = ['ours', 'floor'];
/** Messages whose events exist at once. */
const BATCH = 500;

export const memory: Section = {
  name: 'memory',
  about: 'peak memory of every contender; growth of the heap; what a message allocates',
  options: {
    messages: { fallback: 100_000, about: 'messages for the heap; a tenth for the peak' },
  },

  async run(context) {
    const { bench } = context;
    const messages = context.number('messages');
    for (const { name } of bench.contenders) await bench.stub.call('remember', name, false);
    const memoryMb = bench.contenders[0]?.fn.memoryMb ?? 0;
    return [
      {
        ...{ section: 'memory', name: 'peak resident memory', unit: 'MB' },
        samples: await peaks(context, Math.ceil(messages / 10)),
        target: { is: 'at most', value: memoryMb },
      },
      ...(await heapGrowth(context, messages)),
      await allocations(context),
    ];
  },
};

async function allocations({ bench, progress }: SectionContext): Promise<Measurement> {
  const samples: Record<string, Sample> = {};
  for (const contender of bench.contenders.filter(({ name }) => GROWING.includes(name))) {
    progress(`${contender.name}: what a message allocates`);
    samples[contender.name] = await countAllocations(bench, contender);
  }
  return {
    ...{ section: 'memory', name: 'allocated on the heap, a new message', unit: 'bytes' },
    samples,
    target: { is: 'at most', value: TARGETS.allocatedBytes },
  };
}

async function peaks({ bench, progress }: SectionContext, messages: number) {
  const figures = new Figures();
  for (const contender of bench.contenders) {
    progress(`${contender.name}: ${messages} messages`);
    await using host = await bench.load(contender);
    await deliver(host, messages, 0);
    const { peakRssMb } = await host.call('memory');
    figures.add(contender.name, { peakRssMb });
  }
  return figures.samples('peakRssMb');
}

/** The heaps of both grow side by side, so that what Node itself adds is seen beside what we add. */
async function heapGrowth(
  { bench, progress }: SectionContext,
  messages: number,
): Promise<Measurement[]> {
  const batch = Math.ceil(messages / POINTS);
  const contenders = bench.contenders.filter(({ name }) => GROWING.includes(name));
  await using resources = new AsyncDisposableStack();
  const heaps = new Map<string, number[]>();
  const hosts: [string, FunctionHost][] = [];
  for (const contender of contenders) {
    const host = await bench.load(contender, { execArgv: ['--expose-gc'] });
    hosts.push([contender.name, resources.use(host)]);
    heaps.set(contender.name, []);
  }
  for (let point = 0; point < POINTS; point++) {
    if (point % 5 === 0) progress(`heap: ${point * batch} of ${messages} messages`);
    for (const [name, host] of hosts) {
      await deliver(host, batch, point);
      heaps.get(name)?.push(await host.call('heapUsed'));
    }
  }
  const samplesOf = (sample: (counted: number[]) => Sample) =>
    Object.fromEntries([...heaps].map(([name, all]) => [name, sample(all.slice(WARM_UP))]));
  return [
    {
      ...{ section: 'memory', name: `heap after collection, ${messages} messages`, unit: 'MB' },
      samples: samplesOf((counted) => sampleOf(counted.map((bytes) => bytes / 2 ** 20))),
    },
    {
      ...{ section: 'memory', name: 'heap growth (± standard error)', unit: 'bytes/message' },
      samples: samplesOf((counted) => {
        const { slope, error } = growthOf(counted);
        return sampleOf([slope / batch], `± ${(error / batch).toFixed(1)}`);
      }),
    },
  ];
}

/** New messages; those of another series have other ids. */
async function deliver(host: FunctionHost, messages: number, series: number): Promise<void> {
  const pad = (value: number) => String(value).padStart(4, '0');
  for (let sent = 0; sent < messages; sent += BATCH) {
    const prefix = `3e303f00-${pad(series)}-${pad(sent / BATCH)}-8000-`;
    await host.call('deliverNew', prefix, Math.min(BATCH, messages - sent));
  }
}

/** Until all code is compiled: code that is not takes more. */
const WARM_UP_MESSAGES = 2_000;
const ROUNDS = 3;
const COUNTED_BATCH = 300;
/** So large, in MB, that nothing is collected while a batch is counted. */
const YOUNG_GENERATION = 256;

/**
 * Bytes on the heap that a new message takes, before any of it is collected. Unlike time it is the same
 * within a hundredth from run to run, whatever else the machine does.
 */
export async function countAllocations(bench: Workbench, contender: Contender): Promise<Sample> {
  const size = `semi-space-size=${YOUNG_GENERATION}`;
  const execArgv = ['--expose-gc', `--min-${size}`, `--max-${size}`];
  await bench.stub.call('remember', contender.name, false);
  await using host = await bench.load(contender, { execArgv });
  await host.call('deliverNew', 'a110ca7e-ffff-4000-8000-', WARM_UP_MESSAGES);
  const counted: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = await host.call('allocated', `a110ca7e-000${round}-4000-8000-`, COUNTED_BATCH);
    counted.push(bytes / COUNTED_BATCH);
  }
  return sampleOf(counted);
}
