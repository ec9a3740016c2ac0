import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { usageError } from './cli-error.ts';
import { type Period, parsePeriod, TIME_HELP } from './times.ts';

/** Options of the commands that are about a range of messages. */
export const sinceOption = () =>
  new Option('--since <time>', `from then on: ${TIME_HELP}`).argParser(parseTime);
export const untilOption = () =>
  new Option('--until <time>', 'until then; a day is included').argParser(parseTime);
export const fromOption = () => new Option('--from <number>', 'sent by this number or name');
export const toOption = () => new Option('--to <number>', 'sent to this number of yours');

/** The parser hands over the value before as well. */
function parseTime(text: string): Period {
  return parsePeriod(text);
}

/**
 * The range in time that the options name, epoch ms.
 *
 * @throws {CliError} If it is empty.
 */
export function rangeOf({
  since,
  until,
}: {
  readonly since?: Period | undefined;
  readonly until?: Period | undefined;
}): { readonly since: number | undefined; readonly until: number | undefined } {
  if (since && until && since.start >= until.end) {
    throw usageError('--until is not after --since.');
  }
  return { since: since?.start, until: until?.end };
}

/** @throws {InvalidArgumentError} For the parser to say. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 999999999.');
}
