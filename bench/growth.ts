/** `npm run growth`: whether a post or a sweep takes longer the more messages are stored. */
import { count, counts, runCommand, word } from './command.ts';
import { describeMachine, loadOfLastMinute } from './compare/machine.ts';
import { type GrowthResult, measureGrowth } from './growth/measure-growth.ts';
import type { Sample } from './measurement.ts';
import { packageDirectory } from './package-directory.ts';
import { figure, table } from './table.ts';

const HELP = `Usage: npm run growth -- [OPTIONS]

Times posts and sweeps of the shipped bundle against how many messages are stored and how many are
pending. With the defaults it fills tables of 1,200,000 records first, on disk in the temporary folder.

Options:
  --stored LIST    records stored, a table for each (0,100000,1000000)
  --pending N      records pending in one more table (100000)
  --posts N        posts timed on each table (200)
  --sweeps LIST    pending records that a sweep finds (0,100,1000)
  --rounds N       how often each sweep is timed (7)
  --package DIR    a package of the stage "local" instead of a new one
  --help           show this
`;

const OPTIONS = {
  stored: counts([0, 100_000, 1_000_000], 0),
  pending: count(100_000, 0),
  posts: count(200),
  sweeps: counts([0, 100, 1_000], 0),
  rounds: count(7),
  package: word(''),
};

function report({ posts, sweeps }: GrowthResult, load: number): string {
  const { cpu, cores } = describeMachine();
  const [first] = posts;
  const stored = [...new Set(sweeps.map((sweep) => sweep.stored))];
  const found = [...new Set(sweeps.map((sweep) => sweep.found))];
  const sweepOf = (size: number, pending: number) =>
    sweeps.find((sweep) => sweep.stored === size && sweep.found === pending)?.sample;
  return [
    `${cpu}, ${cores} cores; load of the last minute: ${load}.`,
    '',
    'Time of a post, ms (median, and from the first to the third quartile):',
    '',
    table([
      ['stored', 'pending', 'median', 'quartiles', 'against the first'],
      ...posts.map((post) => [
        figure(post.stored),
        figure(post.pending),
        ...timing(post.sample),
        ratio(post.sample, first?.sample),
      ]),
    ]),
    '',
    'Time of a sweep, ms, by how many pending records it finds and how many are stored; against the first',
    'column in brackets:',
    '',
    table([
      ['pending', ...stored.map((size) => `${figure(size)} stored`)],
      ...found.map((pending) => [
        figure(pending),
        ...stored.map((size) => {
          const sample = sweepOf(size, pending);
          const base = sweepOf(stored[0] ?? 0, pending);
          return sample ? `${figure(sample.median, 1)} (${ratio(sample, base)})` : '';
        }),
      ]),
    ]),
  ].join('\n');
}

function timing({ median, quartiles: [low, high] }: Sample): string[] {
  return [figure(median, 2), `${figure(low, 2)}–${figure(high, 2)}`];
}

function ratio(sample: Sample, base: Sample | undefined): string {
  return `${figure(sample.median / (base?.median ?? sample.median), 2)}x`;
}

if (import.meta.main) {
  await runCommand(HELP, OPTIONS, async ({ package: existing, ...options }) => {
    await using packaged = await packageDirectory(existing);
    const onProgress = (text: string) => console.error(text);
    const packageDir = packaged.directory;
    const result = await measureGrowth({ ...options, packageDir, onProgress });
    console.log(report(result, loadOfLastMinute()));
  });
}
