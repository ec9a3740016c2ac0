import type { Contenders } from './contenders.ts';
import type { Line } from './measurement.ts';

/** A part of the benchmark, which can be run by itself. */
export interface Section {
  readonly name: string;
  /** One line, for `--help`. */
  readonly about: string;
  /**
   * Options of the command line, each a whole number above 0, with its default and its
   * description.
   */
  readonly options?: Readonly<Record<string, readonly [fallback: number, about: string]>>;
  run(context: SectionContext): Promise<void>;
}

export interface SectionContext extends Pick<Contenders, 'contenders' | 'sweeper'> {
  /** Adds a value of a contender. @param note Shown beside it instead of the spread. */
  record(line: Line, contender: string, value: number, note?: string): void;
  /** Writes a remark for readers of the figures above the table. */
  remark(text: string): void;
  /** The value of an option of the section. */
  number(option: string): number;
  /** Shows the progress. */
  progress(text: string): void;
}

/** The contenders, with another first one in each round. */
export function rotated<T>(list: readonly T[], round: number): T[] {
  const start = round % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** Ids of new messages. Another prefix gives other ids. */
export function newIds(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => prefix + String(n).padStart(12, '0'));
}
