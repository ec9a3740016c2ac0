/** `bin/inbound-sms`: the operator's commands. */
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { maskTokens } from '../../infra/plugin/mask-token.js';
import { printable } from '../shared/terminal-text.ts';
import { EXIT, usageError } from './cli-error.ts';
import { CALLED, exitCodesText, outputOf, toolVersion } from './command.ts';
import { explainError } from './explain-error.ts';
import { styled } from './output.ts';
import { Interruption, processRuntime, type Runtime } from './runtime.ts';

/** Every command, in the order of the help. A command is loaded only when it is called, to start fast. */
const COMMANDS: Readonly<Record<string, (runtime: Runtime) => Promise<CommandUnknownOpts>>> = {
  url: async (runtime) => (await import('./commands/url.ts')).urlCommand(runtime),
  doctor: async (runtime) => (await import('./commands/doctor.ts')).doctorCommand(runtime),
  list: async (runtime) => (await import('./commands/list.ts')).listCommand(runtime),
  show: async (runtime) => (await import('./commands/show.ts')).showCommand(runtime),
  tail: async (runtime) => (await import('./commands/tail.ts')).tailCommand(runtime),
  listen: async (runtime) => (await import('./commands/listen.ts')).listenCommand(runtime),
  console: async (runtime) => (await import('./commands/console.ts')).consoleCommand(runtime),
  stats: async (runtime) => (await import('./commands/stats.ts')).statsCommand(runtime),
  send: async (runtime) => (await import('./commands/send.ts')).sendCommand(runtime),
  replay: async (runtime) => (await import('./commands/replay.ts')).replayCommand(runtime),
  reconcile: async (runtime) => (await import('./commands/reconcile.ts')).reconcileCommand(runtime),
  conform: async (runtime) => (await import('./commands/conform.ts')).conformCommand(runtime),
  quarantine: async (runtime) =>
    (await import('./commands/quarantine.ts')).quarantineCommand(runtime),
  export: async (runtime) => (await import('./commands/export.ts')).exportCommand(runtime),
  subscribers: async (runtime) =>
    (await import('./commands/subscribers.ts')).subscribersCommand(runtime),
  redrive: async (runtime) => (await import('./commands/redrive.ts')).redriveCommand(runtime),
  forget: async (runtime) => (await import('./commands/forget.ts')).forgetCommand(runtime),
  secret: async (runtime) => (await import('./commands/secret.ts')).secretCommand(runtime),
  token: async (runtime) => (await import('./commands/token.ts')).tokenCommand(runtime),
  trace: async (runtime) => (await import('./commands/trace.ts')).traceCommand(runtime),
  version: async (runtime) => (await import('./commands/version.ts')).versionCommand(runtime),
};

/** Options that may be given several times. */
const REPEATABLE = new Set(['field', 'set']);

/** The names that `serverless` has for our options. Both programs take both names. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([['--aws-profile', '--profile']]);

/**
 * Runs one command line.
 *
 * @param args Without Node's and the script's own.
 * @returns The exit code: see cli-error.ts, or 128 and the number of the signal that ended it.
 */
export async function main(args: readonly string[], runtime: Runtime): Promise<number> {
  const { environment, signal, stdout } = runtime;
  let failure: unknown;
  try {
    const program = await createProgram(runtime, args);
    await program.parseAsync(readArguments(args, environment, program.commands), { from: 'user' });
  } catch (error) {
    failure = error;
  }
  // A full disk may show only when the last of the output is written.
  await new Promise<unknown>((resolve) => stdout.write('', resolve));
  // After a signal, any other failure is a consequence of it.
  const cause = signal.aborted ? signal.reason : failure;
  return cause === undefined ? EXIT.done : exitCodeOf(cause, runtime);
}

/** Says what went wrong, unless the parser has said so already. */
function exitCodeOf(cause: unknown, { stderr }: Runtime): number {
  if (cause instanceof Interruption) return cause.exitCode;
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? EXIT.done : EXIT.usage;
  const expected = explainError(cause);
  const message = expected?.message ?? 'This is a bug in inbound-sms.';
  const hint = expected ? expected.hint : cause instanceof Error ? cause.stack : cause;
  // A message may quote a URL that was given, or what AWS said.
  const shown = (text: string) => printable(maskTokens(text));
  stderr.write(`${styled(stderr, 'red', 'error:')} ${shown(message)}\n`);
  if (hint) stderr.write(`${expected ? hint : shown(String(hint))}\n`);
  return expected?.exitCode ?? EXIT.failed;
}

/**
 * The program with the commands that these arguments name, or with all commands if they name none, as `--help`
 * does.
 */
export async function createProgram(
  runtime: Runtime,
  args: readonly string[] = [],
): Promise<Command> {
  const program = new Command('inbound-sms')
    .usage('COMMAND [OPTIONS]')
    .description(
      'Shows the messages that the webhook has received, delivers them again, and sends test messages as the PBX does.',
    )
    .version(toolVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', `\n${CALLED} COMMAND --help has examples.\n\n${exitCodesText()}`)
    .exitOverride()
    .configureOutput(outputOf(runtime))
    .showHelpAfterError(`See: ${CALLED} --help`);
  const all = Object.keys(COMMANDS);
  const named = all.filter((name) => args.includes(name));
  for (const name of named.length > 0 ? named : all) {
    const command = await COMMANDS[name]?.(runtime);
    if (command) program.addCommand(refusingRepeats(command));
  }
  return program;
}

/** Without this, the parser would silently keep the last value of an option that is given twice. */
function refusingRepeats(command: CommandUnknownOpts): CommandUnknownOpts {
  command.commands.forEach(refusingRepeats);
  for (const option of command.options) {
    const takesValue = option.required || option.optional;
    if (!takesValue || REPEATABLE.has(option.name())) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      if (isGiven) command.error(`error: option '${option.flags}' is given twice`);
      isGiven = true;
    });
  }
  return command;
}

/**
 * The arguments for the parser. Other names of options become ours, and `--local` gets its URL
 * where it has none. The parser would take what follows `--local`, such as the id in `show --local ID`,
 * for the URL.
 *
 * @param commands Those that the arguments may name.
 * @throws {CliError} If what follows `--local` may be meant in two ways.
 */
export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  commands: readonly Pick<CommandUnknownOpts, 'name' | 'registeredArguments' | 'commands'>[],
): string[] {
  // For `help nope` and `nope --help`, the parser would show the general help.
  const [wanted = ''] = args[0] === 'help' ? args.slice(1) : args;
  const isKnown = wanted === 'help' || commands.some((command) => command.name() === wanted);
  if (wanted && !wanted.startsWith('-') && !isKnown) return [wanted];

  const takesArguments = commands.some(
    // What follows may also be the name of a subcommand.
    (command) => command.registeredArguments.length > 0 || command.commands.length > 0,
  );
  const afterLocal = args.includes('--local') ? args[args.indexOf('--local') + 1] : undefined;
  if (takesArguments && afterLocal !== undefined && /^\d{1,5}$/.test(afterLocal)) {
    // It may as well be an id or a number that sent messages.
    throw usageError(
      `"${afterLocal}" after --local may be a port or an argument.`,
      `Write --local=${afterLocal} for the port, or put ${afterLocal} before --local.`,
    );
  }
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const fallback = `http://localhost:${environment.PORT || 3000}`;
  return args.map((arg, index) => {
    if (index > end) return arg;
    const next = args[index + 1];
    const hasUrl = next !== undefined && (takesArguments ? isAddress(next) : !next.startsWith('-'));
    if (arg === '--local' && !hasUrl) return `--local=${fallback}`;
    const [name = '', ...value] = arg.split('=');
    return [OTHER_NAMES.get(name) ?? name, ...value].join('=');
  });
}

/** Whether it is a URL, or a short address of this machine such as `localhost:3500` or `:3500`. An empty text counts. */
function isAddress(text: string): boolean {
  return /^\s*$|^[a-z][a-z\d+.-]*:\/\/|^(localhost|[\d.]+|\[[\da-f:]+\])?:\d{1,5}$/i.test(text);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), processRuntime());
