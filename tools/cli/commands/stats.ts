import type { NumberFilter } from '../../shared/number-filter.ts';
import { countCell, receiverCell } from '../cells.ts';
import { stackCommand, tableOption, withStack } from '../command.ts';
import { DailyCounts, everyDay } from '../daily-counts.ts';
import { numbersOf } from '../number-matcher.ts';
import type { Output } from '../output.ts';
import { barOf } from '../plot.ts';
import { fromOption, rangeOf, sinceOption, toOption, untilOption } from '../range-options.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';

import { wholeDays } from '../times.ts';

/** Today is the last of them. */
const DEFAULT_DAYS = 30;
const MAX_BAR = 30;
const MIN_BAR = 10;
/** Columns of a terminal that are not the bar's. */
const BESIDE_BAR = 41;

/** `inbound-sms stats` */
export function statsCommand(runtime: Runtime) {
  return stackCommand(runtime, 'stats', {
    summary: 'count messages per day and number',
    description:
      'It reads the entries of the range in an index by time, about 125 bytes each, and none of the messages. Days are those of this machine: set TZ for others.',
    examples: [
      ['--stage prod', 'the last 30 days'],
      ['--stage prod --since 2026-11-01 --to +61400000002', 'one number since a day'],
      ['--stage prod --since yesterday --json', 'for scripts'],
    ],
  })
    .addOption(sinceOption().default(wholeDays(DEFAULT_DAYS), `the last ${DEFAULT_DAYS} days`))
    .addOption(untilOption())
    .addOption(tableOption())
    .addOption(fromOption())
    .addOption(toOption())
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { since = wholeDays(DEFAULT_DAYS).start, until = Date.now() } = rangeOf(options);
        const query = { since, until, ...(await numbersOf(options, stack)) };
        const counts = await count(stack, output, query, runtime.signal);
        await show(counts, output, { since, until: Math.min(until, Date.now()) });
      }),
    );
}

interface CountQuery extends NumberFilter {
  readonly since: number;
  readonly until: number;
}

async function count(
  stack: Stack,
  output: Output,
  query: CountQuery,
  signal: AbortSignal,
): Promise<DailyCounts> {
  const archive = await stack.archive();
  const counts = new DailyCounts();
  using progress = output.progress('Counting');
  const keys = archive.listKeys({ ...query, order: 'oldest-first' }, { signal });
  let begin: number | undefined;
  for await (const { received_at, sms_number } of keys) {
    // There may have been none for long.
    begin ??= received_at;
    counts.add(received_at, sms_number);
    progress.update((received_at - begin) / (query.until - begin), figure(counts.total));
  }
  return counts;
}

async function show(
  counts: DailyCounts,
  output: Output,
  range: { readonly since: number; readonly until: number },
): Promise<void> {
  const perDay = counts.perDay();
  const days = everyDay(perDay, range);
  if (output.isJson) {
    for (const each of days) await output.json(each);
    return;
  }
  const busiest = perDay.reduce((most, { messages }) => Math.max(most, messages), 0);
  const barLength = Math.max(MIN_BAR, Math.min(MAX_BAR, (output.width ?? 0) - BESIDE_BAR));
  const table = output.table([
    { title: 'DAY', width: 10 },
    { title: 'TO', width: 15 },
    { title: 'MESSAGES', width: 10, align: 'right' },
    { title: '', width: barLength, isDrawing: true },
  ]);
  const rows = days.map(({ day, sms_number, messages }) => [
    day,
    sms_number === null ? '' : receiverCell(sms_number),
    countCell(messages),
    output.style('cyan', barOf(messages, busiest, barLength)),
  ]);
  await table.write(rows);
  if (perDay.length === 0) output.note('No message matches.');
  // For people: a script can add them up.
  else if (output.isTerminal) await showTotals(counts, output);
}

async function showTotals(counts: DailyCounts, output: Output): Promise<void> {
  await output.text('');
  const totals = output.table([
    { title: 'ALL DAYS', width: 10 },
    { title: 'TO', width: 15 },
    { title: 'MESSAGES', width: 10, align: 'right' },
  ]);
  const perNumber = counts.perNumber();
  await totals.write([
    ...perNumber.map(({ sms_number, messages }) => [
      '',
      receiverCell(sms_number),
      countCell(messages),
    ]),
    ...(perNumber.length > 1 ? [['', 'all numbers', countCell(counts.total)]] : []),
  ]);
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}
