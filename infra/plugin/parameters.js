import { closest } from 'fastest-levenshtein';
import { functionConfig } from './function-config.js';

/**
 * A parameter of settings.yml and `--param`.
 *
 * @typedef {object} Parameter
 * @property {string | undefined} fallback The default, as text.
 * @property {string} allowed What a value must be, for people. It follows "must be".
 * @property {(value: unknown) => unknown} parse Returns the value to use; undefined if it is not allowed.
 * @property {string} [unset] What to do if it is not set and has no default.
 * @property {object} schema JSON Schema of the value in settings.yml. It allows all that `parse` allows.
 */

/** The values that CloudWatch Logs offers. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/** Matches a variable of serverless. Its value is checked once it is known. */
const VARIABLE = '\\$\\{';

const DOMAIN_NAME = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

/** @type {Readonly<Record<string, Parameter>>} */
export const PARAMETERS = {
  retentionDays: wholeNumber(90, 1, 36_500),
  quarantineDays: wholeNumber(30, 1, 36_500),
  allowedSourceCidrs: listOf('CIDR blocks or addresses, IPv4 or IPv6', (entry) =>
    isTaken(() => functionConfig().parseSourceCidrs(entry)),
  ),
  allowedSmsNumbers: listOf(
    'phone numbers of 3 to 15 digits',
    (entry) =>
      isTaken(() => functionConfig().parseSmsNumbers(entry)) &&
      /^\d{3,15}$/.test(entry.replace(/\D/g, '')),
  ),
  alarmEmail: {
    ...optional('an e-mail address', /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/),
    // ALARM_EMAIL: see settings.js.
    fallback: undefined,
    unset:
      'Set ALARM_EMAIL in .env, or in the environment of a pipeline. `ALARM_EMAIL=` means that nobody hears of alarms, and removes the subscription of an earlier deploy',
  },
  topicType: oneOf('standard', 'fifo'),
  messageFormat: oneOf('inbound-sms', 'aws-two-way-sms'),
  subscriberAccounts: listOf('AWS account ids of 12 digits', (id) => /^\d{12}$/.test(id)),
  throttleRate: wholeNumber(50, 1, 10_000),
  throttleBurst: wholeNumber(200, 1, 10_000),
  // A new account has too little concurrency to reserve any.
  reservedConcurrency: wholeNumber(0, 0, 10_000),
  memorySize: wholeNumber(512, 256, 10_240),
  logRetentionDays: { ...oneOf(...LOG_RETENTION_DAYS), fallback: '30' },
  kmsKeyArn: optional(
    'the ARN of a KMS key, not of an alias',
    /^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/,
  ),
  // CloudWatch evaluates 7 days at most, and the alarm needs one hour more.
  noTrafficAlarmHours: wholeNumber(0, 0, 167),
  messagesAlarmPerHour: wholeNumber(1_000, 0, 1_000_000),
  domainName: optional('a domain name', DOMAIN_NAME),
  certificateArn: optional(
    'the ARN of an ACM certificate',
    /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
  ),
  hostedZoneId: optional('the id of a Route 53 hosted zone', /^Z[A-Z0-9]{1,31}$/),
  defaultEndpoint: trueOrFalse(),
  edgeDomainName: optional('a domain name', DOMAIN_NAME),
  protectData: trueOrFalse(),
};

/**
 * Other defaults for some stages.
 *
 * @type {Readonly<Record<string, Readonly<Record<string, string>>>>}
 */
export const STAGE_DEFAULTS = {
  // Stages to be thrown away.
  dev: { protectData: 'false' },
  test: { protectData: 'false' },
  // `npm start`
  local: { alarmEmail: '', protectData: 'false', throttleRate: '10000', throttleBurst: '5000' },
};

/**
 * The value of a parameter. A list is one text with commas.
 *
 * @param {string} name
 * @param {unknown} value From settings.yml or the command line; null or undefined if it is not set.
 * @throws {Error} Names the parameter and what is allowed.
 */
export function readParameter(name, value) {
  const { allowed, parse, unset } = parameterOf(name);
  const parsed = value == null ? undefined : parse(value);
  if (parsed !== undefined) return parsed;
  throw new Error(
    value == null
      ? `The parameter ${name} is not set, and must be ${allowed}${unset ? `. ${unset}` : ''}`
      : `The parameter ${name} must be ${allowed}, not ${JSON.stringify(value)}`,
  );
}

/**
 * @param {string} name
 * @throws {Error} If there is no such parameter. A misspelt one would silently change nothing.
 */
export function parameterOf(name) {
  const parameter = Object.hasOwn(PARAMETERS, name) && PARAMETERS[name];
  if (parameter) return parameter;
  const known = Object.keys(PARAMETERS);
  throw new Error(
    `There is no parameter ${name}. Did you mean ${closest(name, known)}? The parameters are: ${known.join(', ')}`,
  );
}

/**
 * @param {Readonly<Record<string, unknown>>} values All parameters, as they were set.
 * @throws {Error} Names the first wrong one and what is allowed.
 */
export function checkParameters(values) {
  const { domainName, certificateArn, hostedZoneId, defaultEndpoint } = Object.fromEntries(
    Object.keys(PARAMETERS).map((name) => [name, readParameter(name, values[name])]),
  );
  if (domainName && !certificateArn) {
    throw new Error(
      'The parameter domainName needs certificateArn: the certificate for that domain',
    );
  }
  if (!domainName && (certificateArn || hostedZoneId)) {
    throw new Error('The parameters certificateArn and hostedZoneId need domainName');
  }
  if (!defaultEndpoint && !domainName) {
    throw new Error(
      'The parameter defaultEndpoint can be false only with domainName: otherwise nothing could reach the API',
    );
  }
}

/**
 * The values of the valid parameters.
 *
 * @param {Readonly<Record<string, unknown>>} values
 * @returns {Record<string, unknown>}
 */
export function validParameters(values) {
  const given = Object.entries(PARAMETERS).filter(([name]) => values[name] != null);
  return Object.fromEntries(given.map(([name, { parse }]) => [name, parse(values[name])]));
}

/**
 * @param {object} edge
 * @param {unknown} edge.edgeDomainName As it was set.
 * @param {boolean} edge.hasSecret Whether EDGE_SECRETS is set.
 * @throws {Error} If only one of the two is set.
 */
export function refuseHalfAnEdge({ edgeDomainName, hasSecret }) {
  if (edgeDomainName && !hasSecret) {
    throw new Error(
      'The parameter edgeDomainName needs EDGE_SECRETS, in the environment or in .env: without it anybody can go around the edge',
    );
  }
  if (!edgeDomainName && hasSecret) {
    throw new Error(
      'EDGE_SECRETS needs the parameter edgeDomainName: the domain of the edge, which the PBX posts to',
    );
  }
}

/** @param {number} fallback @param {number} min @param {number} max @returns {Parameter} */
function wholeNumber(fallback, min, max) {
  return {
    fallback: String(fallback),
    allowed: `a whole number from ${min} to ${max}`,
    schema: {
      type: ['integer', 'string'],
      minimum: min,
      maximum: max,
      pattern: `^\\d{1,9}$|${VARIABLE}`,
    },
    parse: (value) => {
      const number = /^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

/** @param {...(string | number)} values The default is the first. @returns {Parameter} */
function oneOf(...values) {
  return {
    fallback: String(values[0]),
    allowed: `one of ${values.join(', ')}`,
    schema: {
      anyOf: [
        { enum: values },
        { type: 'string', pattern: `^(?:${values.join('|')})$|${VARIABLE}` },
      ],
    },
    parse: (value) => values.find((allowed) => String(allowed) === String(value)),
  };
}

/** @returns {Parameter} */
function trueOrFalse() {
  return {
    fallback: 'true',
    allowed: 'true or false',
    schema: {
      anyOf: [{ type: 'boolean' }, { type: 'string', pattern: `^(?:true|false)$|${VARIABLE}` }],
    },
    parse: (value) => [true, false].find((allowed) => String(allowed) === String(value)),
  };
}

/** @param {string} what @param {RegExp} pattern @returns {Parameter} */
function optional(what, pattern) {
  return {
    fallback: '',
    allowed: `${what}, or empty`,
    schema: {
      type: ['string', 'null'],
      pattern: `^\\s*(?:${pattern.source.replace(/^\^|\$$/g, '')})?\\s*$|${VARIABLE}`,
    },
    parse: (value) => {
      const text = String(value).trim();
      return text === '' || pattern.test(text) ? text : undefined;
    },
  };
}

/** @param {string} what @param {(entry: string) => boolean} isAllowed @returns {Parameter} */
function listOf(what, isAllowed) {
  return {
    fallback: '',
    allowed: `${what}, or empty`,
    schema: {
      // `0412345678` without quotes is a number to an editor.
      type: ['array', 'string', 'number', 'null'],
      items: { type: ['string', 'number'] },
    },
    parse: (value) => {
      const given = typeof value === 'string' ? value.split(',') : [value].flat();
      const entries = given.map((entry) => String(entry).trim()).filter(Boolean);
      return entries.every(isAllowed) ? entries.join(',') : undefined;
    },
  };
}

/** @param {() => unknown} parse The function's own parser. */
function isTaken(parse) {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
