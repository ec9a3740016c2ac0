import { loadDotenv } from './dotenv.js';

/** Why a file of the user's cannot be read. The plugin tells it: an error here is shown with its stack. */
let fault;

/**
 * What `useDotenv` in serverless.yml stands for. serverless reads it before anything that may come from
 * the environment, so this loads `.env` instead of serverless, by our own rules.
 */
export async function dotenv({ options, resolveConfigurationProperty }) {
  const stage = options.stage ?? (await resolveConfigurationProperty(['provider', 'stage']));
  loaded(() => loadDotenv(stage, process.cwd(), process.env));
  return null;
}

/** @throws {Error} If `.env` or `settings.yml` is wrong. */
export function refuseWrongFiles() {
  if (fault) throw fault;
}

function loaded(read) {
  try {
    return read();
  } catch (error) {
    fault ??= error;
    return undefined;
  }
}
