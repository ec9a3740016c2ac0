import { type Sample, sampleOf } from '../measurement.ts';
import type { Contender } from './contender.ts';
import type { Workbench } from './workbench.ts';

/** Until all code is compiled: code that is not takes more. */
const WARM_UP = 2_000;
const ROUNDS = 3;
const BATCH = 300;
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
  await host.call('deliverNew', 'a110ca7e-ffff-4000-8000-', WARM_UP);
  const counted: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = await host.call('allocated', `a110ca7e-000${round}-4000-8000-`, BATCH);
    counted.push(bytes / BATCH);
  }
  return sampleOf(counted);
}
