import { PARAMETERS, readParameter } from './parameters.js';
import { refuseBySchema } from './schema-errors.js';
import { LOCALE, readSettingsFile, refuseUnknown } from './settings.js';
import { settingsSchema } from './settings-schema.js';
import { readSubscribers } from './subscribers.js';

/** @import { Setting } from './settings.js' */

/**
 * Reads settings.yml for a deploy and checks every name and value of all stages.
 *
 * @param {string} directory
 * @throws {Error} Names the file and the line.
 */
export function readSettings(directory) {
  const file = readSettingsFile(directory);
  for (const section of Object.values(file.sections)) {
    for (const [name, setting] of Object.entries(section)) {
      if (!LOCALE.includes(name)) checkSetting(name, setting);
    }
  }
  if (file.entries.length > 0) refuseBySchema(file.entries, settingsSchema);
  for (const stage of Object.keys(file.subscribers)) readSubscribers(file, stage);
  return file;
}

/** @param {string} name @param {Setting} setting */
function checkSetting(name, { value, place }) {
  if (!Object.hasOwn(PARAMETERS, name)) refuseUnknown(name, place);
  // A variable of serverless. Its value is checked once it is known.
  if ([value].flat().some((text) => text.includes('${'))) return;
  try {
    readParameter(name, value);
  } catch (error) {
    throw new Error(`${place}: ${/** @type {Error} */ (error).message}`);
  }
}
