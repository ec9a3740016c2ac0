import { docsFolder } from '../docs-url.js';
import { loadDotenv } from './dotenv.js';
import { parametersOf, readSettings } from './settings.js';
import { DEFAULT_SERVICE, LOCAL_STAGE } from './settings-file.js';

/** Why a file of the user's cannot be read. The plugin tells it: an error here is shown with its stack. */
let fault;

/**
 * What `useDotenv` in serverless.yml stands for. serverless reads it before anything that may come from
 * the environment, so this loads `.env` instead of serverless, by our own rules.
 */
export async function dotenv(serverless) {
  const stage = await stageOf(serverless);
  loaded(() => loadDotenv(stage, process.cwd(), process.env));
  return null;
}

/** The first part of every name: `service` in settings.yml. */
export async function service(serverless) {
  if ((await stageOf(serverless)) === LOCAL_STAGE) return DEFAULT_SERVICE;
  return loaded(() => readSettings(process.cwd()))?.service ?? DEFAULT_SERVICE;
}

/** What can be set, of the stage that is deployed. */
export async function params(serverless) {
  const stage = await stageOf(serverless);
  const file = loaded(() => readSettings(process.cwd()));
  return { default: parametersOf(file, stage, process.env) };
}

/** The URL of the folder of documents, for the alarms' e-mails. `npm start` depends on no clone. */
export async function docs(serverless) {
  if ((await stageOf(serverless)) === LOCAL_STAGE) return docsFolder({});
  return docsFolder({
    own: loaded(() => readSettings(process.cwd()))?.docsUrl,
    clone: process.cwd(),
  });
}

async function stageOf({ options, resolveConfigurationProperty }) {
  return options.stage ?? (await resolveConfigurationProperty(['provider', 'stage']));
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
