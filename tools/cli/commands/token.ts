import { randomBytes } from 'node:crypto';
import { saveToken } from '../../../infra/plugin/dotenv.js';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import { baseCommand } from '../command.ts';
import { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';

/** `inbound-sms token` */
export function tokenCommand(runtime: Runtime) {
  return baseCommand(runtime, 'token', {
    summary: "make a token, the secret part of the webhook's URL",
    description: 'It asks AWS nothing and deploys nothing. Every call makes another token.',
    examples: [
      ['', 'a token, on a line of its own'],
      ['--save', 'a first token, saved in .env'],
      ['--save --stage prod', 'the same for one stage, in .env.prod'],
    ],
  })
    .option('--save', 'save it in .env, which git ignores, instead of showing it')
    .option('--stage <stage>', 'with --save: save it in .env.STAGE')
    .action(async ({ save, stage, json }) => {
      if (stage !== undefined && !/^[A-Za-z0-9-]+$/.test(stage)) {
        throw usageError('A stage has only letters, digits and hyphens.');
      }
      if (stage !== undefined && !save) throw usageError('--stage needs --save.');
      const token = randomBytes(24).toString('base64url');
      const output = new Output(runtime, { json });
      if (save) await saveTo(stage, token, output, runtime.projectDirectory);
      else await show(token, output);
    });
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
  output.note(
    'To change the URL without a gap, put the new token behind the old one: WEBHOOK_TOKENS=OLD,NEW',
  );
}
