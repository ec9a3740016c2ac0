import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { MAX_URL_LENGTH } from '../docs-url.js';
import { PARAMETERS, readParameter, STAGE_DEFAULTS } from './parameters.js';
import { readUserFile } from './user-file.js';

/** Where people keep their own settings. The project never ships this file, so no upgrade touches it. */
export const SETTINGS_FILE = 'settings.yml';

/** Where settings were before settings.yml: people edited it in their clone. */
export const OLD_FILE = 'infra/parameters.yml';

/** What people also call such a file. */
const OTHER_NAME = 'settings.yaml';

/** What `country` is if nobody has set it. */
const DEFAULT_COUNTRY = 'AU';

/** What `service` is if nobody has set it. */
export const DEFAULT_SERVICE = 'inbound-sms';

/** The stage of `npm start`: it takes nothing from the settings of a deployment. */
export const LOCAL_STAGE = 'local';

/**
 * A value of the file: text, or a list of texts. No number, so `0412345678` keeps its zero.
 *
 * @typedef {object} Setting
 * @property {string | string[]} value
 * @property {string} place File and line, for errors.
 */

/**
 * @typedef {object} SettingsFile
 * @property {string} service
 * @property {string | undefined} country
 * @property {string | undefined} docsUrl
 * @property {Record<string, Record<string, Setting>>} sections By stage; `default` is for all.
 */

/** @typedef {{ key: string, place: string, value?: unknown, entries?: Entry[] }} Entry */

/**
 * @param {string} directory
 * @throws {Error} If settings of the version before are still there: a deploy would leave them out.
 */
export function refuseOldSettings(directory) {
  if (!existsSync(join(directory, OLD_FILE))) return;
  throw new Error(
    `${OLD_FILE} is not read any more. Run \`node infra/plugin/move-settings.js\`: it moves what you changed there to settings.yml. See docs/deploy.md#upgrade`,
  );
}

/**
 * Reads the file's form: which keys there are. What a parameter may be, `readSettings` checks.
 *
 * @param {string} directory
 * @returns {SettingsFile} Of a file that is missing or empty, the defaults.
 * @throws {Error} Names the file and the line.
 */
export function readSettingsFile(directory) {
  // Another name would be ignored, and the defaults deployed.
  if (existsSync(join(directory, OTHER_NAME))) {
    throw new Error(`${OTHER_NAME} is not read. Rename it to ${SETTINGS_FILE}, or delete it`);
  }
  const text = readUserFile(directory, SETTINGS_FILE);
  /** @type {SettingsFile} */
  const file = { service: DEFAULT_SERVICE, country: undefined, docsUrl: undefined, sections: {} };
  for (const { key, place, value, entries } of text === undefined ? [] : entriesOf(text)) {
    if (key === 'service') file.service = readService(value, place);
    else if (key === 'country') file.country = readCountry(value, place);
    else if (key === 'docsUrl') file.docsUrl = readDocsUrl(value, place);
    else if (entries) file.sections[readStage(key, place)] = sectionOf(entries);
    else if (value !== '') {
      const known = closest(key, ['service', 'country', 'docsUrl', 'default']);
      throw new Error(
        `${place}: ${key} cannot stand here. Did you mean ${known}? Parameters stand below \`default:\` or a stage`,
      );
    }
  }
  return file;
}

/**
 * Reads settings.yml for a deploy: every name and value, of all stages.
 *
 * @param {string} directory
 * @throws {Error} Names the file and the line.
 */
export function readSettings(directory) {
  const file = readSettingsFile(directory);
  for (const section of Object.values(file.sections)) {
    for (const [name, setting] of Object.entries(section)) {
      if (name !== 'country') checkSetting(name, setting);
    }
  }
  return file;
}

/**
 * The parameters of a stage as they are given, but for `--param`.
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
 * @returns {string} The ISO 3166 code of the country whose national numbers people write.
 */
export function countryOf({ country, sections }, stage) {
  const { value } = (stage && sections[stage]?.country) || sections.default?.country || {};
  return /** @type {string | undefined} */ (value) ?? country ?? DEFAULT_COUNTRY;
}

/** @param {Record<string, Setting>} [section] */
function parametersIn(section = {}) {
  const { country: _, ...parameters } = section;
  return mapValues(parameters, ({ value }) => value);
}

/** @param {string} name @param {Setting} setting */
function checkSetting(name, { value, place }) {
  if (!Object.hasOwn(PARAMETERS, name)) {
    const known = closest(name, [...Object.keys(PARAMETERS), 'country']);
    throw new Error(`${place}: there is no parameter ${name}. Did you mean ${known}?`);
  }
  // A variable of serverless: what it stands for is checked when it is known.
  if ([value].flat().some((text) => text.includes('${'))) return;
  try {
    readParameter(name, value);
  } catch (error) {
    throw new Error(`${place}: ${/** @type {Error} */ (error).message}`);
  }
}

/** The keys of the file in order, each with its line. @param {string} text @returns {Entry[]} */
function entriesOf(text) {
  if (/^(<{7}|={7}|>{7})( |$)/m.test(text)) {
    const line = text.split('\n').findIndex((each) => each.startsWith('<<<<<<<')) + 1;
    throw new Error(
      `${SETTINGS_FILE}, line ${line}: git left a conflict here. Keep one side of it`,
    );
  }
  // It takes 40 ms to load, and most commands find no such file.
  /** @type {typeof import('yaml')} */
  const yaml = createRequire(import.meta.url)('yaml');
  const lineCounter = new yaml.LineCounter();
  const options = { schema: 'failsafe', prettyErrors: false, lineCounter };
  const document = yaml.parseDocument(text, /** @type {import('yaml').ParseOptions} */ (options));
  const placeOf = (/** @type {number} */ offset) =>
    `${SETTINGS_FILE}, line ${lineCounter.linePos(offset).line}`;
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw new Error(`${placeOf(fault.pos[0])}: ${fault.message}`);
  const { contents } = document;
  if (contents === null) return [];
  if (!yaml.isMap(contents)) {
    throw new Error(`${placeOf(contents.range[0])}: write \`name: value\` here`);
  }
  return read(contents);

  /** @param {import('yaml').YAMLMap<any, any>} map @returns {Entry[]} */
  function read({ items }) {
    return items.map(({ key, value }) => {
      const place = placeOf(key.range[0]);
      const resolved = yaml.isAlias(value) ? value.resolve(document) : value;
      if (yaml.isMap(resolved)) return { key: key.value, place, entries: read(resolved) };
      return { key: key.value, place, value: resolved === null ? '' : resolved.toJS(document) };
    });
  }
}

/** @param {Entry[]} entries @returns {Record<string, Setting>} */
function sectionOf(entries) {
  return Object.fromEntries(
    entries.map(({ key, place, value, entries: inner }) => {
      if (inner || [value].flat().some((each) => typeof each !== 'string')) {
        throw new Error(`${place}: ${key} must be a value or a list of values`);
      }
      const checked = key === 'country' ? readCountry(value, place) : value;
      return [key, { place, value: /** @type {Setting['value']} */ (checked) }];
    }),
  );
}

/** @param {unknown} value @param {string} place */
function readService(value, place) {
  // What serverless takes. AWS's limits for names are checked with the stage: check-template.js.
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
    `${place}: country must be a code of two letters, such as AU or NZ; not ${JSON.stringify(value)}`,
  );
}

/** It is e-mailed, so it may hold no password, and an error does not quote it. */
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
  if (key === LOCAL_STAGE) {
    throw new Error(
      `${place}: the stage local is \`npm start\`, which takes no settings. Use \`npm start -- --param NAME=VALUE\``,
    );
  }
  if (/^[A-Za-z0-9-]+$/.test(key)) return key;
  throw new Error(`${place}: a stage has only letters, digits and hyphens; not ${key}`);
}

/** @template T, U @param {Readonly<Record<string, T>>} object @param {(value: T) => U} map */
const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
