import { chmodSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readUserFile } from './user-file.js';

/** Loading the packages takes time, and not everybody has such a file. */
const require = createRequire(import.meta.url);

/** Part of the project, so not the file of a stage `example`. */
const EXAMPLE = '.env.example';

/** A name that no file uses: see `assignmentsIn`. */
const PROBE = 'INBOUND_SMS_PROBE_5D2F';

/**
 * Adds the variables of `.env.STAGE` or, if it does not exist, of `.env`. The deploy and the command line
 * both use this, so a file means the same to both. docs/deploy.md#the-env-file has the rules.
 *
 * @param {string} stage
 * @param {string} directory
 * @param {Record<string, string | undefined>} environment A variable that is set, even if empty, stays as
 * it is.
 * @throws {Error} Names the file and the line, never a value.
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
 * Reads the variables of such a file literally. It does not replace `${NAME}`.
 *
 * @param {string} text
 * @param {string} file Its name, for errors.
 * @returns {{ values: Record<string, string>, lines: Record<string, number> }} `lines`: the line of each,
 * from 1.
 * @throws {Error} If a variable occurs twice, or a quote is not closed.
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
    // The parser would make the quote part of the value.
    throw new Error(
      `${file}, line ${open.line}: the value of ${open.name} begins with ${open.quote} but does not end with it. Put quotes on both sides, or none`,
    );
  }
  const lines = Object.fromEntries(assignments.map(({ name, line }) => [name, line]));
  return { values: require('dotenv').parse(text), lines };
}

/**
 * The variables in the order of the file. The parser does not report lines. So this renames the variable of
 * one line and parses again: if the new name appears, the line is an assignment. A line inside of a quoted
 * value is none.
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
 * Writes a first token to a file such as `.env`, and makes the file readable for its owner only. Fills in
 * an empty `WEBHOOK_TOKENS=`.
 *
 * @param {string} directory
 * @param {string} name
 * @param {string} token
 * @throws {Error} If the file cannot be read, is `.env.example`, or already has a token, which is part of
 * the URL that the PBX uses.
 */
export function saveToken(directory, name, token) {
  if (name === EXAMPLE)
    throw new Error(
      `${name} is part of the project, and git does not ignore it. Leave out --stage: a stage of that name reads .env`,
    );
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
  // An existing file would otherwise keep its mode.
  chmodSync(file, 0o600);
}

const ALARM_EMAIL = '#ALARM_EMAIL=you@example.com\n';
const ABOUT_ALARMS = `# Who hears of alarms. Every deploy asks for it:\n${ALARM_EMAIL}`;

/** @param {string} text @param {string} lines */
const append = (text, lines) => (/(^|\n)$/.test(text) ? text + lines : `${text}\n${lines}`);

/** Keeps the line's comment and the file's line ends. */
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
