import { benchCommand, count, packageOption, positive, regionOption } from './command.ts';
import * as counted from './cost/count.ts';
import { billOf, PRICES_DATE, type Region, times, total } from './cost/prices.ts';
import { figure, table } from './report.ts';
import { TYPICAL } from './sms.ts';
import { packaged } from './stacks.ts';

/** The lengths that matter: the longest texts of ten parts, and the longest accepted text. */
const SAMPLES = [
  TYPICAL,
  { name: 'longest in Chinese: 670 characters', text: '短'.repeat(670) },
  { name: 'longest in English: 1,530 characters', text: 'e'.repeat(1_530) },
  { name: 'longest accepted: 10,000 characters', text: 'e'.repeat(10_000) },
];
const MILLION = 1_000_000;
/** One a minute in 730 hours. */
const SWEEPS = 43_800;
/** Two functions ask two services, each of which asks KMS about every five minutes. From knowledge. */
const KMS_REQUESTS = 2 * 2 * 12 * 720;

/** Lambda polls a queue with five connections, each for 20 seconds, also while nothing comes. */
const IDLE_POLLS = 15 * 60 * 730;
/** Two copies of the forwarder run for one subscriber, and each reads its secret every five minutes. */
const SECRET_READS = 2 * 12 * 730;
const FORWARDER_GB = 0.25;
/** A line of the forwarder's log, and the attribute that marks a delivery: bytes. */
const FORWARDER_LINE = 350;
const MARK = 70;

export const command = benchCommand(
  `What the service costs on AWS, US$, at the prices of ${PRICES_DATE} (tools/bench/cost/prices.ts). Runs the shipped ` +
    'bundle on emulators and counts what AWS would bill: calls, write units, log bytes, storage. Only the ' +
    "time that Lambda bills is an assumption: the log's REPORT lines tell you yours.",
)
  .addOption(regionOption())
  .addOption(positive('--ms <n>', 'billed time of a message, ms', 40))
  .addOption(count('--sweep-ms <n>', 'billed time of a sweep with nothing to do, ms', 150))
  .addOption(positive('--forward-ms <n>', 'billed time of a delivery to a subscriber, ms', 500))
  .addOption(packageOption())
  .action(async ({ region, ms, sweepMs, forwardMs, package: existing }) => {
    await using folder = await packaged(existing);
    console.log(
      report(await counted.countService(folder.path, SAMPLES), region, ms, sweepMs, forwardMs),
    );
  });

/** All counted usage, times the price list. */
export function report(
  { service, messages, sweep }: counted.Counts,
  region: Region,
  ms: number,
  sweepMs: number,
  forwardMs: number,
): string {
  const [typical] = messages;
  if (!typical) throw new Error('No message was counted');
  const million = (work: counted.Work) => times(MILLION, counted.messageUsage(work, ms, service));
  const month = (volume: number) => {
    const sweeps = times(SWEEPS, counted.sweepUsage(sweep, sweepMs, service));
    const used = times(volume / MILLION, million(counted.workOf(typical)), sweeps);
    const metrics = [sweep.logLine, ...(volume > 0 ? [typical.logLine] : [])].flatMap(metricNames);
    const { alarmMetrics, dashboards } = service;
    const standing = { alarmMetrics, dashboards, kmsRequests: KMS_REQUESTS };
    return billOf({ ...used, ...standing, customMetrics: metrics.length }, region);
  };
  const peers = counted.peersOf(typical);
  const bills = Object.values(peers).map((work) => billOf(million(work), region));
  const idle = month(0).filter(({ amount }) => amount > 0);
  const deliveries = billOf({ toQueue: MILLION, toHttp: MILLION, toEmail: MILLION }, region);
  return `Prices of ${PRICES_DATE} in ${region}, US$. Lambda bills ${ms} ms at ${service.memoryMb} MB for a message and
${sweepMs} ms for a sweep with nothing to do: assumed. Records are kept for ${service.recordDays} days, logs for ${service.logDays}.

What one message writes, as the shipped bundle did it: bytes of the record, and write units of put and mark as
DynamoDB counts them (table + ${Object.keys(counted.INDEXES).join(' + ')}).

${table([
  ['message', 'AWS calls', 'record', 'put', 'mark', 'units', 'a million, US$'],
  ...messages.map((message) => {
    const work = counted.workOf(message);
    const writes = [message.put, message.mark].map((units) => units.join(' + '));
    const { usd } = total(billOf(million(work), region));
    const bytes = counted.itemBytes(message.stored);
    return [message.name, message.calls, bytes, ...writes, work.units, figure(usd, 2)];
  }),
])}

Its log line has ${Buffer.byteLength(typical.logLine)} bytes. An idle sweep makes ${sweep.queries} queries.

A million typical messages, US$:

${table([
  ['', ...Object.keys(peers)],
  ...(bills[0] ?? []).map(({ label }, line) => [
    label,
    ...bills.map((bill) => figure(bill[line]?.usd ?? 0, 2)),
  ]),
  ['total', ...bills.map((bill) => figure(total(bill).usd, 2))],
])}

What SNS charges for a million deliveries to one subscriber, US$, on top:
${deliveries.map(({ label, usd }) => `${label} ${figure(usd, 2)}`).join(', ')}.

${subscriberReport(messages, region, forwardMs)}

A month without messages, US$; and if nothing else uses the account’s free tier:

${table([
  ['', 'amount', 'US$', 'above the free tier'],
  ...[...idle, { label: 'total', amount: undefined, ...total(idle) }].map((charge) => [
    charge.label,
    charge.amount === undefined ? '' : figure(charge.amount, charge.amount < 10 ? 3 : 0),
    ...[charge.usd, charge.aboveFreeTier].map((usd) => figure(usd, 3)),
  ]),
])}

Sweeps send ${metricNames(sweep.logLine).join(', ')}.

A whole month, US$:

${table([
  ['messages', 'US$', 'above the free tier'],
  ...[0, 1_000, 100_000, MILLION, 10 * MILLION].map((volume) => {
    const { usd, aboveFreeTier } = total(month(volume));
    return [figure(volume), figure(usd, 2), figure(aboveFreeTier, 2)];
  }),
])}`;
}

/**
 * What one subscriber costs that the forwarder delivers to. SNS's delivery into its queue is free, and so is a
 * standard parameter; whether SQS counts the delivery as a request is from knowledge. KMS bills each read of a
 * secret, also with the key `alias/aws/ssm`:
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
 */
function subscriberReport(messages: readonly counted.Counted[], region: Region, ms: number) {
  const idle = total(billOf({ sqsRequests: IDLE_POLLS, alarmMetrics: 1 }, region));
  const secret = total(billOf({ kmsRequests: SECRET_READS }, region));
  const rows = messages.map((message) => {
    const bytes = counted.itemBytes(message.marked);
    const writes = Math.ceil((bytes + MARK) / 1_024);
    const reads = Math.ceil((bytes + MARK) / 4_096);
    const one = {
      ...{ sqsRequests: 2, invocations: 1, gbSeconds: (ms / 1_000) * FORWARDER_GB, writes },
      ...{ reads, logGb: counted.logBytes(FORWARDER_LINE) / 1e9 },
    };
    const usages = [
      one,
      { ...one, publishes: 1, toEmail: 1 },
      { filteredGb: message.notificationBytes / 1e9 },
    ];
    const prices = usages.map((usage) =>
      figure(total(billOf(times(MILLION, usage), region)).usd, 2),
    );
    return [message.name, reads, writes, ...prices];
  });
  return `One subscriber that is forwarded to, US$, on top: ${figure(idle.usd, 2)} a month while nothing comes
(${figure(IDLE_POLLS)} polls of its queue and its alarm; ${figure(idle.aboveFreeTier, 2)} above the free tier), ${figure(secret.usd, 2)} at most to decrypt its secret
(${figure(SECRET_READS)} requests to KMS if messages come all the time), and for a million messages:

${table([
  ['message', 'read units', 'units of the mark', 'US$', '`email`', 'filter on the body'],
  ...rows,
])}`;
}

/** The custom metrics that a log line makes. */
export function metricNames(logLine: string): string[] {
  return [...logLine.matchAll(/"Name":"(\w+)"/g)].map(([, name = '']) => name);
}
