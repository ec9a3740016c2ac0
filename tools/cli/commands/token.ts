import { saveToken } from '../../../infra/plugin/dotenv.js';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import { refuseUnknownSubcommand, stackCommand } from '../command.ts';
import { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { newToken } from '../token-parameter.ts';
import { newCommand, showCommand } from './shared-tokens.ts';
import { listCommand, retireCommand } from './token-use.ts';

/** Options that only the subcommands use. */
const OF_SUBCOMMANDS = ['stack', 'region', 'profile', 'local'] as const;

/** `inbound-sms token` */
export function tokenCommand(runtime: Runtime) {
  return stackCommand(runtime, 'token', {
    summary: "make a token, the secret part of the webhook's URL, and share it with a team",
    description:
      'Without a subcommand, each call makes a new token. It does not use AWS and does not deploy. The subcommands are for tokens that a team shares: they are stored in AWS and deployed from there.',
    examples: [
      ['', 'a token, printed'],
      ['--save', 'a first token, saved in .env'],
      ['--save --stage prod', 'a first token for one stage, saved in .env.prod'],
      ['new --stage prod', 'a token that a team shares'],
    ],
  })
    .option(
      '--save',
      'save the token in .env, or with --stage in .env.STAGE, instead of printing it',
    )
    .helpCommand('help [command]', 'show the help of a command')
    .allowExcessArguments()
    .action(async ({ save, stage: given, json }, command) => {
      refuseUnknownSubcommand(command);
      const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
      for (const name of OF_SUBCOMMANDS) {
        if (isGiven(name))
          throw usageError(`--${name} is for the subcommands new, list, show and retire.`);
      }
      const stage = isGiven('stage') ? given : undefined;
      if (stage !== undefined && !/^[A-Za-z0-9-]+$/.test(stage)) {
        throw usageError('A stage has only letters, digits and hyphens.');
      }
      if (stage !== undefined && !save) {
        throw usageError('--stage needs --save, or a subcommand such as `token new`.');
      }
      const token = newToken();
      const output = new Output(runtime, { json });
      if (save) await saveTo(stage, token, output, runtime.projectDirectory);
      else await show(token, output);
    })
    .addCommand(newCommand(runtime))
    .addCommand(listCommand(runtime))
    .addCommand(showCommand(runtime))
    .addCommand(retireCommand(runtime));
}

async function saveTo(stage: string | undefined, token: string, output: Output, folder: string) {
  const name = stage === undefined ? '.env' : `.env.${stage}`;
  try {
    saveToken(folder, name, token);
  } catch (error) {
    throw new CliError(EXIT.failed, error instanceof Error ? error.message : String(error));
  }
  if (output.isJson) return output.json({ saved: name });
  await output.text(`Saved to ${name}, which git ignores and only you can read.`);
  await output.text('Keep a copy in a password manager: docs/deploy.md#keep-the-token-safe.');
  if (stage === undefined) return;
  await output.text(
    `For the stage ${stage}, ${name} is read instead of .env: put ALARM_EMAIL there, too.`,
  );
}

async function show(token: string, output: Output) {
  if (output.isJson) return output.json({ token });
  await output.text(token);
  if (!output.isTerminal) return;
  output.note('\nTo save a first token in .env, which git ignores: bin/inbound-sms token --save');
  output.note('To share one with a team: bin/inbound-sms token new --stage prod');
  output.note(
    'To change the URL without a gap, put the new token behind the old one: WEBHOOK_TOKENS=OLD,NEW',
  );
}
