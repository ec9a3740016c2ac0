import { functionConfig, phoneNumbers } from './function-config.js';

/** @import { Entry } from './settings-document.js' */

/** @typedef {Record<string, any>} Policy */

/** The attributes of a message: docs/message-contract.md. */
export const ATTRIBUTES = ['schema', 'message_id', 'service_id', 'from', 'sms_number', 'replay'];

/** The fields of the message itself, by format. @type {Readonly<Record<string, readonly string[]>>} */
export const FIELDS = {
  'inbound-sms': [
    ...['schema', 'message_id', 'service_id', 'from', 'sms_number', 'body', 'timestamp'],
    ...['received_at', 'extra'],
  ],
  'aws-two-way-sms': [
    ...['originationNumber', 'destinationNumber', 'messageKeyword', 'messageBody'],
    ...['inboundMessageId', 'previousPublishedMessageId', 'timestamp', 'service_id'],
  ],
};

/** https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html */
const MAX_KEYS = 5;
const MAX_COMBINATIONS = 150;
const MAX_BYTES = 262_144;

/**
 * A subscriber's filter in SNS's form. The schema of settings.yml has checked its form.
 *
 * @param {Readonly<Record<string, Entry>>} fields The subscriber's entries in the file.
 * @param {{ messageFormat: string, country: string }} context
 * @returns {{ filterPolicy?: Policy, filterScope?: 'MessageAttributes' | 'MessageBody' }}
 * @throws {Error} Names the file and the line.
 */
export function filterOf({ to, from, filter }, { messageFormat, country }) {
  const place = (filter ?? to ?? from)?.place ?? '';
  if (filter) {
    const filterPolicy = /** @type {Policy} */ (filter.json);
    const keys = keysIn(filterPolicy);
    const filterScope = keys.every((key) => ATTRIBUTES.includes(key))
      ? 'MessageAttributes'
      : 'MessageBody';
    if (filterScope === 'MessageBody') refuseOtherFields(keys, messageFormat, place);
    refuseWrongNetworks(filterPolicy, place);
    refuseTooMuch(filterPolicy, `${place}: filter`);
    return { filterPolicy, filterScope };
  }
  if (!to && !from) return {};
  const filterPolicy = {
    ...(to && { sms_number: valuesFor(to, country) }),
    ...(from && { from: valuesFor(from, country) }),
  };
  refuseTooMuch(filterPolicy, `${place}: ${to && from ? 'to with from' : to ? 'to' : 'from'}`);
  return { filterPolicy, filterScope: 'MessageAttributes' };
}

/**
 * SNS compares texts, so a number needs a value for each spelling. The case of a name does not count.
 *
 * @param {Entry} entry @param {string} country
 */
function valuesFor(entry, country) {
  const { phoneNumbersOf, digitsIn } = phoneNumbers();
  /** @type {Map<string, unknown>} */
  const values = new Map();
  for (const each of textsOf(entry)) {
    const name = each.trim();
    if (digitsIn(each) === undefined) {
      values.set(`name ${name.toLowerCase()}`, { 'equals-ignore-case': name });
    } else {
      for (const number of phoneNumbersOf(country).spellings(each)) values.set(number, number);
    }
  }
  return [...values.values()];
}

/** The valid values of `to` and `from`. A value that no message has would let no message through. */
const WANTED = {
  to: 'phone numbers of 3 to 15 digits, as for allowedSmsNumbers',
  from: 'numbers, or names with a letter',
};

/**
 * The numbers and names, as they are written.
 *
 * @param {Entry} entry The entry of `to` or `from`.
 * @returns {readonly string[]}
 * @throws {Error} Names the file and the line.
 */
function textsOf({ key, place, text, json }) {
  const { digitsIn } = phoneNumbers();
  const texts = /** @type {string[]} */ ([text].flat());
  const wrong = texts.findIndex((each, index) => {
    const digits = digitsIn(each);
    if (digits !== undefined) return key === 'to' && !/^\+?\d{3,15}$/.test(digits);
    // `1e5` is a number to YAML.
    const isNumber = typeof [json].flat()[index] === 'number';
    return key === 'to' || isNumber || !/\p{L}/u.test(each);
  });
  if (wrong < 0) return texts;
  const wanted = WANTED[/** @type {keyof typeof WANTED} */ (key)];
  throw new Error(
    `${place}: ${key} must be ${wanted}; entry ${wrong + 1} is not. Leave ${key} out to get the messages of all`,
  );
}

/** @param {Policy} policy @param {string} place */
function refuseWrongNetworks(policy, place) {
  JSON.stringify(policy, (key, value) => {
    // If it is a list, it is a field of `extra` and not the operator.
    if (key === 'cidr' && typeof value === 'string' && !isNetwork(value)) {
      throw new Error(
        `${place}: the cidr ${value} of filter is not a network. It must be IPv4 or IPv6 with a prefix, such as 10.0.0.0/24`,
      );
    }
    return value;
  });
}

/** Reads it like allowedSourceCidrs. @param {string} cidr */
function isNetwork(cidr) {
  try {
    functionConfig().parseSourceCidrs(cidr);
    return true;
  } catch {
    return false;
  }
}

/** The attributes or fields that a policy names. @param {Policy} policy @returns {string[]} */
function keysIn(policy) {
  return Object.entries(policy).flatMap(([key, value]) =>
    key === '$or' ? value.flatMap(keysIn) : [key],
  );
}

/** @param {readonly string[]} keys @param {string} messageFormat @param {string} place */
function refuseOtherFields(keys, messageFormat, place) {
  const fields = FIELDS[messageFormat] ?? [];
  const other = keys.find((key) => !fields.includes(key));
  if (other === undefined) return;
  const body = keys.find((key) => !ATTRIBUTES.includes(key));
  const why =
    other === 'replay'
      ? `replay is an attribute, and ${body} is a field: a filter looks at one kind only`
      : `${other} is not a field of a message`;
  throw new Error(
    `${place}: ${why}. In the format ${messageFormat} the fields are ${fields.join(', ')}; the attributes are ${ATTRIBUTES.join(', ')}`,
  );
}

/** @param {Policy} policy @param {string} what */
function refuseTooMuch(policy, what) {
  const keys = Object.keys(policy).length;
  if (keys > MAX_KEYS)
    throw new Error(`${what} has ${keys} keys, and SNS takes at most ${MAX_KEYS}`);
  const combinations = combinationsOf(policy);
  if (combinations > MAX_COMBINATIONS) {
    throw new Error(
      `${what} makes ${combinations} combinations of values, and SNS takes at most ${MAX_COMBINATIONS}. A number counts once for each spelling. Make two subscribers of it`,
    );
  }
  const bytes = Buffer.byteLength(JSON.stringify(policy));
  if (bytes > MAX_BYTES)
    throw new Error(`${what} has ${bytes} bytes, and SNS takes at most ${MAX_BYTES}`);
}

/**
 * Counts as SNS does. It multiplies, over all keys, the number of values times the depth of the key. The
 * branches of `$or` are added.
 *
 * @param {Policy} policy
 * @returns {number}
 */
function combinationsOf(policy, depth = 1) {
  const counts = Object.entries(policy).map(([key, value]) => {
    if (key === '$or') {
      return value.reduce(
        (/** @type {number} */ sum, /** @type {Policy} */ branch) =>
          sum + combinationsOf(branch, depth),
        0,
      );
    }
    return Array.isArray(value) ? value.length * depth : combinationsOf(value, depth + 1);
  });
  return counts.reduce((product, count) => product * count, 1);
}
