import type { Contender } from './contenders.ts';
import type { FunctionProcess } from './function-process.ts';
import { growthOf, TARGETS } from './measurement.ts';
import { newIds, type Section, type SectionContext } from './section.ts';

/**
 * How often the heap is measured. The first measurements are left out, until all code is compiled.
 */
const POINTS = 20;
const WARM_UP = 4;
/** The contenders whose heap and allocations are measured: ours, and the floor for comparison. */
const GROWING = ['ours', 'floor'];
/** Messages whose events exist at once. */
const BATCH = 500;

export const memory: Section = {
  name: 'memory',
  about: 'peak memory of every contender; growth of the heap; what a message allocates',
  options: { messages: [100_000, 'messages for the heap; a tenth for the peak'] },

  async run(context) {
    const { contenders, sweeper, number, progress, record } = context;
    const messages = number('messages');
    const most = { is: 'at most', value: contenders[0]?.fn.memoryMb ?? 0 } as const;
    const ratioTargets = TARGETS.peakMemoryRatios;
    for (const { name, stub, load } of contenders) {
      stub.remembers = false;
      progress(`${name}: ${Math.ceil(messages / 10)} messages`);
      await using host = await load();
      await deliver(host, Math.ceil(messages / 10), 0);
      const peak = { name: 'peak resident memory', unit: 'MB', target: most, ratioTargets };
      record(peak, name, await host.call('peakRssMb'));
    }

    const watched = contenders.filter(({ name }) => GROWING.includes(name));
    await watchHeaps({ ...context, contenders: watched, sweeper }, messages);
    const target = { is: 'at most', value: TARGETS.allocatedBytes } as const;
    const line = { name: 'allocated on the heap, a new message', unit: 'bytes', target };
    for (const contender of watched) {
      progress(`${contender.name}: what a message allocates`);
      for (const bytes of await countAllocations(contender)) record(line, contender.name, bytes);
    }
  },
};

/** All heaps are measured side by side, so that Node's own growth shows beside ours. */
async function watchHeaps(
  { contenders, progress, record }: SectionContext,
  messages: number,
): Promise<void> {
  const batch = Math.ceil(messages / POINTS);
  await using resources = new AsyncDisposableStack();
  const heaps: { name: string; host: FunctionProcess; bytes: number[] }[] = [];
  for (const { name, load } of contenders) {
    heaps.push({ name, host: resources.use(await load(['--expose-gc'])), bytes: [] });
  }
  for (let point = 0; point < POINTS; point++) {
    if (point % 5 === 0) progress(`heap: ${point * batch} of ${messages} messages`);
    for (const { host, bytes } of heaps) {
      await deliver(host, batch, point);
      bytes.push(await host.call('heapUsed'));
    }
  }
  const size = { name: `heap after collection, ${messages} messages`, unit: 'MB' };
  const growth = { name: 'heap growth (± standard error)', unit: 'bytes/message' };
  for (const { name, bytes } of heaps) {
    const counted = bytes.slice(WARM_UP);
    for (const each of counted) record(size, name, each / 2 ** 20);
    const { slope, error } = growthOf(counted);
    record(growth, name, slope / batch, `± ${(error / batch).toFixed(1)}`);
  }
}

/** New messages. Each series has other ids. */
async function deliver(host: FunctionProcess, messages: number, series: number): Promise<void> {
  const pad = (value: number) => String(value).padStart(4, '0');
  for (let sent = 0; sent < messages; sent += BATCH) {
    const prefix = `3e303f00-${pad(series)}-${pad(sent / BATCH)}-8000-`;
    await host.call('deliver', newIds(prefix, Math.min(BATCH, messages - sent)));
  }
}

/** Until all code is compiled, because uncompiled code takes more. */
const WARM_UP_MESSAGES = 2_000;
const ROUNDS = 3;
const COUNTED_BATCH = 300;
/** In MB. So large that nothing is collected while a batch is counted. */
const YOUNG_GENERATION = 256;

/**
 * Bytes on the heap that a new message takes, before any of them are collected, in some rounds.
 * Unlike times, they differ by at most a hundredth from run to run, even on a busy machine.
 */
export async function countAllocations({ stub, load }: Contender): Promise<number[]> {
  const size = `semi-space-size=${YOUNG_GENERATION}`;
  stub.remembers = false;
  await using host = await load(['--expose-gc', `--min-${size}`, `--max-${size}`]);
  await host.call('deliver', newIds('a110ca7e-ffff-4000-8000-', WARM_UP_MESSAGES));
  const counted: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const ids = newIds(`a110ca7e-000${round}-4000-8000-`, COUNTED_BATCH);
    counted.push((await host.call('allocated', ids)) / COUNTED_BATCH);
  }
  return counted;
}
