import type { CommandUnknownOpts } from '@commander-js/extra-typings';

import { usageError } from './cli-error.ts';

const DEFAULT_PORT = '3000';

/** How `serverless` calls an option of ours. Both work in both. */
const OTHER_NAMES: Readonly<Record<string, string>> = { '--aws-profile': '--profile' };

/**
 * The arguments as the parser takes them: other names of options become ours, and `--local` gets its URL
 * where it has none. The parser would take what follows `--local`, such as the id in `show --local ID`,
 * for the URL.
 *
 * @param commands Those that the arguments may name.
 * @throws {CliError} If what follows `--local` may be meant in two ways.
 */
export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  commands: readonly Pick<CommandUnknownOpts, 'name' | 'registeredArguments'>[],
): string[] {
  const unknown = unknownCommand(args, ['help', ...commands.map((command) => command.name())]);
  if (unknown !== undefined) return [unknown];
  const takesArguments = commands.some(({ registeredArguments }) => registeredArguments.length > 0);
  const isUrl = takesArguments ? isAddress : isNoOption;
  if (takesArguments) refuseBarePort(args);
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const fallback = `http://localhost:${environment.PORT || DEFAULT_PORT}`;
  return args.map((arg, index) => {
    if (index > end) return arg;
    if (arg === '--local' && !isUrl(args[index + 1])) return `--local=${fallback}`;
    const [name = '', ...value] = arg.split('=');
    return [OTHER_NAMES[name] ?? name, ...value].join('=');
  });
}

/** For `help nope` and `nope --help`, the parser would show the general help. */
function unknownCommand(
  [first = '', second = '']: readonly string[],
  names: readonly string[],
): string | undefined {
  const wanted = first === 'help' ? second : first;
  return !wanted || wanted.startsWith('-') || names.includes(wanted) ? undefined : wanted;
}

/** A URL, or an address of this machine as people write it: `localhost:3500`, `:3500`. Nothing is one, too. */
function isAddress(text?: string): boolean {
  return (
    text !== undefined &&
    /^\s*$|^[a-z][a-z\d+.-]*:\/\/|^(localhost|[\d.]+|\[[\da-f:]+\])?:\d{1,5}$/i.test(text)
  );
}

/** It may as well be an id or a number that sent messages. */
function refuseBarePort(args: readonly string[]): void {
  const next = args[args.indexOf('--local') + 1] ?? '';
  if (!args.includes('--local') || !/^\d{1,5}$/.test(next)) return;
  throw usageError(
    `"${next}" after --local may be a port or an argument.`,
    `Write --local=${next} for the port, or put ${next} before --local.`,
  );
}

/** All that may follow `--local` where a command takes no arguments. */
function isNoOption(text?: string): boolean {
  return text !== undefined && !text.startsWith('-');
}
