/** `npm run flood`: what a leaked URL costs a day, and what a stranger's flood does to the PBX. */
import { randomUUID } from 'node:crypto';
import { count, counts, positive, runCommand, type Values, word } from './command.ts';
import { itemBytes } from './cost/item-size.ts';
import { observeService } from './cost/observe.ts';
import { usageOf } from './cost/peers.ts';
import { PRICES_DATE, REGIONS } from './cost/prices.ts';
import { regionOption } from './cost/region-option.ts';
import { SAMPLES } from './cost/samples.ts';
import { readBilledTemplate } from './cost/service-template.ts';
import { gbSeconds, totalUnits } from './cost/usage.ts';
import { dayBill, refusedUsage } from './flood/day-bill.ts';
import { dearest } from './flood/dearest.ts';
import { starve } from './flood/starvation.ts';
import { packageDirectory } from './package-directory.ts';
import { figure, table } from './table.ts';

const HELP = `Usage: npm run flood -- [OPTIONS]

Two numbers that the throttle decides: what a day costs if somebody uses a leaked URL as much as they can
(the shipped bundle on emulators, at the prices of ${PRICES_DATE}), and how many of the PBX's messages are
e-mailed while a stranger without the token floods the API (a simulation, the same for the same seed).

Options:
  --rates LIST     throttleRate of each line (5,10,20,50,100,300)
  --burst N        throttleBurst (200)
  --strangers LIST requests a second of the stranger (10,30,100,300,1000)
  --spacings LIST  seconds between two attempts of the PBX (1,60)
  --messages N     messages of the PBX in each simulation, one a second (600)
  --ms N           billed time of a message, ms (40)
  --refused-ms N   billed time of a request with a wrong token, ms (5)
  --region R       ${REGIONS.join(' or ')} (${REGIONS[0]})
  --seed S         what decides when the PBX sends (1)
  --package DIR    a package of the stage "local" instead of a new one
  --help           show this
`;

const OPTIONS = {
  rates: counts([5, 10, 20, 50, 100, 300]),
  burst: count(200),
  strangers: counts([10, 30, 100, 300, 1_000]),
  spacings: counts([1, 60]),
  messages: count(600),
  ms: positive(40),
  'refused-ms': positive(5),
  region: regionOption,
  seed: word('1'),
  package: word(''),
};

type FloodOptions = Values<typeof OPTIONS>;

/** What the throttle bounds, and what it does not. */
export async function measureFlood(options: FloodOptions) {
  const { ms, region, burst, rates } = options;
  await using work = await packageDirectory(options.package);
  const template = await readBilledTemplate(work.directory);
  const [usual] = SAMPLES;
  const samples = [...(usual ? [usual] : []), dearest(randomUUID())];
  const { messages } = await observeService(work.directory, template.indexes, samples);
  const surroundings = { ...template, milliseconds: ms };
  const costs = messages.map((message) => ({
    message,
    usage: usageOf('ours', message, surroundings),
  }));
  const [typical] = costs;
  if (!typical) throw new Error('No message was observed');
  const refusedTime = gbSeconds(options['refused-ms'], template.memoryMb);
  const callers = [
    ...costs.map(({ message, usage }) => ({ name: message.name, usage })),
    { name: 'a wrong token', usage: refusedUsage(typical.usage, refusedTime) },
  ];
  return {
    messages,
    bills: rates.map((rate) => ({
      rate,
      callers: callers.map(({ name, usage }) => ({
        name,
        ...dayBill(usage, { rate, burst }, template.retention, region),
      })),
    })),
    starvation: starvation(options),
  };
}

type Measured = Awaited<ReturnType<typeof measureFlood>>;

function starvation({ rates, burst, strangers, spacings, messages, seed }: FloodOptions) {
  return rates.flatMap((rate) =>
    spacings.map((spacingSeconds) => ({
      rate,
      spacingSeconds,
      emailed: strangers.map(
        (each) =>
          starve({ throttle: { rate, burst }, strangers: each, spacingSeconds, messages, seed })
            .emailed,
      ),
    })),
  );
}

function report({ messages, bills, starvation: starved }: Measured, options: FloodOptions): string {
  const { region, burst, ms, strangers } = options;
  return [
    `Prices of ${PRICES_DATE} in ${region}, US$. Lambda bills ${ms} ms for a message and ${options['refused-ms']} ms for a wrong`,
    `token: assumed. What subscribers cost comes on top.`,
    '',
    table([
      ['message', 'form', 'record', 'units', 'notification'],
      ...messages.map(({ name, bodyBytes, marked, writes, notificationBytes }) => [
        name,
        figure(bodyBytes),
        figure(itemBytes(marked)),
        figure(totalUnits(writes)),
        figure(notificationBytes),
      ]),
    ]),
    '',
    `A day at the throttle’s limit (throttleBurst ${burst}), US$: paid for the day, and in brackets for what it leaves`,
    'behind until that is deleted:',
    '',
    table([
      ['throttleRate', ...(bills[0]?.callers ?? []).map(({ name }) => name)],
      ...bills.map(({ rate, callers }) => [
        rate,
        ...callers.map(({ spent, kept }) => `${figure(spent)} (${figure(kept)})`),
      ]),
    ]),
    '',
    `Messages of ${figure(options.messages)} that are e-mailed after ten attempts while a stranger sends so many requests a second:`,
    '',
    table([
      ['throttleRate, spacing', ...strangers.map((rate) => figure(rate))],
      ...starved.map(({ rate, spacingSeconds, emailed }) => [
        `${rate}, ${spacingSeconds} s`,
        ...emailed.map((many) => figure(many)),
      ]),
    ]),
  ].join('\n');
}

if (import.meta.main) {
  await runCommand(HELP, OPTIONS, async (options) =>
    console.log(report(await measureFlood(options), options)),
  );
}
