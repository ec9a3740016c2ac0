/** `npm run shards`: what the pending index carries, and how evenly its shards are filled. */
import { count, counts, positive, runCommand, type Values, word } from './command.ts';
import {
  carriedRate,
  MAX_THROTTLED,
  makeArrivals,
  PARTITION_WRITES_PER_SECOND,
  type PartitionModel,
} from './shards/capacity.ts';
import { idFormats, measureUniformity, type Uniformity } from './shards/uniformity.ts';
import { figure, table } from './table.ts';

const HELP = `Usage: npm run shards -- [OPTIONS]

How evenly ids fall on the shards of the pending index, and how many messages a second a number of
shards carries before DynamoDB throttles: a simulation, the same for the same seed.

Options:
  --shards LIST    numbers of shards (1,2,4,8,16,32)
  --messages N     messages that arrive in each simulation (1000000)
  --ids N          ids of each format that are hashed (1000000)
  --mark-ms MS     from a message's first index write to its second (50)
  --seed S         what decides arrivals and ids (1)
  --help           show this
`;

const OPTIONS = {
  shards: counts([1, 2, 4, 8, 16, 32]),
  messages: count(1_000_000),
  ids: count(1_000_000),
  'mark-ms': positive(50),
  seed: word('1'),
};

/** Unused capacity that a partition is assumed to keep, seconds: the table has a column for each. */
const BUCKETS = [1, 0.1];

export interface ShardsResult {
  readonly uniformity: ReadonlyMap<string, Uniformity>;
  readonly capacity: readonly {
    readonly shards: number;
    /** Messages a second, one rate for each of the assumed buckets. */
    readonly rates: readonly number[];
  }[];
}

export function measureShards(options: Values<typeof OPTIONS>): ShardsResult {
  const formats = [...idFormats(options.seed, options.ids)];
  const arrivals = makeArrivals(options.seed, options.messages);
  const model = (bucketSeconds: number): PartitionModel => ({
    bucketSeconds,
    markAfterSeconds: options['mark-ms'] / 1_000,
  });
  return {
    uniformity: new Map(
      formats.map(([name, idOf]) => [name, measureUniformity(idOf, options.ids)]),
    ),
    capacity: options.shards.map((shards) => ({
      shards,
      rates: BUCKETS.map((bucket) => carriedRate(arrivals, shards, model(bucket))),
    })),
  };
}

function report({ uniformity, capacity }: ShardsResult, { ids }: Values<typeof OPTIONS>): string {
  const half = PARTITION_WRITES_PER_SECOND / 2;
  return [
    `How evenly ${figure(ids)} ids fall on the 16 shards (chi-square of 15 degrees of freedom;`,
    'equal shares give a z within ±3):',
    '',
    table([
      ['ids', 'chi-square', 'z', 'fullest/average'],
      ...[...uniformity].map(([name, { chiSquare, z, maxToMean }]) => [
        name,
        chiSquare.toFixed(1),
        z.toFixed(2),
        maxToMean.toFixed(4),
      ]),
    ]),
    '',
    `Messages a second with under ${MAX_THROTTLED * 100} % of index writes throttled, if a partition takes`,
    `${figure(PARTITION_WRITES_PER_SECOND)} writes a second and keeps unused capacity for as long as the column says:`,
    '',
    table([
      ['shards', 'no randomness', ...BUCKETS.map((bucket) => `${bucket} s`)],
      ...capacity.map(({ shards, rates }) => [
        shards,
        figure(shards * half),
        ...rates.map((rate) => figure(Math.floor(rate / 5) * 5)),
      ]),
    ]),
  ].join('\n');
}

if (import.meta.main) {
  await runCommand(HELP, OPTIONS, (options) =>
    console.log(report(measureShards(options), options)),
  );
}
