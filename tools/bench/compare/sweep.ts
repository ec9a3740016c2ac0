import { AwsStub } from '../aws-stub.ts';
import type { Contender } from './contenders.ts';
import { type Line, TARGETS } from './measurement.ts';
import type { Section } from './section.ts';

/** What every call takes on the stub. */
const LATENCY_MS = 5;

export const sweep: Section = {
  name: 'sweep',
  about: 'a backlog swept by one invocation; every AWS call takes 5 ms',
  options: {
    records: [100_000, 'records of the backlog'],
    sweeps: [3, 'invocations, each with a backlog of its own'],
  },

  async run({ sweeper, number, progress, record }) {
    const sweeps = number('sweeps');
    const rate = { is: 'at least', value: TARGETS.sweptRecordsPerSecond } as const;
    const memory = { is: 'at most', value: sweeper.fn.memoryMb } as const;
    for (let round = 1; round <= sweeps; round++) {
      progress(`sweep ${round} of ${sweeps}`);
      const swept = await sweepOnce(sweeper, number('records'));
      const add = (line: Line, value: number) => record(line, 'ours', value);
      add({ name: 'records swept', unit: 'records' }, swept.published);
      add({ name: 'rate', unit: 'records/s', target: rate }, swept.rate);
      add({ name: 'limit of latency and connections', unit: 'records/s' }, swept.wireLimit);
      add({ name: 'limit of one CPU', unit: 'records/s' }, swept.cpuLimit);
      add({ name: 'calls a record', unit: 'calls' }, swept.callsPerRecord);
      add({ name: 'most connections at once', unit: 'connections' }, swept.connections);
      add({ name: 'peak resident memory', unit: 'MB', target: memory }, swept.peakRssMb);
      add({ name: 'growth in the second half', unit: 'MB' }, swept.growthMb);
    }
  },
};

async function sweepOnce(sweeper: Contender, backlog: number) {
  await using stub = await AwsStub.start({ backlog, latencyMs: LATENCY_MS });
  await using host = await sweeper.load([], stub);
  const { wallMs, cpuMs, rssMb } = await host.call('watch', {});
  const { connections } = stub;
  const published = stub.publications.size;
  if (published === 0) throw new Error('The sweep published nothing');
  const callsPerRecord = stub.callCount / published;
  return {
    ...{ published, callsPerRecord, connections },
    rate: published / (wallMs / 1_000),
    // Every connection carries one call at a time.
    wireLimit: (connections * 1_000) / LATENCY_MS / callsPerRecord,
    cpuLimit: published / (cpuMs / 1_000),
    peakRssMb: await host.call('peakRssMb'),
    growthMb: growthOf(rssMb),
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
