import { statSync } from 'node:fs';
import { loadDotenv } from '../../infra/plugin/dotenv.js';
import { countryOf, LOCAL_STAGE, readSettingsFile } from '../../infra/plugin/settings-file.js';
import { usageError } from './cli-error.ts';
import type { Runtime } from './runtime.ts';

/** What people have set for their deployments, in `settings.yml`. */
export interface UserFiles {
  /** The first part of each stack's name. */
  readonly service: string;
  /** ISO 3166 code: how people write numbers without a country code. `AU` unless set. */
  readonly country: string;
}

/**
 * Reads `settings.yml`, and adds the variables of `.env` to the environment. For the local stack, pass
 * `local`: it takes nothing from `.env`.
 *
 * @throws {CliError} Names the file and the line.
 */
export function readUserFiles(
  stage: string,
  { projectDirectory, environment }: Pick<Runtime, 'projectDirectory' | 'environment'>,
): UserFiles {
  if (!statSync(projectDirectory, { throwIfNoEntry: false })?.isDirectory()) {
    throw usageError(
      `INBOUND_SMS_PROJECT names no folder: ${projectDirectory}`,
      'Set it to the folder with settings.yml and .env, or unset it.',
    );
  }
  try {
    if (stage !== LOCAL_STAGE) loadDotenv(stage, projectDirectory, environment);
    const file = readSettingsFile(projectDirectory);
    return { service: file.service, country: countryOf(file, stage) };
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}
