import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Region } from './cost/prices.ts';

/** What a module of a command exports: bench.ts names it and runs it. */
// biome-ignore lint/suspicious/noExplicitAny: every command has options of its own.
export type BenchCommand = Command<any, any, any>;

/** A new command: add its options, and an action. */
export function benchCommand(description: string) {
  return new Command().description(description).helpOption('-h, --help', 'show this');
}

/** Shows the progress of the work, not on stdout. */
export function progress(text: string): void {
  console.error(text);
}

/** A whole number, `min` or more. */
export function count<const F extends string>(flags: F, about: string, fallback: number, min = 1) {
  return new Option(flags, about).argParser((text) => wholeNumber(text, min)).default(fallback);
}

/** Whole numbers with commas between them, each `min` or more. */
export function counts<const F extends string>(
  flags: F,
  about: string,
  fallback: readonly number[],
  min = 1,
) {
  return new Option(flags, about)
    .argParser((text): readonly number[] => text.split(',').map((part) => wholeNumber(part, min)))
    .default(fallback, fallback.join(','));
}

function wholeNumber(text: string, min: number): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= min) return value;
  throw new InvalidArgumentError(`It takes whole numbers from ${min} on.`);
}

/** A number above 0. */
export function positive<const F extends string>(flags: F, about: string, fallback: number) {
  const parse = (text: string) => {
    const value = Number(text);
    if (text && value > 0 && value < 1e9) return value;
    throw new InvalidArgumentError('It takes a number above 0.');
  };
  return new Option(flags, about).argParser(parse).default(fallback);
}

/** The seed of a random run: letters, digits, `_` and `-`. It is printed with the run. */
export function seed(about: string) {
  const parse = (text: string) => {
    if (/^[\w-]{1,64}$/.test(text)) return text;
    throw new InvalidArgumentError('It takes letters, digits, _ and -.');
  };
  const option = new Option('--seed <seed>', about).argParser(parse);
  return option.default(String(Date.now()), 'of the clock');
}

/** The region of the prices. */
export function regionOption() {
  const regions: readonly Region[] = ['ap-southeast-2', 'us-east-1'];
  const option = new Option('--region <region>', 'where it is deployed').choices(regions);
  return option.default<Region>('ap-southeast-2');
}

/** The package that is measured: see `packaged` of stacks.ts. */
export function packageOption() {
  return new Option(
    '--package <dir>',
    'use this package (stage "local", token "test") instead of a new one',
  );
}
