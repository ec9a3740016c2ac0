import { availableParallelism, cpus, loadavg } from 'node:os';
import { markdownTable } from 'markdown-table';

/** A number for a reader: digits in groups of three. */
export function figure(value: number, decimals = 0): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/**
 * A Markdown table, its columns aligned.
 *
 * @param rows The first is the header. The first column is text, the others are figures.
 */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  return markdownTable(cells, { align: cells[0]?.map((_, column) => (column === 0 ? null : 'r')) });
}

/** Figures of one kind, as often as they were taken. */
export interface Sample {
  readonly median: number;
  /** First and third quartile. */
  readonly quartiles: readonly [number, number];
  /** In the order in which they were taken. */
  readonly values: readonly number[];
  /** Shown beside the median instead of the spread. */
  readonly note?: string;
}

/** @throws {RangeError} If there are no values. */
export function sampleOf(values: readonly number[], note?: string): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
    values,
    ...(note !== undefined && { note }),
  };
}

/** Linear between the two values next to it. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError('No values were taken');
  return below + (above - below) * (position - Math.floor(position));
}

/** What measured figures depend on, beside what is measured. */
export function describeMachine() {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
}

/** How busy the machine was in the last minute: a figure above 1 a core disturbs what is measured. */
export function loadOfLastMinute(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

/** The machine and its load, for the head of a report. */
export function machineLine(load = loadOfLastMinute()): string {
  const { cpu, cores } = describeMachine();
  return `${cpu}, ${cores} cores; load of the last minute: ${load}.`;
}
