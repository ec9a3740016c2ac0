import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { CALLED, exitCodesText, outputOf } from './command.ts';
import type { Runtime } from './runtime.ts';
import { toolVersion } from './version.ts';

/** Every command, in the order of the help. Each is loaded only when it is called: its start counts. */
const COMMANDS: Readonly<Record<string, (runtime: Runtime) => Promise<CommandUnknownOpts>>> = {
  url: async (runtime) => (await import('./commands/url.ts')).urlCommand(runtime),
  doctor: async (runtime) => (await import('./commands/doctor.ts')).doctorCommand(runtime),
  list: async (runtime) => (await import('./commands/list.ts')).listCommand(runtime),
  show: async (runtime) => (await import('./commands/show.ts')).showCommand(runtime),
  tail: async (runtime) => (await import('./commands/tail.ts')).tailCommand(runtime),
  console: async (runtime) => (await import('./commands/console.ts')).consoleCommand(runtime),
  stats: async (runtime) => (await import('./commands/stats.ts')).statsCommand(runtime),
  send: async (runtime) => (await import('./commands/send.ts')).sendCommand(runtime),
  replay: async (runtime) => (await import('./commands/replay.ts')).replayCommand(runtime),
  export: async (runtime) => (await import('./commands/export.ts')).exportCommand(runtime),
  forget: async (runtime) => (await import('./commands/forget.ts')).forgetCommand(runtime),
  token: async (runtime) => (await import('./commands/token.ts')).tokenCommand(runtime),
  version: async (runtime) => (await import('./commands/version.ts')).versionCommand(runtime),
};

/**
 * The command line for these arguments: with the commands that they name, or with all if they name
 * none, as for `--help`.
 */
export async function createProgram(
  runtime: Runtime,
  args: readonly string[] = [],
): Promise<Command> {
  const program = new Command('inbound-sms')
    .usage('COMMAND [OPTIONS]')
    .description(
      'Answers every question about the messages that the webhook has received, and acts as the PBX.',
    )
    .version(toolVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', `\n${CALLED} COMMAND --help has examples.\n\n${exitCodesText()}`)
    .exitOverride()
    .configureOutput(outputOf(runtime))
    .showHelpAfterError(`See: ${CALLED} --help`);
  const named = Object.keys(COMMANDS).filter((name) => args.includes(name));
  for (const [name, load] of Object.entries(COMMANDS)) {
    if (named.length > 0 && !named.includes(name)) continue;
    program.addCommand(refusingRepeats(await load(runtime)));
  }
  return program;
}

/** Options that collect values. */
const REPEATABLE = new Set(['field']);

/** The parser would keep the last value of an option that is given twice, without a word. */
function refusingRepeats(command: CommandUnknownOpts): CommandUnknownOpts {
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
