import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { MAX_URL_LENGTH } from '../docs-url.js';
import { PARAMETERS, STAGE_DEFAULTS } from './parameters.js';
import { readDocument } from './settings-document.js';
import { readUserFile } from './user-file.js';

/** The user's own settings. The project never ships this file, so no upgrade touches it. */
export const SETTINGS_FILE = 'settings.yml';

/** The earlier file for settings, which users edited in their clone. */
export const OLD_FILE = 'infra/parameters.yml';

/** A likely wrong name of the file. */
const OTHER_NAME = 'settings.yaml';

/** The default of `country`. */
export const DEFAULT_COUNTRY = 'AU';

/** The default of `service`. */
export const DEFAULT_SERVICE = 'inbound-sms';

/** The stage of `npm start`. It uses no settings of a deployment. */
export const LOCAL_STAGE = 'local';

/** The default of `timeZone`. */
export const DEFAULT_TIME_ZONE = 'UTC';

/**
 * Settings for writing numbers and reading times. A stage may have them besides parameters and subscribers.
 */
export const LOCALE = ['country', 'timeZone'];

/** The readers of the settings at the top of the file. Stages are on the same level. */
const READERS = new Map([
  ['service', readService],
  ['country', readCountry],
  ['timeZone', readTimeZone],
  ['docsUrl', readDocsUrl],
]);

/**
 * A value of the file: text, or a list of texts. Never a number, so `0412345678` keeps its zero.
 *
 * @typedef {object} Setting
 * @property {string | string[]} value
 * @property {string} place File and line, for errors.
 */

/**
 * @typedef {object} SettingsFile
 * @property {string} service
 * @property {string | undefined} country
 * @property {string | undefined} timeZone
 * @property {string | undefined} docsUrl
 * @property {Record<string, Record<string, Setting>>} sections By stage; `default` is for all.
 * @property {Record<string, Entry[]>} subscribers By stage, as written. `readSubscribers` reads them.
 * @property {Entry[]} entries The whole file, as written.
 */

/** @typedef {import('./settings-document.js').Entry} Entry */

/**
 * @param {string} directory
 * @throws {Error} If the file of the version before still exists. A deploy would ignore its settings.
 */
export function refuseOldSettings(directory) {
  if (!existsSync(join(directory, OLD_FILE))) return;
  throw new Error(
    `${OLD_FILE} is not read any more. Run \`node infra/plugin/move-settings.js\`: it moves what you changed there to settings.yml. See docs/deploy.md#upgrade`,
  );
}

/**
 * Reads the keys of the file. `readSettings` in check-settings.js checks parameters and subscribers.
 *
 * @param {string} directory
 * @returns {SettingsFile} The defaults if the file is missing or empty.
 * @throws {Error} Names the file and the line.
 */
export function readSettingsFile(directory) {
  // A file of the other name would be ignored, and the defaults deployed.
  if (existsSync(join(directory, OTHER_NAME))) {
    throw new Error(`${OTHER_NAME} is not read. Rename it to ${SETTINGS_FILE}, or delete it`);
  }
  const text = readUserFile(directory, SETTINGS_FILE);
  /** @type {SettingsFile} */
  const file = {
    service: DEFAULT_SERVICE,
    country: undefined,
    timeZone: undefined,
    docsUrl: undefined,
    // A stage may have the name `constructor`.
    sections: Object.create(null),
    subscribers: Object.create(null),
    entries: text === undefined ? [] : readDocument(text, SETTINGS_FILE),
  };
  for (const { key, place, text: value, entries } of file.entries) {
    const read = READERS.get(key);
    if (read) Object.assign(file, { [key]: read(value, place) });
    else if (entries) {
      const stage = readStage(key, place);
      const others = entries.filter((each) => each.key !== 'subscribers');
      file.sections[stage] = sectionOf(others, stage);
      file.subscribers[stage] = entries.flatMap((each) =>
        each.key === 'subscribers' ? (each.entries ?? []) : [],
      );
    } else if (value !== '') {
      const known = closest(key, [...READERS.keys(), 'default']);
      throw new Error(
        `${place}: ${key} is not allowed here. Did you mean ${known}? Write parameters below \`default:\` or a stage`,
      );
    }
  }
  return file;
}

/**
 * The parameters of a stage as they were set, without `--param`.
 *
 * @param {SettingsFile | undefined} file
 * @param {string} stage
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {Record<string, unknown>}
 */
export function parametersOf(file, stage, environment) {
  const { ALARM_EMAIL } = environment;
  const [shared, own] =
    stage === LOCAL_STAGE ? [] : [file?.sections.default, file?.sections[stage]];
  return {
    ...mapValues(PARAMETERS, ({ fallback }) => fallback),
    ...(ALARM_EMAIL !== undefined && { alarmEmail: ALARM_EMAIL }),
    ...(Object.hasOwn(STAGE_DEFAULTS, stage) && STAGE_DEFAULTS[stage]),
    ...parametersIn(shared),
    ...parametersIn(own),
  };
}

/**
 * @param {SettingsFile} file
 * @param {string | undefined} stage
 * @returns {string} The ISO 3166 code of the country for national numbers.
 */
export function countryOf(file, stage) {
  return valueFor(file, stage, 'country') ?? DEFAULT_COUNTRY;
}

/**
 * @param {SettingsFile} file
 * @param {string | undefined} stage
 * @returns {string} The IANA name of the time zone for people, such as Australia/Sydney.
 */
export function timeZoneOf(file, stage) {
  return valueFor(file, stage, 'timeZone') ?? DEFAULT_TIME_ZONE;
}

/**
 * @param {SettingsFile} file
 * @param {string | undefined} stage
 * @param {'country' | 'timeZone'} name
 */
function valueFor(file, stage, name) {
  const { value } = (stage && file.sections[stage]?.[name]) || file.sections.default?.[name] || {};
  return /** @type {string | undefined} */ (value) ?? file[name];
}

/** @param {Record<string, Setting>} [section] */
function parametersIn(section = {}) {
  const parameters = Object.entries(section).filter(([name]) => !LOCALE.includes(name));
  return mapValues(Object.fromEntries(parameters), ({ value }) => value);
}

/**
 * @param {string} name @param {string} place
 * @returns {never}
 * @throws {Error} Suggests a similar name.
 */
export function refuseUnknown(name, place) {
  const known = closest(name, [...Object.keys(PARAMETERS), ...LOCALE, 'subscribers']);
  throw new Error(`${place}: there is no parameter ${name}. Did you mean ${known}?`);
}

/** @param {Entry[]} entries @param {string} stage @returns {Record<string, Setting>} */
function sectionOf(entries, stage) {
  return Object.fromEntries(
    entries.map(({ key, place, text, entries: inner }) => {
      if (stage === LOCAL_STAGE && !LOCALE.includes(key)) {
        throw new Error(
          `${place}: ${key} is not allowed here. The stage local is \`npm start\`, which takes only country, timeZone and subscribers. Use \`npm start -- --param NAME=VALUE\``,
        );
      }
      const isKnown = LOCALE.includes(key) || Object.hasOwn(PARAMETERS, key);
      if (inner && !isKnown) refuseUnknown(key, place);
      if (inner || [text].flat().some((each) => typeof each !== 'string')) {
        throw new Error(`${place}: ${key} must be a value or a list of values`);
      }
      const read = LOCALE.includes(key) ? READERS.get(key) : undefined;
      const value = read ? read(text, place) : /** @type {Setting['value']} */ (text);
      return [key, { place, value }];
    }),
  );
}

/** @param {unknown} value @param {string} place */
function readService(value, place) {
  // serverless's rule. check-template.js checks AWS's limits, which depend on the stage.
  if (typeof value === 'string' && /^[a-zA-Z][0-9a-zA-Z-]+$/.test(value)) return value;
  throw new Error(`${place}: service must be letters, digits and hyphens, a letter first`);
}

/** @param {unknown} value @param {string} place */
function readCountry(value, place) {
  const code = String(value).toUpperCase();
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
  if (/^[A-Z]{2}$/.test(code) && !['ZZ', 'EU', 'UN'].includes(code) && names.of(code)) {
    return code === 'UK' ? 'GB' : code;
  }
  throw new Error(
    `${place}: country must be a code of two letters, such as AU or NZ, not ${JSON.stringify(value)}`,
  );
}

/** @param {unknown} value @param {string} place */
function readTimeZone(value, place) {
  const name = String(value);
  // Intl also accepts a fixed offset, which would be wrong for half of the year.
  if (/^[A-Z]/i.test(name)) {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    } catch {
      // Reported below.
    }
  }
  const known = closest(name, [...Intl.supportedValuesOf('timeZone'), DEFAULT_TIME_ZONE]);
  throw new Error(
    `${place}: timeZone must be an IANA name, such as Australia/Sydney, not ${JSON.stringify(value)}. Did you mean ${known}?`,
  );
}

/** It is e-mailed, so it must not hold a password, and an error does not quote it. */
function readDocsUrl(/** @type {unknown} */ value, /** @type {string} */ place) {
  const text = String(value).replace(/\/+$/, '');
  if (/^https?:\/\/[^\s@?#]+$/.test(text) && URL.canParse(text) && text.length <= MAX_URL_LENGTH) {
    return text;
  }
  throw new Error(
    `${place}: docsUrl must be the URL of the folder docs, such as https://git.example.com/ops/sms/blob/main/docs, of ${MAX_URL_LENGTH} characters at most, without a password, ? or #`,
  );
}

/** @param {string} key @param {string} place */
function readStage(key, place) {
  if (key === 'subscribers' || Object.hasOwn(PARAMETERS, key)) {
    throw new Error(`${place}: ${key} is not allowed here. Write it below \`default:\` or a stage`);
  }
  if (/^[A-Za-z0-9-]+$/.test(key)) return key;
  throw new Error(`${place}: a stage has only letters, digits and hyphens, not ${key}`);
}

/** @template T, U @param {Readonly<Record<string, T>>} object @param {(value: T) => U} map */
const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
