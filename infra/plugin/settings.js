import { closest } from 'fastest-levenshtein';
import { PARAMETERS, readParameter, STAGE_DEFAULTS } from './parameters.js';
import { LOCAL_STAGE, readSettingsFile } from './settings-file.js';

/**
 * Reads settings.yml for a deploy: every name and value, of all stages.
 *
 * @param {string} directory
 * @throws {Error} Names the file and the line.
 */
export function readSettings(directory) {
  const file = readSettingsFile(directory);
  for (const section of Object.values(file.sections)) {
    for (const [name, { value, place }] of Object.entries(section)) {
      if (name !== 'country') check(name, value, place);
    }
  }
  return file;
}

/**
 * The parameters of a stage as they are given, but for `--param`.
 *
 * @param {import('./settings-file.js').SettingsFile | undefined} file
 * @param {string} stage
 * @param {Record<string, string | undefined>} environment
 * @returns {Record<string, unknown>}
 */
export function parametersOf(file, stage, { ALARM_EMAIL }) {
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

function parametersIn(section = {}) {
  const { country: _, ...parameters } = section;
  return mapValues(parameters, ({ value }) => value);
}

function check(name, value, place) {
  if (!Object.hasOwn(PARAMETERS, name)) {
    const known = closest(name, [...Object.keys(PARAMETERS), 'country']);
    throw new Error(`${place}: there is no parameter ${name}. Did you mean ${known}?`);
  }
  // A variable of serverless: what it stands for is checked when it is known.
  if ([value].flat().some((text) => text.includes('${'))) return;
  try {
    readParameter(name, value);
  } catch (error) {
    throw new Error(`${place}: ${error.message}`);
  }
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}
