import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { zipSync } from 'fflate';
import { benchCommand, count, packageOption, progress } from './command.ts';
import { type Contender, openContenders } from './compare/contenders.ts';
import { measureLambda } from './compare/lambda.ts';
import { type Entry, measurementsOf } from './compare/measurement.ts';
import { countAllocations } from './compare/memory.ts';
import { warm } from './compare/warm.ts';
import { machineLine, type Sample, sampleOf, table } from './report.ts';
import { bundleWithout } from './tricks/bundle.ts';
import { TRICKS, type Trick } from './tricks/tricks.ts';

const NOTHING = 'nothing';
/** The shipped bundle once more: how much of a ratio is noise. */
const AGAIN = '(nothing)';

/** Batches of a process that are counted. */
const WARM_ROUNDS = 4;

const NONE: Omit<Trick, 'about'> = {};

/** A column of the table, and the line of the sections of `compare` that it is. */
const COLUMNS = {
  start: 'start',
  'start, CPU': 'CPU of the start',
  first: 'first message',
  'first, CPU': 'CPU of the first message',
  'new, CPU': 'CPU a new message',
  'duplicate, CPU': 'CPU a duplicate',
  'new, heap': 'heap of a new message',
} as const;

export const command = benchCommand(
  'Measures what each trick around the SDK and the bundler brings by itself: the shipped webhook beside the same ' +
    'without the trick, in turns. Start and first message as in "compare lambda", CPU as in "compare warm", heap as in ' +
    '"compare memory".',
)
  .argument('[tricks...]', 'what is left out, one at a time (all)')
  .addHelpText('after', `\nTricks:\n${helpOfTricks()}`)
  .addOption(count('--runs <n>', 'processes of each that are started', 40))
  .addOption(count('--warm <n>', 'processes of each that are kept', 6))
  .addOption(count('--batch <n>', 'messages a warm batch', 120))
  .addOption(packageOption())
  .action(async (names, { package: packageDir, ...settings }) => {
    const unknown = names.find((name) => !Object.hasOwn(TRICKS, name));
    if (unknown !== undefined) throw new Error(`There is no trick "${unknown}": see --help`);
    const tricks = Object.entries(TRICKS).filter(
      ([name]) => names.length === 0 || names.includes(name),
    );
    const interrupt = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(name, () => interrupt.abort(new Error('Interrupted')));
    }
    const options = { packageDir, withoutPeers: true, signal: interrupt.signal };
    await using opened = await openContenders(options);
    const [shipped] = opened.contenders;
    if (!shipped) throw new Error('The package has no webhook');
    await using folder = await mkdtempDisposable(join(tmpdir(), 'inbound-sms-bench-'));
    const variants = await variantsOf(shipped, tricks, folder.path);

    const entries: Entry[] = [];
    const report = {
      progress,
      remark: (text: string) => console.log(`${text}\n`),
      record: (line: Entry['line'], contender: string, value: number) =>
        entries.push({ line, contender, value }),
    };
    const lambda = { runs: settings.runs, latencyMs: 4, warmMessages: 1 };
    await measureLambda(variants, lambda, report);
    const { sweeper } = opened;
    const number = (option: string) => (option === 'rounds' ? WARM_ROUNDS : settings.batch);
    // Each process compiles the code in its own way, and keeps to it: many tell more than one that runs on.
    for (let n = 1; n <= settings.warm; n++) {
      progress(`warm processes: ${n} of ${settings.warm}`);
      await warm.run({ contenders: variants, sweeper, number, ...report, progress: () => {} });
    }
    for (const variant of variants) {
      progress(`${variant.name}: heap of a message`);
      for (const bytes of await countAllocations(variant)) {
        report.record({ name: COLUMNS['new, heap'], unit: 'KB' }, variant.name, bytes / 1_000);
      }
    }
    console.log(`${machineLine()}\n${reportOf(variants, entries)}`);
  });

interface Variant extends Contender {
  readonly bundle: Uint8Array;
}

/** The shipped bundle twice, and one without each trick. */
async function variantsOf(
  shipped: Contender,
  tricks: readonly (readonly [name: string, trick: Trick])[],
  folder: string,
): Promise<Variant[]> {
  const all = [[NOTHING, NONE], [AGAIN, NONE], ...tricks] as const;
  const packaged = await readFile(new URL(shipped.target.url));
  const variants: Variant[] = [];
  for (const [name, trick] of all) {
    const bundle = await bundleWithout(trick);
    const isShipped = packaged.equals(bundle);
    if (trick === NONE && !isShipped) throw new Error('Packaging makes another bundle');
    if (trick !== NONE && isShipped) throw new Error(`Without ${name}, the bundle is the same`);
    const file = join(folder, `${variants.length}.mjs`);
    await writeFile(file, bundle);
    const target = { ...shipped.target, url: pathToFileURL(file).href };
    const load: Contender['load'] = async (...args) => {
      const host = shipped.start(...args);
      await host.call('load', target);
      return host;
    };
    variants.push({ ...shipped, name, target, load, bundle });
  }
  return variants;
}

function reportOf([shipped, ...variants]: readonly Variant[], entries: readonly Entry[]): string {
  const measurements = measurementsOf('', entries);
  const samplesOf = (line: string) => measurements.find(({ name }) => name === line)?.samples ?? {};
  const row = (variant: Variant, cell: (sample: Sample, shipped: Sample) => string) => [
    variant.name,
    ...Object.values(COLUMNS).map((line) => {
      const { [variant.name]: sample, [NOTHING]: base } = samplesOf(line);
      return sample && base ? cell(sample, base) : '';
    }),
    (variant.bundle.length / 1_000).toFixed(1),
    (zipSync({ 'index.mjs': variant.bundle }, { level: 9 }).length / 1_000).toFixed(1),
  ];
  return `The first line is in ms, and KB of the heap. Below it: without the trick / as shipped, round by round. A trick has to
bring more than 1.05. Medians, quartiles in brackets.

${table([
  ['without', ...Object.keys(COLUMNS), 'KB', 'zipped'],
  ...(shipped ? [row(shipped, withQuartiles)] : []),
  ...variants.map((variant) => row(variant, (sample, base) => withQuartiles(ratio(sample, base)))),
])}`;
}

/** What disturbs the machine in a round disturbs both sides of its ratio. */
const ratio = (sample: Sample, base: Sample) =>
  sampleOf(sample.values.map((value, round) => value / (base.values[round] ?? Number.NaN)));

const withQuartiles = ({ median, quartiles }: Sample) =>
  `${median.toFixed(2)} (${quartiles.map((value) => value.toFixed(2)).join('–')})`;

function helpOfTricks(): string {
  const lines = Object.entries(TRICKS).map(([name, { about }]) => `  ${name.padEnd(18)} ${about}`);
  return lines.join('\n');
}
