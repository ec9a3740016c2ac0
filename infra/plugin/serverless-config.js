import { docsFolder } from '../docs-url.js';
import { readSettings } from './check-settings.js';
import { loadDotenv } from './dotenv.js';
import {
  DEFAULT_SERVICE,
  DEFAULT_TIME_ZONE,
  LOCAL_STAGE,
  parametersOf,
  timeZoneOf,
} from './settings.js';
import { readSubscribers } from './subscribers.js';

/** @import { Resolver } from '../types.d.ts' */

/**
 * Why a file of the user's cannot be read. The plugin tells it: an error here is shown with its stack.
 *
 * @type {unknown}
 */
let fault;

/**
 * What `useDotenv` in serverless.yml stands for. serverless reads it before anything that may come from
 * the environment, so this loads `.env` instead of serverless, by our own rules.
 *
 * @param {Resolver} resolver
 */
export async function dotenv(resolver) {
  const stage = await stageOf(resolver);
  loaded(() => loadDotenv(stage, process.cwd(), process.env));
  return null;
}

/** The first part of every name: `service` in settings.yml. @param {Resolver} resolver */
export async function service(resolver) {
  return (await settingsOf(resolver))?.service ?? DEFAULT_SERVICE;
}

/** What can be set, of the stage that is deployed. @param {Resolver} resolver */
export async function params(resolver) {
  const file = loaded(() => readSettings(process.cwd()));
  return { default: parametersOf(file, await stageOf(resolver), process.env) };
}

/**
 * The subscribers of the stage, in the order of the file. `npm start` has those below `local:` only.
 *
 * @param {Resolver} resolver
 */
export async function subscribers(resolver) {
  const stage = await stageOf(resolver);
  const messageFormat = await resolver.resolveVariable('parameters:messageFormat');
  const read = loaded(() => readSubscribers(readSettings(process.cwd()), stage, messageFormat));
  return read ?? [];
}

/** The IANA name of the zone in which people read times. @param {Resolver} resolver */
export async function timeZone(resolver) {
  const stage = await stageOf(resolver);
  return loaded(() => timeZoneOf(readSettings(process.cwd()), stage)) ?? DEFAULT_TIME_ZONE;
}

/** The URL of the folder of documents, for the alarms' e-mails. @param {Resolver} resolver */
export async function docs(resolver) {
  const own = (await settingsOf(resolver))?.docsUrl;
  // `npm start` depends on no clone.
  const isLocal = (await stageOf(resolver)) === LOCAL_STAGE;
  return docsFolder(isLocal ? {} : { own, clone: process.cwd() });
}

/** @throws {unknown} If `.env` or `settings.yml` is wrong. */
export function refuseWrongFiles() {
  if (fault) throw fault;
}

/** @param {Resolver} resolver @returns {Promise<string>} */
async function stageOf({ options, resolveConfigurationProperty }) {
  return options.stage ?? (await resolveConfigurationProperty(['provider', 'stage']));
}

/** settings.yml. The stage `local` does not use its service and its documents. @param {Resolver} resolver */
async function settingsOf(resolver) {
  if ((await stageOf(resolver)) === LOCAL_STAGE) return undefined;
  return loaded(() => readSettings(process.cwd()));
}

/** @template T @param {() => T} read */
function loaded(read) {
  try {
    return read();
  } catch (error) {
    fault ??= error;
    return undefined;
  }
}
