import { PARAMETERS } from '../../infra/plugin/parameters.js';
import { UNITS_A_DAY, UNITS_AT_ONCE } from '../../lib/messages/quarantine.ts';
import { benchCommand, count, counts, packageOption, positive, regionOption } from './command.ts';
import {
  type Counts,
  countService,
  itemBytes,
  messageUsage,
  type Work,
  workOf,
} from './cost/count.ts';
import { billOf, PRICES_DATE, type Region, times, total, type Usage } from './cost/prices.ts';
import { figure, table } from './report.ts';
import { type Sms, TYPICAL } from './sms.ts';
import { packaged } from './stacks.ts';

const SECONDS_A_DAY = 86_400;
/** By the provider's guide, the PBX then e-mails the message. */
const ATTEMPTS = 10;

const options = benchCommand(
  'Two numbers that the throttle decides: what a day costs if somebody uses a leaked URL as much as they can ' +
    `(the shipped bundle on emulators, at the prices of ${PRICES_DATE}), and how many of the PBX's messages are ` +
    'e-mailed while a stranger without the token floods the API.',
)
  .addOption(counts('--rates <list>', 'throttleRate of each line', [5, 10, 20, 50, 100, 300]))
  .addOption(count('--burst <n>', 'throttleBurst', 200))
  .addOption(
    counts('--strangers <list>', 'requests a second of the stranger', [10, 30, 100, 300, 1_000]),
  )
  .addOption(count('--messages <n>', 'messages of the PBX', 600))
  .addOption(positive('--ms <n>', 'billed time of a message, ms', 40))
  .addOption(positive('--refused-ms <n>', 'billed time of a request with a wrong token, ms', 5))
  .addOption(regionOption())
  .addOption(packageOption());

export const command = options.action(async (given) => {
  await using folder = await packaged(given.package);
  console.log(report(await countService(folder.path, [TYPICAL, dearest()]), given));
});

function report({ service, messages }: Counts, given: ReturnType<typeof options.opts>): string {
  const { rates, burst, strangers, ms, refusedMs, region } = given;
  const [typical] = messages;
  if (!typical) throw new Error('No message was counted');
  const callers: (readonly [name: string, Usage])[] = [
    ...messages.map((each) => [each.name, messageUsage(workOf(each), ms, service)] as const),
    ['a wrong token', messageUsage(refused(workOf(typical)), refusedMs, service)],
  ];
  const day = (usage: Usage, rate: number) => {
    const { spent, kept } = dayBill(usage, rate, burst, region);
    return `${figure(spent)} (${figure(kept)})`;
  };
  const emailed = (rate: number, stranger: number) =>
    figure(given.messages * emailedShare(rate, stranger));
  const kept = dayBill(quarantineUsage(), 0, 1, region);
  return `Prices of ${PRICES_DATE} in ${region}, US$. Lambda bills ${ms} ms for a message and ${refusedMs} ms for a wrong
token: assumed. What subscribers cost comes on top.

${table([
  ['message', 'form', 'record', 'units', 'notification'],
  ...messages.map((message) => {
    const { name, formBytes, marked, notificationBytes } = message;
    const sizes = [formBytes, itemBytes(marked), workOf(message).units, notificationBytes];
    return [name, ...sizes.map((size) => figure(size))];
  }),
])}

A day at the throttle’s limit (throttleBurst ${burst}), US$: paid for the day, and in brackets for what it leaves
behind until that is deleted:

${table([
  ['throttleRate', ...callers.map(([name]) => name)],
  ...rates.map((rate) => [rate, ...callers.map(([, usage]) => day(usage, rate))]),
])}

Refused requests are kept, for ${figure(UNITS_A_DAY)} write units a day at most: US$ ${figure(kept.spent, 2)} (${figure(kept.kept, 2)}) a day.

Messages of ${figure(given.messages)} that are e-mailed after ten attempts while a stranger sends so many requests a second:

${table([
  ['throttleRate', ...strangers.map((each) => figure(each))],
  ...rates.map((rate) => [rate, ...strangers.map((each) => emailed(rate, each))]),
])}`;
}

/** The message that costs the most: every field as long as it is accepted, in characters of four bytes. */
export function dearest(): Sms {
  const longest = '\u{1F642}'.repeat(256);
  // A record keeps 4,096 bytes of other fields, as JSON. The usual ones leave 3,900.
  const other = 'x'.repeat(3_900);
  const ids = { message_id: crypto.randomUUID().padEnd(128, '-'), service_id: longest };
  return {
    name: 'dearest accepted',
    text: '\u{1F642}'.repeat(10_000),
    fields: { ...ids, from: longest, sms_number: longest, other },
  };
}

/** A request without the token is refused before any call, and logged. */
export function refused(message: Work): Work {
  return { ...message, notificationBytes: 0, units: 0, recordBytes: 0, indexBytes: 0 };
}

/**
 * The most that a throttle lets through in a day, each request as dear as `usage`, US$: paid for the day
 * itself, and for what it leaves behind, over the whole time that it is kept.
 */
export function dayBill(usage: Usage, rate: number, burst: number, region: Region) {
  const bill = billOf(times(rate * SECONDS_A_DAY + burst, usage), region);
  const isKept = ({ what }: { what: string }) => what.endsWith('Kept');
  return {
    spent: total(bill.filter((charge) => !isKept(charge))).usd,
    kept: total(bill.filter(isKept)).usd,
  };
}

/**
 * The most that a day's refused requests cost beside their invocations: write units, those of the day's counter
 * included, and what they leave behind for `quarantineDays`.
 */
export function quarantineUsage(): Usage {
  const gbMonths =
    ((UNITS_A_DAY * 1024) / 1e9) * (Number(PARAMETERS.quarantineDays?.fallback) / 30);
  return {
    writes: UNITS_A_DAY + UNITS_A_DAY / UNITS_AT_ONCE,
    tableKept: gbMonths,
    backupKept: gbMonths,
  };
}

/**
 * The share of messages that the PBX gives up during a flood. API Gateway throttles a route before the
 * function sees the token, so each attempt passes with the chance of rate ÷ flood, whosever it is.
 */
export function emailedShare(rate: number, flood: number): number {
  return flood > rate ? (1 - rate / flood) ** ATTEMPTS : 0;
}
