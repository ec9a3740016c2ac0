import type { NumberFilter } from '../../shared/number-filter.ts';
import { withStack } from '../command.ts';
import { cellOf } from '../message-columns.ts';
import { fromOption, queryOf, rangeCommand, toOption } from '../message-options.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import { type Column, countCell } from '../table.ts';
import { localDay, wholeDays } from '../times.ts';

/** Today is the last of them. */
const DEFAULT_DAYS = 30;
const MAX_BAR = 30;
const MIN_BAR = 10;
/** Columns of the table without the bar. */
const BESIDE_BAR = 41;

const COUNT_COLUMNS: readonly Column[] = [
  { title: 'TO', width: 15 },
  { title: 'MESSAGES', width: 10, align: 'right' },
];

/** `inbound-sms stats` */
export function statsCommand(runtime: Runtime) {
  const text = {
    summary: 'count messages per day and number',
    description:
      'Reads the entries of the range in an index by time, about 125 bytes each, and no messages. Days are in the time zone of this machine, or of TZ.',
    examples: [
      ['--stage prod', 'the last 30 days'],
      ['--stage prod --since 2026-11-01 --to +61400000002', 'one number, from a day on'],
      ['--stage prod --since yesterday --json', 'for scripts'],
    ],
  } as const;
  const since = [wholeDays(DEFAULT_DAYS), `the last ${DEFAULT_DAYS} days`] as const;
  return rangeCommand(runtime, 'stats', text, since)
    .addOption(fromOption())
    .addOption(toOption())
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const query = await queryOf(options, stack);
        const { since = wholeDays(DEFAULT_DAYS).start, until = Date.now() } = query;
        const counts = await count(stack, output, { ...query, since, until });
        await show(counts, output, { since, until: Math.min(until, Date.now()) });
      }),
    );
}

interface Range {
  /** Epoch ms. */
  readonly since: number;
  readonly until: number;
}

async function count(stack: Stack, output: Output, query: Range & NumberFilter) {
  const archive = await stack.archive();
  const counts = new DailyCounts();
  using progress = output.progress('Counting');
  const ordered = { ...query, order: 'oldest-first' } as const;
  const keys = archive.listKeys(ordered, { signal: output.signal });
  let begin: number | undefined;
  for await (const { received_at, sms_number } of keys) {
    // The range may begin long before the first message.
    begin ??= received_at;
    counts.add(received_at, sms_number);
    progress.update(
      (received_at - begin) / (query.until - begin),
      counts.total.toLocaleString('en-US'),
    );
  }
  return counts;
}

async function show(counts: DailyCounts, output: Output, range: Range): Promise<void> {
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
    ...COUNT_COLUMNS,
    { title: '', width: barLength, isDrawing: true },
  ]);
  const rows = days.map(({ day, sms_number, messages }) => [
    day,
    sms_number === null ? '' : cellOf('sms_number', sms_number),
    countCell(messages),
    output.style('cyan', barOf(messages, busiest, barLength)),
  ]);
  await table.write(rows);
  if (perDay.length === 0) output.note('No message matches.');
  // Only for people: a script can add the counts.
  else if (output.isTerminal) await showTotals(counts, output);
}

async function showTotals(counts: DailyCounts, output: Output): Promise<void> {
  await output.text('');
  const totals = output.table([{ title: 'ALL DAYS', width: 10 }, ...COUNT_COLUMNS]);
  const perNumber = counts.perNumber();
  await totals.write([
    ...perNumber.map(({ sms_number, messages }) => [
      '',
      cellOf('sms_number', sms_number ?? ''),
      countCell(messages),
    ]),
    ...(perNumber.length > 1 ? [['', 'all numbers', countCell(counts.total)]] : []),
  ]);
}

/** The number of messages of one day to one number. */
interface DailyCount {
  /** `2026-11-07`, in the time zone of this machine. */
  readonly day: string;
  /** `null` on a day without messages. */
  readonly sms_number: string | null;
  readonly messages: number;
}

/** Counts messages per day and number. Memory grows only with days and numbers. */
export class DailyCounts {
  readonly #counts = new Map<string, DailyCount>();
  total = 0;

  /** @param receivedAt Epoch ms. */
  add(receivedAt: number, sms_number: string): void {
    const day = localDay(receivedAt);
    const key = `${day} ${sms_number}`;
    const { messages } = this.#counts.get(key) ?? { messages: 0 };
    this.#counts.set(key, { day, sms_number, messages: messages + 1 });
    this.total++;
  }

  /** Every day and number with messages, in order. */
  perDay(): DailyCount[] {
    return [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
  }

  /** The sums of all days, the busiest number first. */
  perNumber(): Omit<DailyCount, 'day'>[] {
    const numbers = Map.groupBy(this.perDay(), ({ sms_number }) => sms_number);
    return [...numbers]
      .map(([sms_number, days]) => ({
        sms_number,
        messages: days.reduce((sum, { messages }) => sum + messages, 0),
      }))
      .toSorted((a, b) => b.messages - a.messages);
  }
}

/**
 * Every day of a range, also the days without messages, which people look for.
 *
 * @param since Epoch ms; the first day is the one that it is in.
 * @param until Epoch ms; the moment before it belongs to the last day.
 */
export function everyDay(counts: readonly DailyCount[], { since, until }: Range): DailyCount[] {
  const days: DailyCount[] = [];
  const byDay = Map.groupBy(counts, ({ day }) => day);
  const last = localDay(until - 1);
  for (let day = localDay(since); day <= last; day = following(day)) {
    days.push(...(byDay.get(day) ?? [{ day, sms_number: null, messages: 0 }]));
  }
  return days;
}

/** By the calendar, because two days a year do not have 24 hours. */
function following(day: string): string {
  const date = new Date(`${day}T00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A horizontal bar, to an eighth of a character. Any value above 0 is visible. */
export function barOf(value: number, max: number, length: number): string {
  if (value <= 0 || max <= 0) return '';
  const eighths = Math.max(1, Math.round((value / max) * length * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}
