import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { MESSAGE_FORMATS, type MessageFormat } from '../../lib/messages/notification.ts';
import { type Position, readPosition } from '../archive/archive-query.ts';
import type { NumberFilter, NumberMatcher } from '../shared/number-filter.ts';
import { usageError } from './cli-error.ts';
import { stackCommand, tableOption } from './command.ts';
import type { Runtime } from './runtime.ts';
import type { StackFacts } from './stack.ts';
import { type Period, parsePeriod, TIME_HELP } from './times.ts';

/**
 * A command about the messages of a range of time. It takes `--table` as well.
 *
 * @param since The default of `--since`, and its text in the help.
 */
export function rangeCommand(
  runtime: Runtime,
  name: string,
  text: Parameters<typeof stackCommand>[2],
  since?: readonly [Period, string],
) {
  const beginning = sinceOption();
  if (since) beginning.default(...since);
  return stackCommand(runtime, name, text)
    .addOption(beginning)
    .addOption(untilOption())
    .addOption(tableOption());
}

// The parser would hand over the value before, too.
const period = (value: string) => parsePeriod(value);
export const sinceOption = () =>
  new Option('--since <time>', `from this time on, ${TIME_HELP}`).argParser(period);
export const untilOption = () =>
  new Option('--until <time>', 'up to this time; a day is included').argParser(period);

export const fromOption = () => new Option('--from <number>', 'sent by this number or name');
export const toOption = (description = 'sent to this number of yours') =>
  new Option('--to <number>', description);
export const undeliveredOption = () =>
  new Option('--undelivered <name>', 'only published messages that this subscriber has not got');
export const afterOption = (
  description = 'continue after this position, which an earlier run printed',
) => new Option('--after <position>', description).argParser(parsePosition);

/** What the options above hold. */
export interface MessageOptions {
  readonly since?: Period | undefined;
  readonly until?: Period | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Epoch ms. */
export interface Range {
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/** @throws {CliError} If the range is empty. */
export function rangeOf({ since, until }: MessageOptions): Range {
  if (since && until && since.start >= until.end) {
    throw usageError('--until must be after --since.');
  }
  return { since: since?.start, until: until?.end };
}

/** `--from` and `--to` of a command that shows messages. A part of a number or name is enough. */
export async function numbersOf(
  options: Numbers,
  { country }: Pick<StackFacts, 'country'>,
): Promise<NumberFilter> {
  if (isEmpty(options)) return {};
  const { numberFinder } = await import('../shared/text-search.ts');
  return filterOf(options, (text, field) => numberFinder(text, country, field));
}

/** `--from` and `--to` of a command that publishes or deletes. A part could match more numbers than people expect. */
export async function exactNumbersOf(
  options: Numbers,
  { country }: Pick<StackFacts, 'country'>,
): Promise<NumberFilter> {
  if (isEmpty(options)) return {};
  const { phoneNumbersOf } = await import('../shared/phone-number.ts');
  return filterOf(options, (text) => phoneNumbersOf(country).matcher([text]));
}

type Numbers = Pick<MessageOptions, 'from' | 'to'>;

/** The library of numbers takes 50 ms to load, and most calls name no number. */
function isEmpty({ from, to }: Numbers): boolean {
  return from === undefined && to === undefined;
}

function filterOf(
  { from, to }: Numbers,
  matcherOf: (text: string, field: keyof NumberFilter) => NumberMatcher,
): NumberFilter {
  return {
    ...(from !== undefined && { from: matcherOf(from, 'from') }),
    ...(to !== undefined && { sms_number: matcherOf(to, 'sms_number') }),
  };
}

/** Which messages the options name. @throws {CliError} If the range is empty. */
export async function queryOf(
  options: MessageOptions,
  stack: Pick<StackFacts, 'country'>,
): Promise<Range & NumberFilter> {
  return { ...rangeOf(options), ...(await numbersOf(options, stack)) };
}

/** @throws {InvalidArgumentError} For the parser to say. */
function parsePosition(text: string): Position {
  const position = readPosition(text);
  if (position) return position;
  throw new InvalidArgumentError('It must be a position that a command printed.');
}

/** @throws {InvalidArgumentError} For the parser to say. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 999999999.');
}

/**
 * The format in which a stack publishes: `messageFormat` of its last deploy.
 *
 * @param given `--format`, which has priority.
 * @throws {CliError} If neither says: the wrong one could break every subscriber.
 */
export function messageFormatOf(
  { name, outputs, isTableOnly }: Pick<StackFacts, 'name' | 'outputs' | 'isTableOnly'>,
  given: MessageFormat | undefined,
): MessageFormat {
  const format = given ?? MESSAGE_FORMATS.find((known) => known === outputs.MessageFormat);
  if (format) return format;
  throw usageError(
    isTableOnly
      ? 'A table does not tell the format of its messages.'
      : `The stack ${name} does not tell the format of its messages.`,
    `Add --format with messageFormat of the deploy: ${MESSAGE_FORMATS.join(' or ')}.`,
  );
}
