import { figure, table } from '../table.ts';
import { total } from './bill.ts';
import { itemBytes } from './item-size.ts';
import { type MeasuredCost, metricNames, PEERS } from './measured-cost.ts';
import { confirmedPrices, PRICES_DATE, type Priced, priceOf } from './prices.ts';
import { totalUnits, type WriteUnits } from './usage.ts';

/** The measured cost in words and tables. */
export function costReport(cost: MeasuredCost): string {
  const { region, milliseconds, sweepMilliseconds, memoryMb } = cost.assumptions;
  const { read, known } = confirmedPrices(region);
  const delivery = (priced: Priced) => figure(priceOf(priced, 1_000_000, region), 2);
  return [
    `Prices of ${PRICES_DATE} in ${region}, US$: ${read} read on a page, ${known} from knowledge. Lambda bills`,
    `${milliseconds} ms at ${memoryMb} MB for a message and ${sweepMilliseconds} ms for a sweep with nothing to do: assumed.`,
    `Records are kept for ${cost.retention.records} days, logs for ${cost.retention.logs}.`,
    '',
    'What one message writes, as the shipped bundle did it: bytes of the record, and write units of put and mark as',
    `DynamoDB counts them, of the table and of each index (${indexNames(cost)}); in brackets the table’s`,
    'units as the emulator counts them.',
    '',
    writesTable(cost),
    '',
    `Its log line has ${figure(logBytes(cost))} bytes. An idle sweep makes ${cost.observation.sweep.operations.length} queries.`,
    '',
    'A million typical messages, US$:',
    '',
    millionTable(cost),
    '',
    'A million messages of each length, US$:',
    '',
    table([['message', 'ours'], ...cost.bySample.map(({ name, usd }) => [name, figure(usd, 2)])]),
    '',
    'What SNS charges for a million deliveries to one subscriber, US$, on top:',
    '',
    table([
      ['subscriber', 'US$'],
      ['SQS queue or Lambda function', delivery('snsToQueueOrFunction')],
      ['HTTP(S)', delivery('snsToHttp')],
      ['e-mail', delivery('snsToEmail')],
    ]),
    '',
    'A month without messages, US$; and if nothing else uses the account’s free tier:',
    '',
    idleTable(cost),
    '',
    `Sweeps send ${metricNames(cost.observation.sweep.logLine).join(', ')}.`,
    '',
    'A whole month, US$:',
    '',
    table([
      ['messages', 'US$', 'above the free tier'],
      ...cost.months.map(({ messages, usd, aboveFreeTier }) => [
        figure(messages),
        figure(usd, 2),
        figure(aboveFreeTier, 2),
      ]),
    ]),
  ].join('\n');
}

function indexNames({ observation }: MeasuredCost): string {
  return Object.keys(observation.messages[0]?.writes.put.indexes ?? {}).join(', ');
}

function logBytes({ observation }: MeasuredCost): number {
  return Buffer.byteLength(observation.messages[0]?.logLine ?? '');
}

function writesTable({ observation }: MeasuredCost): string {
  const [first] = observation.messages;
  const indexes = Object.keys(first?.writes.put.indexes ?? {});
  const plus = (units: WriteUnits) =>
    [units.table, ...indexes.map((name) => units.indexes[name] ?? 0)].join(' + ');
  return table([
    ['message', 'AWS calls', 'record', 'put', 'mark', 'units'],
    ...observation.messages.map(({ name, operations, stored, writes, emulatorUnits }) => [
      name,
      operations.length,
      itemBytes(stored),
      `${plus(writes.put)} (${emulatorUnits[0]})`,
      `${plus(writes.mark)} (${emulatorUnits[1]})`,
      totalUnits(writes),
    ]),
  ]);
}

function millionTable({ perMillion }: MeasuredCost): string {
  const names = perMillion.ours.bill.map(({ name }) => name);
  return table([
    ['', ...PEERS],
    ...names
      .map((name, line) => [
        name,
        ...PEERS.map((peer) => figure(perMillion[peer].bill[line]?.usd ?? 0, 2)),
      ])
      .filter(([, ...amounts]) => amounts.some((amount) => amount !== '0.00')),
    ['total', ...PEERS.map((peer) => figure(total(perMillion[peer].bill).usd, 2))],
  ]);
}

function idleTable({ idle }: MeasuredCost): string {
  const { usd, aboveFreeTier } = total(idle);
  return table([
    ['', 'amount', 'US$', 'above the free tier'],
    ...idle
      .filter((charge) => charge.amount > 0)
      .map((charge) => [
        charge.name,
        figure(charge.amount, charge.amount < 10 ? 3 : 0),
        figure(charge.usd, 3),
        figure(charge.aboveFreeTier, 3),
      ]),
    ['total', '', figure(usd, 3), figure(aboveFreeTier, 3)],
  ]);
}
