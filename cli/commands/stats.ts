import { receiverLine } from '../../lib/operations/terminal-text.ts';
import { stackCommand } from '../command.ts';
import { DailyCounts, withEmptyDays } from '../daily-counts.ts';
import type { Output } from '../output.ts';
import { barOf } from '../plot.ts';
import { fromOption, rangeOf, sinceOption, toOption, untilOption } from '../range-options.ts';
import type { Runtime } from '../runtime.ts';
import { type Stack, withStack } from '../stack.ts';
import { parsePeriod } from '../times.ts';

const DEFAULT_SINCE = '30d';
const BAR_LENGTH = 30;

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
    .addOption(sinceOption().default(parsePeriod(DEFAULT_SINCE), DEFAULT_SINCE))
    .addOption(untilOption())
    .addOption(fromOption())
    .addOption(toOption())
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { since = 0, until = Date.now() } = rangeOf(options);
        const query = { since, until, from: options.from, sms_number: options.to };
        const counts = await count(stack, output, query, runtime.signal);
        await show(counts, output, Math.min(until, Date.now()));
      }),
    );
}

interface CountQuery {
  readonly since: number;
  readonly until: number;
  readonly from: readonly string[] | undefined;
  readonly sms_number: readonly string[] | undefined;
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

async function show(counts: DailyCounts, output: Output, until: number): Promise<void> {
  const perDay = counts.perDay();
  if (output.isJson) {
    for (const each of perDay) await output.json(each);
    return;
  }
  if (perDay.length === 0) {
    output.note('No message matches.');
    return;
  }
  const busiest = Math.max(...perDay.map(({ messages }) => messages));
  const days = output.table([
    { title: 'DAY', width: 10 },
    { title: 'TO', width: 15 },
    { title: 'MESSAGES', width: 10, align: 'right' },
    { title: '', width: BAR_LENGTH },
  ]);
  // The moment before the end belongs to the last day.
  const rows = withEmptyDays(perDay, until - 1).map(({ day, sms_number, messages }) => [
    day,
    messages === 0 ? '' : receiverLine(sms_number),
    figure(messages),
    output.style('cyan', barOf(messages, busiest, BAR_LENGTH)),
  ]);
  await days.write(rows);

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
      receiverLine(sms_number),
      figure(messages),
    ]),
    ...(perNumber.length > 1 ? [['', 'all numbers', figure(counts.total)]] : []),
  ]);
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}
