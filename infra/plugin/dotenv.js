import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

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
    const text = readDotenv(directory, name);
    if (text === undefined) continue;
    for (const [variable, value] of Object.entries(parse(text, name, environment))) {
      environment[variable] ??= value;
    }
    return;
  }
}

/** @returns {Record<string, string>} */
function parse(text, name, environment) {
  // They take 10 ms to load, and not everybody has such a file.
  const require = createRequire(import.meta.url);
  const dotenv = require('dotenv');
  refuseTwice(assignmentsIn(text, dotenv.parse), name);
  const processEnv = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined),
  );
  return require('dotenv-expand').expand({ parsed: dotenv.parse(text), processEnv }).parsed;
}

/**
 * The variables in the order of the file. The parser tells no lines: ask it whether a line assigns by
 * giving the line another name. A line inside of a quoted value does not.
 */
function assignmentsIn(text, parse) {
  const lines = text.split(/\r\n?|\n/);
  return lines.flatMap((line, index) => {
    const [, before, name] = /^(\s*(?:export\s+)?)([\w.-]+)\s*[=:]/.exec(line) ?? [];
    if (!name) return [];
    const probe = before + PROBE + line.slice(before.length + name.length);
    return PROBE in parse(lines.with(index, probe).join('\n')) ? [{ name, line: index + 1 }] : [];
  });
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

/**
 * @param {string} directory
 * @param {string} name
 * @returns {string | undefined} Undefined if there is no such file.
 * @throws {Error} If it is no file of text that you may read.
 */
export function readDotenv(directory, name) {
  const bytes = readBytes(join(directory, name), name);
  if (bytes === undefined) return undefined;
  // Windows PowerShell writes UTF-16.
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  if (!text.includes('\0')) return text;
  throw new Error(`${name} mixes encodings. Save it as UTF-8`);
}

function readBytes(file, name) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    const why = {
      EISDIR: 'it is a folder, and should be a file',
      EACCES: 'you have no permission to read it',
    }[error.code];
    throw new Error(`${name} cannot be read: ${why ?? error.message}`);
  }
}
