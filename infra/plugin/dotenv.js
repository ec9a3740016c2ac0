import { createRequire } from 'node:module';
import { readUserFile } from './user-file.js';

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
    const text = readUserFile(directory, name);
    if (text === undefined) continue;
    for (const [variable, value] of Object.entries(parse(text, name, environment))) {
      environment[variable] ??= value;
    }
    return;
  }
}

/** @returns {Record<string, string>} */
function parse(text, name, environment) {
  const { values } = parseDotenv(text, name);
  const processEnv = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined),
  );
  return createRequire(import.meta.url)('dotenv-expand').expand({ parsed: values, processEnv })
    .parsed;
}

/**
 * The variables of such a file as they stand there: `${NAME}` is not replaced.
 *
 * @param {string} text
 * @param {string} name Of the file, for errors.
 * @returns {{ values: Record<string, string>, lines: Record<string, number> }} The line of each, from 1 on.
 * @throws {Error} If a variable stands twice, or a quote is not closed.
 */
export function parseDotenv(text, name) {
  // It takes time to load, and not everybody has such a file.
  const { parse: parsed } = createRequire(import.meta.url)('dotenv');
  const assignments = assignmentsIn(text, parsed);
  refuseTwice(assignments, name);
  refuseOpenQuotes(assignments, name);
  return {
    values: parsed(text),
    lines: Object.fromEntries(assignments.map(({ name: variable, line }) => [variable, line])),
  };
}

/**
 * The variables in the order of the file. The parser tells no lines: ask it whether a line assigns by
 * giving the line another name. A line inside of a quoted value does not.
 */
function assignmentsIn(text, parse) {
  const lines = text.split(/\r\n?|\n/);
  return lines.flatMap((line, index) => {
    const [, before, name, quote] =
      /^(\s*(?:export\s+)?)([\w.-]+)\s*[=:]\s*(["'`]?)/.exec(line) ?? [];
    if (!name) return [];
    const probe = before + PROBE + line.slice(before.length + name.length);
    const value = parse(lines.with(index, probe).join('\n'))[PROBE];
    if (value === undefined) return [];
    return [{ name, line: index + 1, quote, isOpen: quote !== '' && value.startsWith(quote) }];
  });
}

/** The parser would make the quote a part of the value. */
function refuseOpenQuotes(assignments, file) {
  const open = assignments.find(({ isOpen }) => isOpen);
  if (!open) return;
  throw new Error(
    `${file}, line ${open.line}: the value of ${open.name} begins with ${open.quote} but does not end with it. Put quotes on both sides, or none`,
  );
}

function refuseTwice(assignments, file) {
  for (const [at, { name, line }] of assignments.entries()) {
    const first = assignments.slice(0, at).find((earlier) => earlier.name === name);
    if (!first) continue;
    throw new Error(
      `${file} sets ${name} twice, in line ${first.line} and in line ${line}. Keep one of them${howToKeepBoth(name)}`,
    );
  }
}

function howToKeepBoth(name) {
  if (!['WEBHOOK_TOKENS', 'EDGE_SECRETS'].includes(name)) return '';
  return `, or both values in one line: ${name}=OLD,NEW`;
}
