import { readFileSync } from 'node:fs';
import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { distance } from 'fastest-levenshtein';
import { maskTokens } from '../../infra/plugin/mask-token.js';
import { CliError, EXIT, EXIT_MEANINGS, usageError } from './cli-error.ts';
import { DEFAULT_STAGE, findStack, type Needs, type StackOptions } from './find-stack.ts';
import { Output } from './output.ts';
import type { Runtime } from './runtime.ts';
import type { Stack } from './stack.ts';

/** The command that people type. */
export const CALLED = 'bin/inbound-sms';

/**
 * A command for people to copy. It names the same stack as the command that prints it.
 *
 * @param args Such as `secret set CRM_SECRET`.
 */
export const calledOn = ({ selector }: Pick<Stack, 'selector'>, args: string) =>
  [CALLED, args, ...selector].join(' ');

/** The deploy of this stack, for people to copy. */
export function deployOn({ selector, stage }: Pick<Stack, 'selector' | 'stage'>) {
  const isNamed = selector.some((option) => option.startsWith('--stack '));
  const options = selector.filter((option) => !isNamed || !/^--(stack|stage) /.test(option));
  return ['bin/serverless deploy', ...(isNamed ? [`--stage ${stage}`] : []), ...options].join(' ');
}

/** The version of this tool and of the service in the same folder. */
export function toolVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

interface CommandText {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What the summary leaves out, such as the cost and where the answer comes from. */
  readonly description?: string;
  /** Arguments, and what they do. */
  readonly examples: readonly (readonly [args: string, meaning: string])[];
  /** Options whose empty value means something. */
  readonly mayBeEmpty?: readonly string[];
}

/**
 * A new command with the options that name a stack, and `--json`. Add its own arguments and options to it, and an
 * action that calls `withStack`.
 */
export function stackCommand(
  runtime: Pick<Runtime, 'stdout' | 'stderr' | 'environment'>,
  name: string,
  text: CommandText,
) {
  return plainCommand(runtime, name, text)
    .option(
      '--stage <stage>',
      'deployed stage (INBOUND_SMS_STAGE)',
      runtime.environment.INBOUND_SMS_STAGE || DEFAULT_STAGE,
    )
    .option('--stack <name>', 'name of the CloudFormation stack, if it is not SERVICE-STAGE')
    .option(
      '--region <region>',
      'AWS region; default: AWS_REGION, AWS_DEFAULT_REGION, the region of the profile, or ap-southeast-2',
    )
    .option('--profile <profile>', 'AWS profile (AWS_PROFILE); also --aws-profile')
    .addOption(
      new Option(
        '--local [url]',
        'use the local stack of `npm start` (http://localhost:3000)',
      ).conflicts(['stage', 'stack', 'region', 'profile']),
    )
    .option(...JSON_OPTION);
}

/**
 * A new command below one of `stackCommand`, such as `secret set`. It shares the options of that command, which
 * may stand before or after its own name. Read them all with `optsWithGlobals`.
 */
export function subcommand(
  runtime: Pick<Runtime, 'stdout' | 'stderr'>,
  parent: string,
  name: string,
  text: CommandText,
) {
  return plainCommand(runtime, name, text, `${parent} ${name}`).configureHelp({
    showGlobalOptions: true,
  });
}

/**
 * For a command that also works without a subcommand. The parser would take an unknown subcommand for an argument,
 * and would not name the known ones. The command needs `allowExcessArguments`.
 */
export function refuseUnknownSubcommand(command: CommandUnknownOpts): void {
  const [unknown] = command.args;
  if (unknown === undefined) return;
  const known = command.commands.map((each) => each.name());
  const meant = known.find((name) => distance(name, unknown) <= 2);
  const hint = meant ? `(Did you mean ${meant}?)` : `(The commands are ${known.join(', ')}.)`;
  command.error(`error: unknown command '${unknown}'\n${hint}`);
}

/** The options that a subcommand shares with its command: the stack, and `--json`. */
export const stackOptionsOf = (command: CommandUnknownOpts) =>
  command.optsWithGlobals() as unknown as StackOptions & { readonly json?: true };

/** A new command that needs no stack. Add its own arguments, options and action to it. */
export function baseCommand(
  runtime: Pick<Runtime, 'stdout' | 'stderr'>,
  name: string,
  text: CommandText,
) {
  return plainCommand(runtime, name, text).option(...JSON_OPTION);
}

const JSON_OPTION = ['--json', 'write JSON Lines, for scripts'] as const;

/** What all commands have: `--help` with examples, and no empty values. */
function plainCommand(
  runtime: Pick<Runtime, 'stdout' | 'stderr'>,
  name: string,
  { summary, description, examples, mayBeEmpty = [] }: CommandText,
  called = name,
) {
  return new Command(name)
    .summary(summary)
    .description([summary, description].filter(Boolean).join('\n\n'))
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examplesText(called, examples))
    .hook('preAction', (command) => refuseEmpty(command, mayBeEmpty))
    .exitOverride()
    .configureOutput(outputOf(runtime))
    .showHelpAfterError(`See: ${CALLED} ${called} --help`);
}

/** For commands that need only the messages of a stack. */
export const tableOption = () =>
  new Option(
    '--table <name>',
    'use a table without its stack, such as one that `serverless remove` has kept',
  ).conflicts(['stack', 'local']);

/** A note of commands that work before the first deploy: people may have meant another stack. */
export const missingStackText = ({ name, region }: Pick<Stack, 'name' | 'region'>) =>
  `The stack ${name} is not deployed in ${region} yet. If you expect it there, check --stage and --region.`;

/** Finds the stack that the options name, runs the work on it, and closes the connections. */
export async function withStack(
  runtime: Runtime,
  options: StackOptions & { readonly json?: true | undefined },
  work: (stack: Stack, output: Output) => Promise<void>,
  needs: Needs = {},
): Promise<void> {
  const stack = await findStack(options, runtime, needs);
  using _clients = stack.clients;
  await work(stack, new Output(runtime, options)).catch((error: unknown) => {
    const isGone = error instanceof Error && error.name === 'ResourceNotFoundException';
    if (!stack.isTableOnly || !isGone) throw error;
    // With --table, this call is the first that needs the table.
    throw new CliError(
      EXIT.notFound,
      `There is no table ${stack.name} in ${stack.region}.`,
      'Check the name, --region, and --profile, which selects the account.',
    );
  });
}

/** The commands would take an empty value for no value: `--local=` would reach the deployed stack. */
function refuseEmpty(command: CommandUnknownOpts, mayBeEmpty: readonly string[]): void {
  const isEmpty = (value: unknown) => typeof value === 'string' && value.trim() === '';
  const hint = 'Give a value. Is a variable of your script not set?';
  for (const option of command.options) {
    const name = option.long ?? option.flags;
    if (!mayBeEmpty.includes(name) && isEmpty(command.getOptionValue(option.attributeName()))) {
      throw usageError(`${name} is empty.`, hint);
    }
  }
  if (command.args.some(isEmpty)) throw usageError('An argument is empty.', hint);
}

/** Where the parser writes, for the program and for each command. */
export function outputOf({ stdout, stderr }: Pick<Runtime, 'stdout' | 'stderr'>) {
  return {
    writeOut: (text: string) => void stdout.write(text),
    // The parser quotes what it does not understand.
    writeErr: (text: string) => void stderr.write(maskTokens(text)),
    getOutHelpWidth: () => stdout.columns ?? 100,
    getErrHelpWidth: () => stderr.columns ?? 100,
  };
}

/** The exit codes in one line. */
export function exitCodesText(): string {
  const codes = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `${code} ${meaning}`);
  return `Exit codes: ${codes.join('; ')}.`;
}

function examplesText(name: string, examples: CommandText['examples']): string {
  const lines = examples.flatMap(([args, meaning]) => [
    `  ${meaning}:`,
    `    ${CALLED} ${name} ${args}`.trimEnd(),
  ]);
  return ['', 'Examples:', ...lines, '', exitCodesText()].join('\n');
}
