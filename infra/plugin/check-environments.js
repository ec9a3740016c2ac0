import { functionConfig } from './function-config.js';
import { PARAMETERS } from './parameters.js';

/** @import { Template } from '../types.d.ts' */

/**
 * Lambda's limit for all variables of a function together.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const MAX_BYTES = 4_096;

/**
 * The reader that each function of functions/ uses for its environment.
 *
 * @type {Readonly<Record<string, 'readReceiveSmsConfig' | 'readCommonConfig' |
 * 'readForwardMessageConfig'>>}
 */
export const READERS = {
  ReceiveSmsLambdaFunction: 'readReceiveSmsConfig',
  PublishPendingLambdaFunction: 'readCommonConfig',
  ForwardMessageLambdaFunction: 'readForwardMessageConfig',
};

/** What the user sets for each variable that is not named after a parameter. */
const SOURCES = new Map([
  ['WEBHOOK_TOKEN_HASHES', 'WEBHOOK_TOKENS'],
  ['EDGE_SECRET_HASHES', 'EDGE_SECRETS'],
  ['SERVICE', 'The name of the service'],
  ['STAGE', 'The stage'],
  ['SUBSCRIBERS', 'subscribers in settings.yml'],
  ['TIME_ZONE', 'timeZone in settings.yml'],
]);

/**
 * @param {Template} template As it is deployed.
 * @param {string} stackName
 * @throws {Error} If a function would refuse its environment at start, or Lambda would not accept it. Names
 * what was set and what is allowed.
 */
export function checkEnvironments({ Resources }, stackName) {
  for (const [id, { Type, Properties }] of Object.entries(Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const environment = resolved(Properties.Environment?.Variables ?? {}, stackName);
    // Lambda measures the variables as JSON, and says so in its error.
    const size = bytes(environment);
    if (size > MAX_BYTES) {
      const names = Object.keys(environment);
      const sizes = names.map((name) => bytes(environment[name]));
      const largest = names[sizes.indexOf(Math.max(...sizes))] ?? '';
      throw new Error(
        `The environment variables of ${Properties.FunctionName} have ${size} bytes, and Lambda takes at most ${MAX_BYTES}. ${largest === 'SUBSCRIBERS' ? roomFor(environment) : `Shorten ${sourceOf(largest).replace(/^The/, 'the')}`}`,
      );
    }
    const reader = READERS[id];
    try {
      if (reader) functionConfig()[reader](environment);
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      throw new Error(
        message.replace(/^The environment variable (\w+)/, (_, name) => sourceOf(name)),
      );
    }
  }
}

/** How many of the subscribers fit. @param {Record<string, string>} variables */
function roomFor(variables) {
  /** @type {unknown[]} */
  const all = JSON.parse(variables.SUBSCRIBERS ?? '');
  const fits = (/** @type {number} */ count) =>
    bytes({ ...variables, SUBSCRIBERS: JSON.stringify(all.slice(0, count)) }) <= MAX_BYTES;
  let count = all.length;
  while (count > 0 && !fits(count)) count--;
  return `The first ${count} of the ${all.length} forwarded subscribers in settings.yml would fit. Shorten their URLs, or let one endpoint take the messages of several`;
}

/**
 * Replaces each reference, whose value only AWS knows, by the longest possible ARN, one in GovCloud.
 *
 * @param {Record<string, unknown>} variables @param {string} stackName @returns {Record<string, string>}
 */
function resolved(variables, stackName) {
  const arnOf = (/** @type {unknown} */ id) =>
    `arn:aws-us-gov:sns:ap-southeast-2:123456789012:${stackName}-${id}-XXXXXXXXXXXXX`;
  const textOf = (/** @type {unknown} */ value) => {
    if (value === null || typeof value !== 'object') return String(value);
    const [[name, argument] = []] = Object.entries(value);
    if (name !== 'Fn::Sub') return arnOf(argument);
    return String(argument).replace(/\$\{(!?)([^}]+)\}/g, (_, literal, id) =>
      literal ? `\${${id}}` : arnOf(id),
    );
  };
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, textOf(value)]),
  );
}

/**
 * The user's setting behind a variable: `allowedSmsNumbers` for `ALLOWED_SMS_NUMBERS`. @param {string}
 * variable
 */
function sourceOf(variable) {
  const parameter = variable.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  if (Object.hasOwn(PARAMETERS, parameter)) return `The parameter ${parameter}`;
  return SOURCES.get(variable) ?? `The environment variable ${variable}`;
}

/** @param {unknown} value */
const bytes = (value) => Buffer.byteLength(JSON.stringify(value));
