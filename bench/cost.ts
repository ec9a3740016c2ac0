/** `npm run cost`: what a million messages cost, and what a month without any. */
import { count, positive, runCommand, type Values, word } from './command.ts';
import { measuredCost } from './cost/measured-cost.ts';
import { observeService } from './cost/observe.ts';
import { PRICES_DATE, REGIONS } from './cost/prices.ts';
import { regionOption } from './cost/region-option.ts';
import { costReport } from './cost/report.ts';
import { SAMPLES } from './cost/samples.ts';
import { readBilledTemplate } from './cost/service-template.ts';
import { packageDirectory } from './package-directory.ts';

const HELP = `Usage: npm run cost -- [OPTIONS]

What the service costs on AWS, US$, at the prices of ${PRICES_DATE} (bench/cost/prices.json). Runs the
shipped bundle on emulators and counts what AWS would bill: calls, write units, log bytes, storage.
Only the time that Lambda bills is an assumption: the log's REPORT lines tell you yours.

Options:
  --region R       ${REGIONS.join(' or ')} (${REGIONS[0]})
  --ms N           billed time of a message, ms (40)
  --sweep-ms N     billed time of a sweep with nothing to do, ms (150)
  --package DIR    a package of the stage "local" instead of a new one
  --help           show this
`;

const OPTIONS = {
  region: regionOption,
  ms: positive(40),
  'sweep-ms': count(150),
  package: word(''),
};

/** Counts what the service uses and prices it. */
export async function measureCost(options: Values<typeof OPTIONS>) {
  await using work = await packageDirectory(options.package);
  const template = await readBilledTemplate(work.directory);
  const observation = await observeService(work.directory, template.indexes, SAMPLES);
  return measuredCost(observation, template, {
    region: options.region,
    milliseconds: options.ms,
    sweepMilliseconds: options['sweep-ms'],
  });
}

if (import.meta.main) {
  await runCommand(HELP, OPTIONS, async (options) =>
    console.log(costReport(await measureCost(options))),
  );
}
