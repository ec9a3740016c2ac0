import { AwsStub, type StubOptions } from '../aws-stub.ts';
import { type CpuQuota, LAMBDA_CORES, openCpuQuota } from '../cpu-quota.ts';
import { openTlsIdentity } from '../tls-identity.ts';
import type { Contender } from './contenders.ts';
import { type Line, TARGETS } from './measurement.ts';
import type { Section } from './section.ts';

/** The time of every call on the stub. */
const LATENCY_MS = 5;

export const sweep: Section = {
  name: 'sweep',
  about:
    'a backlog swept by one invocation, on a whole core and as on Lambda; every AWS call takes 5 ms',
  options: {
    records: [100_000, 'records of the backlog'],
    sweeps: [3, 'invocations of each, each with a backlog of its own'],
  },

  async run({ sweeper, number, progress, remark, record }) {
    const [sweeps, backlog] = [number('sweeps'), number('records')];
    const rate = { is: 'at least', value: TARGETS.sweptRecordsPerSecond } as const;
    const memory = { is: 'at most', value: sweeper.fn.memoryMb } as const;
    const add = (line: Line, value: number) => record(line, 'ours', value);
    await using tls = await openTlsIdentity();
    const cores = LAMBDA_CORES.toFixed(2);
    for (let round = 1; round <= sweeps; round++) {
      progress(`sweep ${round} of ${sweeps}`);
      const swept = await sweepOnce(sweeper, { backlog });
      add({ name: 'records swept', unit: 'records' }, swept.published);
      add({ name: 'rate', unit: 'records/s', target: rate }, swept.rate);
      add({ name: 'CPU a record', unit: 'ms' }, swept.cpuMs);
      add({ name: 'limit of latency and connections', unit: 'records/s' }, swept.wireLimit);
      add({ name: 'limit of one CPU', unit: 'records/s' }, 1_000 / swept.cpuMs);
      add({ name: 'calls a record', unit: 'calls' }, swept.callsPerRecord);
      add({ name: 'most connections at once', unit: 'connections' }, swept.connections);
      add({ name: 'peak resident memory', unit: 'MB', target: memory }, swept.peakRssMb);
      add({ name: 'growth in the second half', unit: 'MB' }, swept.growthMb);

      progress(`sweep ${round} of ${sweeps}, as on Lambda`);
      await using quota = await openCpuQuota(LAMBDA_CORES);
      if (round === 1) remark(remarkOf(quota.refusal));
      const held = await sweepOnce(sweeper, { backlog, tls }, quota);
      add({ name: `rate over HTTPS, ${cores} of a core`, unit: 'records/s' }, held.rate);
      add({ name: `CPU a record over HTTPS, ${cores} of a core`, unit: 'ms' }, held.cpuMs);
    }
  },
};

/** @param refusal Why there is no CPU quota, if there is none. */
function remarkOf(refusal: string | undefined): string {
  return refusal === undefined
    ? 'Over HTTPS, the process has this share of a core after its start, in periods of 20 ms.'
    : `This machine allows no CPU quota (${refusal}): over HTTPS the sweep had whole cores, too.`;
}

async function sweepOnce(sweeper: Contender, stubOptions: StubOptions, quota?: CpuQuota) {
  await using stub = await AwsStub.start({ ...stubOptions, latencyMs: LATENCY_MS });
  await using host = await sweeper.load([], stub);
  await quota?.add(host.pid);
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
    /** Of one record. */
    cpuMs: cpuMs / published,
    peakRssMb: await host.call('peakRssMb'),
    growthMb: growthOf(rssMb),
  };
}

/** From the middle of the time to its end: the mean of a tenth of the values at each. */
function growthOf(values: readonly number[]): number {
  const some = Math.max(1, Math.floor(values.length / 10));
  const mean = (part: readonly number[]) =>
    part.reduce((sum, value) => sum + value, 0) / part.length;
  const middle = Math.floor((values.length - some) / 2);
  return mean(values.slice(-some)) - mean(values.slice(middle, middle + some));
}
