import { Figures, type Measurement, TARGETS, type Target } from './measurement.ts';
import { type FunctionHost, type Section, type SectionContext, startStub } from './workbench.ts';

/** What every call takes on the stub. */
const LATENCY_MS = 5;
const MEMORY_EVERY_MS = 500;

export const sweep: Section = {
  name: 'sweep',
  about: 'a backlog swept by one invocation; every AWS call takes 5 ms',
  options: {
    records: { fallback: 100_000, about: 'records of the backlog' },
    sweeps: { fallback: 3, about: 'invocations, each with a backlog of its own' },
  },

  async run(context) {
    const sweeps = context.number('sweeps');
    const figures = new Figures();
    for (let round = 1; round <= sweeps; round++) {
      context.progress(`sweep ${round} of ${sweeps}`);
      figures.add('ours', await sweepOnce(context));
    }
    const line = (name: string, unit: string, figure: string, target?: Target): Measurement => ({
      ...{ section: 'sweep', name, unit, samples: figures.samples(figure) },
      ...(target && { target }),
    });
    const { sweptRecordsPerSecond: value } = TARGETS;
    const { memoryMb } = context.bench.sweeper.fn;
    return [
      line('records swept', 'records', 'published'),
      line('rate', 'records/s', 'rate', { is: 'at least', value }),
      line('limit of latency and connections', 'records/s', 'wireLimit'),
      line('limit of one CPU', 'records/s', 'cpuLimit'),
      line('calls a record', 'calls', 'calls'),
      line('most connections at once', 'connections', 'connections'),
      line('peak resident memory', 'MB', 'peakRssMb', { is: 'at most', value: memoryMb }),
      line('growth in the second half', 'MB', 'growthMb'),
    ];
  },
};

async function sweepOnce({ bench, number }: SectionContext) {
  await using stub = startStub(bench.signal);
  const backlog = { backlog: number('records'), latencyMs: LATENCY_MS };
  const url = await stub.call('open', 'sweeper', backlog);
  await using host = await bench.load(bench.sweeper, { url });

  await using watch = watchMemory(host);
  const { wallMs, cpuMs } = await host.call('measure', {});
  const { peakRssMb } = await host.call('memory');
  const { published, calls, connections } = await stub.call('state', 'sweeper');
  if (published === 0) throw new Error('The sweep published nothing');
  const callsPerRecord = calls / published;
  return {
    published,
    rate: published / (wallMs / 1_000),
    // Every connection carries one call at a time.
    wireLimit: (connections * 1_000) / LATENCY_MS / callsPerRecord,
    cpuLimit: published / (cpuMs / 1_000),
    calls: callsPerRecord,
    connections,
    peakRssMb,
    growthMb: growthOf(watch.values),
  };
}

/** Resident memory of a function at work, MB, again and again. */
function watchMemory(host: FunctionHost): AsyncDisposable & { readonly values: number[] } {
  const values: number[] = [];
  const take = () =>
    host.call('memory').then(
      ({ rssMb }) => void values.push(rssMb),
      // The process has ended, and who waits for its answer says why.
      () => {},
    );
  let last = take();
  const timer = setInterval(() => {
    last = take();
  }, MEMORY_EVERY_MS);
  return {
    values,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await last;
    },
  };
}

/** From the middle of the time to its end, the mean of a tenth of the values each. */
function growthOf(values: readonly number[]): number {
  const some = Math.max(1, Math.floor(values.length / 10));
  const mean = (part: readonly number[]) =>
    part.reduce((sum, value) => sum + value, 0) / part.length;
  const middle = Math.floor((values.length - some) / 2);
  return mean(values.slice(-some)) - mean(values.slice(middle, middle + some));
}
