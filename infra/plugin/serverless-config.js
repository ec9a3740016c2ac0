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
 * Why a file of the user cannot be read. The plugin reports it, because serverless shows an error from here
 * with its stack.
 *
 * @type {unknown}
 */
let fault;

/**
 * The value of `useDotenv` in serverless.yml. serverless reads it before anything that may come from the
 * environment, so this loads `.env` by our own rules, and serverless does not.
 *
 * @param {Resolver} resolver
 */
export async function dotenv(resolver) {
  const stage = await stageOf(resolver);
  loaded(() => loadDotenv(stage, process.cwd(), process.env));
  return null;
}

/** The service's name, the first part of all names: `service` in settings.yml. @param {Resolver} resolver */
export async function service(resolver) {
  return (await settingsOf(resolver))?.service ?? DEFAULT_SERVICE;
}

/** The parameters of the deployed stage. @param {Resolver} resolver */
export async function params(resolver) {
  const file = loaded(() => readSettings(process.cwd()));
  return { default: parametersOf(file, await stageOf(resolver), process.env) };
}

/**
 * The subscribers of the stage, in the order of the file. `npm start` uses only those in `local:`.
 *
 * @param {Resolver} resolver
 */
export async function subscribers(resolver) {
  const stage = await stageOf(resolver);
  const messageFormat = await resolver.resolveVariable('parameters:messageFormat');
  const read = loaded(() => readSubscribers(readSettings(process.cwd()), stage, messageFormat));
  return read ?? [];
}

/** The IANA name of the time zone for times that people read. @param {Resolver} resolver */
export async function timeZone(resolver) {
  const stage = await stageOf(resolver);
  return loaded(() => timeZoneOf(readSettings(process.cwd()), stage)) ?? DEFAULT_TIME_ZONE;
}

/** The URL of the documents' folder, for the alarms' e-mails. @param {Resolver} resolver */
export async function docs(resolver) {
  const own = (await settingsOf(resolver))?.docsUrl;
  // `npm start` does not depend on a clone.
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

/** settings.yml. The stage `local` ignores its service and its documents. @param {Resolver} resolver */
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
