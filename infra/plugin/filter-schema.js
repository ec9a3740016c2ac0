import { ATTRIBUTES, FIELDS } from './subscriber-filter.js';

const TEXT = { type: 'string', errorMessage: 'must be text, in quotes if it looks like a number' };

/** @param {string} errorMessage */
const never = (errorMessage) => ({ not: {}, errorMessage });

/** https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html */
const CONDITION = {
  description: 'A text, or an operator of SNS.',
  type: ['string', 'object'],
  errorMessage:
    'must be text, with a number in quotes, or one operator such as { prefix: "+614" }. { exists: false } stands for null',
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
  properties: {
    prefix: { description: 'It begins with this.', ...TEXT },
    suffix: { description: 'It ends with this.', ...TEXT },
    'equals-ignore-case': { description: 'It is this, in any case.', ...TEXT },
    'anything-but': {
      description: 'It is none of these, or does not begin with the prefix.',
      type: ['string', 'array', 'object'],
      errorMessage: 'must be text, a list of texts, or { prefix: TEXT }',
      minItems: 1,
      items: TEXT,
      properties: { prefix: TEXT },
      additionalProperties: false,
      required: ['prefix'],
    },
    cidr: {
      description: 'It is an address of this network.',
      type: 'string',
      pattern: '^[0-9a-fA-F.:]+/\\d{1,3}$',
      errorMessage: 'must be a network, such as 10.0.0.0/24',
    },
    // No field of the contract is a number that SNS can compare, so these match no message.
    numeric: never('fits no message: the values of a message are text. Write a number in quotes'),
    wildcard: never('is not an operator of SNS. Use prefix or suffix'),
    exists: {
      description: 'Whether the message has it.',
      type: 'boolean',
      errorMessage: 'must be true or false',
    },
  },
};

/** The values that a key may have. */
export const CONDITIONS = {
  type: 'array',
  minItems: 1,
  errorMessage: 'must be a list, such as [{ equals-ignore-case: stop }]: one of them must fit',
  items: CONDITION,
};

/** Both are numbers that are too large for SNS to compare: docs/subscribe.md. */
const TIMES = ['timestamp', 'received_at'];

const ONLY_EXISTS =
  'can only be [{ exists: true }] or [{ exists: false }]: a time is a number, too large for SNS to compare';

const TIME_CONDITIONS = {
  type: 'array',
  minItems: 1,
  errorMessage: ONLY_EXISTS,
  items: { enum: [{ exists: true }, { exists: false }], errorMessage: ONLY_EXISTS },
};

const CONDITIONS_REF = { $ref: '#/definitions/conditions' };

/** JSON Schema of a subscriber's `filter` in settings.yml. */
export const FILTER = {
  description:
    'A filter policy of SNS: all keys must fit. It looks at the attributes of a message if it names no other key, and at the message itself otherwise.',
  type: 'object',
  minProperties: 1,
  errorMessage: 'must be a filter policy, such as { body: [{ equals-ignore-case: stop }] }',
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(
      [...new Set([ATTRIBUTES, ...Object.values(FIELDS)].flat())].map((key) => [
        key,
        TIMES.includes(key) ? TIME_CONDITIONS : CONDITIONS_REF,
      ]),
    ),
    extra: {
      description: 'What else the PBX sent.',
      type: 'object',
      minProperties: 1,
      errorMessage: 'must be a map of fields, such as { keyword: [yes] }',
      additionalProperties: CONDITIONS_REF,
    },
    $or: {
      description: 'Two or more policies, one of which must fit.',
      type: 'array',
      minItems: 2,
      errorMessage: 'must be a list of two policies or more',
      items: { $ref: '#/definitions/filter' },
    },
  },
};
