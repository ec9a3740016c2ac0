import { readFileSync } from 'node:fs';
import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { distance } from 'fastest-levenshtein';
import { maskTokens } from '../../infra/plugin/mask-token.js';
import { CliError, EXIT, EXIT_MEANINGS, usageError } from './cli-error.ts';
import { DEFAULT_STAGE, findStack, type Needs, type StackOptions } from './find-stack.ts';
import { Output } from './output.ts';
import type { Runtime } from './runtime.ts';
import type { Stack } from './stack.ts';

/** How people call it. */
export const CALLED = 'bin/inbound-sms';

/**
 * A command for people to copy, with the options that name the same stack as the command that prints it.
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

/** The version of this tool, which is that of the service beside it. */
export function toolVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

interface CommandText {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What the summary does not say: what it costs, where its answer comes from. */
  readonly description?: string;
  /** Arguments, and what they do. */
  readonly examples: readonly (readonly [args: string, meaning: string])[];
  /** Options whose empty value means something. */
  readonly mayBeEmpty?: readonly string[];
}

/**
 * A new command with the options of those that ask a stack: which one, and for whom the output is. Add its
 * own arguments and options to it, and an action that calls `withStack`.
 */
export function stackCommand(
  runtime: Pick<Runtime, 'stdout' | 'stderr' | 'environment'>,
  name: string,
  text: CommandText,
) {
  return plainCommand(runtime, name, text)
    .option(
      '--stage <stage>',
      'stage that was deployed (INBOUND_SMS_STAGE)',
      runtime.environment.INBOUND_SMS_STAGE || DEFAULT_STAGE,
    )
    .option('--stack <name>', 'CloudFormation stack, if it is not SERVICE-STAGE')
    .option(
      '--region <region>',
      'AWS region (AWS_REGION, AWS_DEFAULT_REGION, the region of the profile, ap-southeast-2: the first that is set)',
    )
    .option(
      '--profile <profile>',
      "profile of AWS's configuration (AWS_PROFILE); --aws-profile is the same",
    )
    .addOption(
      new Option(
        '--local [url]',
        'the local stack of `npm start` (http://localhost:3000)',
      ).conflicts(['stage', 'stack', 'region', 'profile']),
    )
    .option(...JSON_OPTION);
}

/**
 * A new command below one of `stackCommand`, such as `secret set`. It shares the options of that one, which
 * may stand before or after its name: read them all with `optsWithGlobals`.
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
 * For a command that works without a subcommand as well: the parser takes an unknown one for an argument, and
 * says nothing of those that there are. The command needs `allowExcessArguments`.
 */
export function refuseUnknownSubcommand(command: CommandUnknownOpts): void {
  const [unknown] = command.args;
  if (unknown === undefined) return;
  const known = command.commands.map((each) => each.name());
  const meant = known.find((name) => distance(name, unknown) <= 2);
  const hint = meant ? `(Did you mean ${meant}?)` : `(There are ${known.join(', ')}.)`;
  command.error(`error: unknown command '${unknown}'\n${hint}`);
}

/** The options of a subcommand that it shares: which stack, and for whom the output is. */
export const stackOptionsOf = (command: CommandUnknownOpts) =>
  command.optsWithGlobals() as unknown as StackOptions & { readonly json?: true };

/** A new command of those that need no stack. Add its own arguments, options and action to it. */
export function baseCommand(
  runtime: Pick<Runtime, 'stdout' | 'stderr'>,
  name: string,
  text: CommandText,
) {
  return plainCommand(runtime, name, text).option(...JSON_OPTION);
}

const JSON_OPTION = ['--json', 'for scripts: each line of the output is a JSON document'] as const;

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
    .helpOption('-h, --help', 'show this')
    .addHelpText('after', examplesText(called, examples))
    .hook('preAction', (command) => refuseEmpty(command, mayBeEmpty))
    .exitOverride()
    .configureOutput(outputOf(runtime))
    .showHelpAfterError(`See: ${CALLED} ${called} --help`);
}

/** For the commands that need no more of a stack than its messages. */
export const tableOption = () =>
  new Option(
    '--table <name>',
    'a table that `serverless remove` has kept: no stack is looked for',
  ).conflicts(['stack', 'local']);

/** Said beside what works without the stack: people may have meant another one. */
export const missingStackText = ({ name, region }: Pick<Stack, 'name' | 'region'>) =>
  `There is no stack ${name} in ${region} yet. Is it what you will deploy?`;

/** Finds the stack that the options name, runs the work on it, and lets the connections go. */
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
    // Nothing has looked for the table before.
    throw new CliError(
      EXIT.notFound,
      `There is no table ${stack.name} in ${stack.region}.`,
      'Name its region with --region and the account with --profile.',
    );
  });
}

/** An empty value would count as none: `--local=` would reach the deployed stack. */
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

/** Where the parser writes, for the program as well as for each command. */
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
