import { chmodSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readDotenv } from './dotenv.js';

/**
 * Writes a first token to a file such as `.env`, which only its owner may read then.
 *
 * @param {string} directory
 * @param {string} name
 * @param {string} token
 * @throws {Error} If the file has a token already, which is part of the URL that the PBX posts to, or
 * cannot be read.
 */
export function saveToken(directory, name, token) {
  const { parse } = createRequire(import.meta.url)('dotenv');
  const text = readDotenv(directory, name) ?? '';
  const variables = parse(text);
  if ('WEBHOOK_TOKENS' in variables) throw new Error(whyNot(name));
  const lines = [
    ...(text === '' || text.endsWith('\n') ? [text] : [`${text}\n`]),
    `WEBHOOK_TOKENS=${token}\n`,
    ...('ALARM_EMAIL' in variables
      ? []
      : ['# Who hears of alarms. Every deploy asks for it:\n', '#ALARM_EMAIL=you@example.com\n']),
  ].join('');
  const file = join(directory, name);
  writeFileSync(file, lines, { mode: 0o600 });
  // The mode of a file that was there stays otherwise.
  chmodSync(file, 0o600);
}

function whyNot(name) {
  return [
    `${name} sets WEBHOOK_TOKENS already. It is part of the URL that the PBX posts to, so nothing was changed.`,
    'To change the URL without a gap, make a token with `npm run token` and put it behind the old one:',
    'WEBHOOK_TOKENS=OLD,NEW. See docs/operations.md#change-the-url.',
  ].join('\n');
}
