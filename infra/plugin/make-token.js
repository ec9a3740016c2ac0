/**
 * `npm run token`: a new token for the webhook's URL, on a line of its own. With `--save` it goes to `.env`
 * instead, with `--stage prod` to `.env.prod`.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { saveToken } from './save-token.js';

const token = randomBytes(24).toString('base64url');

try {
  const { save, stage } = readOptions();
  if (save) saveTo(stage === undefined ? '.env' : `.env.${stage}`, stage);
  else print();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function readOptions() {
  const { values } = parseArgs({
    options: { save: { type: 'boolean' }, stage: { type: 'string' } },
  });
  if (values.stage !== undefined && !/^[A-Za-z0-9-]+$/.test(values.stage)) {
    throw new Error('A stage has only letters, digits and hyphens.');
  }
  if (values.stage !== undefined && !values.save) throw new Error('--stage needs --save.');
  return values;
}

function saveTo(name, stage) {
  saveToken(process.cwd(), name, token);
  console.log(`Saved to ${name}, which git ignores and only you can read.`);
  console.log('Keep a copy in a password manager: docs/deploy.md#keep-the-token-safe.');
  if (stage === undefined) return;
  console.log(
    `For the stage ${stage}, ${name} is read instead of .env: put ALARM_EMAIL there, too.`,
  );
}

function print() {
  console.log(token);
  if (!process.stdout.isTTY) return;
  console.error('\nTo save a first token in .env, which git ignores: npm run token -- --save');
  console.error(
    'To change the URL without a gap, put the new token behind the old one: WEBHOOK_TOKENS=OLD,NEW',
  );
}
