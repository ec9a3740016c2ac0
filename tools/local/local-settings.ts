import {
  countryOf,
  LOCAL_STAGE,
  readSettingsFile,
  SETTINGS_FILE,
  timeZoneOf,
} from '../../infra/plugin/settings.js';
import { readDocument } from '../../infra/plugin/settings-document.js';
import { readUserFile } from '../../infra/plugin/user-file.js';
import { StartError } from './settings.ts';

/** The settings of the user's settings.yml for the local stack. */
export interface LocalSettings {
  /** The country of national numbers: ISO 3166. */
  readonly country: string;
  /** The text of a settings.yml with only the part `local:`, if that has subscribers. */
  readonly text?: string;
  /** Other stages that have subscribers. */
  readonly otherStages: readonly string[];
}

/** @throws {StartError} If settings.yml cannot be read. */
export function readLocalSettings(directory: string): LocalSettings {
  try {
    const file = readSettingsFile(directory);
    const country = countryOf(file, LOCAL_STAGE);
    const stages = Object.keys(file.subscribers).filter(
      (stage) => (file.subscribers[stage] ?? []).length > 0,
    );
    return {
      country,
      ...(stages.includes(LOCAL_STAGE) && {
        text: `${linesOf(LOCAL_STAGE, directory)}
country: ${country}
timeZone: ${timeZoneOf(file, LOCAL_STAGE)}
`,
      }),
      otherStages: stages.filter((stage) => stage !== LOCAL_STAGE),
    };
  } catch (error) {
    throw new StartError((error as Error).message);
  }
}

/** The lines of one key of the file, at their places, so that errors name the right lines. */
function linesOf(key: string, directory: string): string {
  const text = readUserFile(directory, SETTINGS_FILE) ?? '';
  const entries = readDocument(text, SETTINGS_FILE).map((entry) => ({
    key: entry.key,
    line: Number(/\d+$/.exec(entry.place)?.[0]),
  }));
  const index = entries.findIndex((entry) => entry.key === key);
  const first = entries[index]?.line ?? 1;
  const next = entries[index + 1]?.line ?? Number.POSITIVE_INFINITY;
  return text
    .split(/\r?\n/)
    .map((line, at) => (at + 1 >= first && at + 1 < Math.max(next, first + 1) ? line : ''))
    .join('\n');
}
