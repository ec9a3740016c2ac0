import { chmodSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readUserFile } from './user-file.js';

/** It takes time to load them, and not everybody has such a file. */
const require = createRequire(import.meta.url);

/** It is shipped with the project, so it is no file of the stage `example`. */
const EXAMPLE = '.env.example';

/** A name that no file has: see `assignmentsIn`. */
const PROBE = 'INBOUND_SMS_PROBE_5D2F';

/**
 * Adds the variables of `.env.STAGE` or, if there is none, of `.env`. The deploy and the command line
 * both use this, so a file means the same to both. docs/deploy.md#the-env-file tells the rules.
 *
 * @param {string} stage
 * @param {string} directory
 * @param {Record<string, string | undefined>} environment A variable that is set stays as it is, also
 * if it is empty.
 * @throws {Error} Names the file and the line, and never a value.
 */
export function loadDotenv(stage, directory, environment) {
  for (const name of [`.env.${stage}`, '.env']) {
    const text = name === EXAMPLE ? undefined : readUserFile(directory, name);
    if (text === undefined) continue;
    const processEnv = Object.entries(environment).filter(([, value]) => value !== undefined);
    /** @type {{ parsed: Record<string, string> }} */
    const { parsed } = require('dotenv-expand').expand({
      parsed: parseDotenv(text, name).values,
      processEnv: Object.fromEntries(processEnv),
    });
    for (const [variable, value] of Object.entries(parsed)) environment[variable] ??= value;
    return;
  }
}

/**
 * The variables of such a file as they stand there: `${NAME}` is not replaced.
 *
 * @param {string} text
 * @param {string} file Its name, for errors.
 * @returns {{ values: Record<string, string>, lines: Record<string, number> }} The line of each, from 1 on.
 * @throws {Error} If a variable stands twice, or a quote is not closed.
 */
export function parseDotenv(text, file) {
  const assignments = assignmentsIn(text);
  for (const [at, { name, line }] of assignments.entries()) {
    const first = assignments.slice(0, at).find((earlier) => earlier.name === name);
    if (!first) continue;
    const isList = ['WEBHOOK_TOKENS', 'EDGE_SECRETS'].includes(name);
    const both = isList ? `, or both values in one line: ${name}=OLD,NEW` : '';
    throw new Error(
      `${file} sets ${name} twice, in line ${first.line} and in line ${line}. Keep one of them${both}`,
    );
  }
  const open = assignments.find(({ isOpen }) => isOpen);
  if (open) {
    // The parser would make the quote a part of the value.
    throw new Error(
      `${file}, line ${open.line}: the value of ${open.name} begins with ${open.quote} but does not end with it. Put quotes on both sides, or none`,
    );
  }
  const lines = Object.fromEntries(assignments.map(({ name, line }) => [name, line]));
  return { values: require('dotenv').parse(text), lines };
}

/**
 * The variables in the order of the file. The parser tells no lines: ask it whether a line assigns by
 * giving the line another name. A line inside of a quoted value does not.
 */
function assignmentsIn(/** @type {string} */ text) {
  const lines = text.split(/\r\n?|\n/);
  return lines.flatMap((line, index) => {
    const [, before = '', name = '', quote = ''] =
      /^(\s*(?:export\s+)?)([\w.-]+)\s*[=:]\s*(["'`]?)/.exec(line) ?? [];
    if (!name) return [];
    const probe = before + PROBE + line.slice(before.length + name.length);
    /** @type {string | undefined} */
    const value = require('dotenv').parse(lines.with(index, probe).join('\n'))[PROBE];
    if (value === undefined) return [];
    return [{ name, line: index + 1, quote, isOpen: quote !== '' && value.startsWith(quote) }];
  });
}

/**
 * Writes a first token to a file such as `.env`, which only its owner may read then. An empty
 * `WEBHOOK_TOKENS=` is filled in.
 *
 * @param {string} directory
 * @param {string} name
 * @param {string} token
 * @throws {Error} If the file has a token already, which is part of the URL that the PBX posts to, cannot be
 * read, or is `.env.example`.
 */
export function saveToken(directory, name, token) {
  if (name === EXAMPLE)
    throw new Error(`${name} is part of the project, and git does not ignore it`);
  const before = readUserFile(directory, name) ?? '';
  const { values, lines } = parseDotenv(before, name);
  if (values.WEBHOOK_TOKENS) {
    throw new Error(
      [
        `${name} sets WEBHOOK_TOKENS already. It is part of the URL that the PBX posts to, so nothing was changed.`,
        'To change the URL without a gap, make a token with `bin/inbound-sms token` and put it behind the old one:',
        'WEBHOOK_TOKENS=OLD,NEW. See docs/operations.md#change-the-url.',
      ].join('\n'),
    );
  }
  const withToken = lines.WEBHOOK_TOKENS
    ? fillIn(before, lines.WEBHOOK_TOKENS, token)
    : append(before, `WEBHOOK_TOKENS=${token}\n`);
  const asksForAddress = 'ALARM_EMAIL' in values || before.includes(ALARM_EMAIL);
  const text = asksForAddress ? withToken : append(withToken, ABOUT_ALARMS);
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  // The mode of a file that was there stays otherwise.
  chmodSync(file, 0o600);
}

const ALARM_EMAIL = '#ALARM_EMAIL=you@example.com\n';
const ABOUT_ALARMS = `# Who hears of alarms. Every deploy asks for it:\n${ALARM_EMAIL}`;

/** @param {string} text @param {string} lines */
const append = (text, lines) => (/(^|\n)$/.test(text) ? text + lines : `${text}\n${lines}`);

/** The line keeps its comment, and the file its line ends. */
function fillIn(
  /** @type {string} */ text,
  /** @type {number} */ line,
  /** @type {string} */ value,
) {
  const parts = text.split(/(\r\n?|\n)/);
  const at = 2 * (line - 1);
  const filled = parts[at]?.replace(
    /([=:])[^#]*(#.*)?$/,
    (_, sign, comment) => `${sign}${value}${comment ? ` ${comment}` : ''}`,
  );
  return parts.with(at, filled ?? '').join('');
}
