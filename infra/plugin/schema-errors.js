import { createRequire } from 'node:module';
import { closest } from 'fastest-levenshtein';

/** @import { ErrorObject, ValidateFunction } from 'ajv' */
/** @import { Entry } from './settings-document.js' */

/** @type {ValidateFunction | undefined} */
let validate;

/**
 * Checks the file's values by a JSON Schema. The errors use the schema's `errorMessage`. They quote no
 * value, because it may be a secret that was pasted instead of its name.
 *
 * @param {readonly Entry[]} entries The whole file.
 * @param {() => object} schema Must always be the same.
 * @throws {Error} Names the file, the line and what is allowed.
 */
export function refuseBySchema(entries, schema) {
  validate ??= compile(schema());
  if (validate(jsonOf(entries))) return;
  // `oneOf` and `propertyNames` explain more than the errors inside of them.
  const errors = /** @type {ErrorObject[]} */ (validate.errors).filter(
    ({ schemaPath }) => !/\/(oneOf\/\d+|anyOf\/\d+|propertyNames)\/\w+$/.test(schemaPath),
  );
  // A misspelt key also causes an error about a missing one.
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  if (error) throw new Error(sentenceFor(error, entries));
}

/** @param {object} schema @returns {ValidateFunction} */
function compile(schema) {
  /** @type {typeof import('ajv')} */
  const { Ajv } = createRequire(import.meta.url)('ajv');
  const options = { allErrors: true, strict: false, verbose: true };
  // Takes half the time: a test has checked the schema, and the compiled code runs only a few times.
  const once = { meta: false, validateSchema: false, code: { optimize: false } };
  return new Ajv({ ...options, ...once }).compile(schema);
}

/** @param {readonly Entry[]} entries @returns {Record<string, unknown>} */
function jsonOf(entries) {
  return Object.fromEntries(entries.map(({ key, json }) => [key, json]));
}

/** @param {ErrorObject} error @param {readonly Entry[]} entries */
function sentenceFor({ keyword, instancePath, params, parentSchema = {} }, entries) {
  const path = instancePath.split('/').slice(1).map(unescaped);
  const { errorMessage, properties = {} } = parentSchema;
  if (keyword === 'additionalProperties') {
    const name = params.additionalProperty;
    const allowed = Object.keys(properties).filter((key) => !properties[key].not);
    return `${placeOf([...path, name], entries)}: ${nameOf([...path, name])} is not allowed here. Did you mean ${closest(name, allowed)}? Allowed: ${allowed.join(', ')}`;
  }
  if (keyword === 'propertyNames') {
    const name = params.propertyName;
    return `${placeOf([...path, name], entries)}: ${name} ${parentSchema.propertyNames.errorMessage}`;
  }
  const what = `${placeOf(path, entries)}: ${nameOf(path)}`;
  return keyword === 'dependencies' || keyword === 'dependentRequired'
    ? `${what}: ${params.property} needs ${params.missingProperty}`
    : `${what} ${errorMessage}`;
}

/**
 * The line of the deepest key of a path that exists. @param {string[]} path @param {readonly Entry[]}
 * entries
 */
function placeOf(path, entries) {
  let place = '';
  /** @type {readonly Entry[]} */
  let inside = entries;
  for (const key of path) {
    const entry = inside.find((each) => each.key === key);
    if (!entry) break;
    place = entry.place;
    inside = entry.entries ?? [];
  }
  return place;
}

/** The name of a place for people: `crm.filter.body[0]`, `retentionDays`. @param {string[]} path */
function nameOf(path) {
  const isSubscriber = path[1] === 'subscribers' && path.length > 2;
  const [name = '', ...inside] = path.slice(isSubscriber ? 2 : -1);
  return inside.reduce(
    (all, key) => (/^\d+$/.test(key) ? `${all}[${key}]` : `${all}.${key}`),
    name,
  );
}

/** Decodes a part of a JSON pointer. @param {string} part */
function unescaped(part) {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
