import { readFileSync } from 'node:fs';
import { Command } from '@commander-js/extra-typings';
import { CALLED, exitCodesText, outputOf } from './command.ts';
import { consoleCommand } from './commands/console.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { forgetCommand } from './commands/forget.ts';
import { listCommand } from './commands/list.ts';
import { replayCommand } from './commands/replay.ts';
import { sendCommand } from './commands/send.ts';
import { showCommand } from './commands/show.ts';
import { statsCommand } from './commands/stats.ts';
import { tailCommand } from './commands/tail.ts';
import { urlCommand } from './commands/url.ts';
import type { Runtime } from './runtime.ts';

/** Every command, in the order of the help. */
const COMMANDS = [
  urlCommand,
  doctorCommand,
  listCommand,
  showCommand,
  tailCommand,
  consoleCommand,
  statsCommand,
  sendCommand,
  replayCommand,
  exportCommand,
  forgetCommand,
];

/** The whole command line: `--help` lists the commands. */
export function createProgram(runtime: Runtime): Command {
  const program = new Command('inbound-sms')
    .usage('COMMAND [OPTIONS]')
    .description(
      'Answers every question about the messages that the webhook has received, and acts as the PBX.',
    )
    .version(version(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', `\n${CALLED} COMMAND --help has examples.\n\n${exitCodesText()}`)
    .exitOverride()
    .configureOutput(outputOf(runtime))
    .showHelpAfterError(`See: ${CALLED} --help`);
  for (const create of COMMANDS) program.addCommand(create(runtime));
  return program;
}

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
