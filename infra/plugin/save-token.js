import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDotenv } from './dotenv.js';
import { readUserFile } from './user-file.js';

/**
 * Writes a first token to a file such as `.env`, which only its owner may read then. An empty
 * `WEBHOOK_TOKENS=` is filled in.
 *
 * @param {string} directory
 * @param {string} name
 * @param {string} token
 * @throws {Error} If the file has a token already, which is part of the URL that the PBX posts to, or
 * cannot be read.
 */
export function saveToken(directory, name, token) {
  const before = readUserFile(directory, name) ?? '';
  const { values, lines } = parseDotenv(before, name);
  if (values.WEBHOOK_TOKENS) throw new Error(whyNot(name));
  const withToken = lines.WEBHOOK_TOKENS
    ? fillIn(before, lines.WEBHOOK_TOKENS, token)
    : append(before, `WEBHOOK_TOKENS=${token}\n`);
  const text = 'ALARM_EMAIL' in values ? withToken : append(withToken, ALARM_EMAIL);
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  // The mode of a file that was there stays otherwise.
  chmodSync(file, 0o600);
}

const ALARM_EMAIL =
  '# Who hears of alarms. Every deploy asks for it:\n#ALARM_EMAIL=you@example.com\n';

function append(text, lines) {
  return text === '' || text.endsWith('\n') ? text + lines : `${text}\n${lines}`;
}

/** @param {number} line From 1 on. It keeps its comment, and the file its line ends. */
function fillIn(text, line, value) {
  const parts = text.split(/(\r\n?|\n)/);
  const at = 2 * (line - 1);
  const filled = parts[at].replace(
    /([=:])[^#]*(#.*)?$/,
    (_, sign, comment) => `${sign}${value}${comment ? ` ${comment}` : ''}`,
  );
  return parts.with(at, filled).join('');
}

function whyNot(name) {
  return [
    `${name} sets WEBHOOK_TOKENS already. It is part of the URL that the PBX posts to, so nothing was changed.`,
    'To change the URL without a gap, make a token with `bin/inbound-sms token` and put it behind the old one:',
    'WEBHOOK_TOKENS=OLD,NEW. See docs/operations.md#change-the-url.',
  ].join('\n');
}
