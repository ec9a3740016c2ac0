import type { Measurement } from '../measurement.ts';
import type { Workbench } from './workbench.ts';

/** A part of the benchmark, which can be run by itself. */
export interface Section {
  readonly name: string;
  /** One line, for `--help`. */
  readonly about: string;
  /** Whole numbers above 0, each an option of the command line. */
  readonly options?: Readonly<Record<string, NumberOption>>;
  run(context: SectionContext): Promise<Measurement[]>;
}

export interface NumberOption {
  readonly fallback: number;
  readonly about: string;
}

export interface SectionContext {
  readonly bench: Workbench;
  /** What an option of the section was set to. */
  number(option: string): number;
  /** Tells who waits how far it is. */
  progress(text: string): void;
}

/** The list, begun one further on each round, so that nobody is always first. */
export function rotated<T>(list: readonly T[], round: number): T[] {
  const start = round % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
