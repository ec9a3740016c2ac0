import { CONDITIONS, FILTER } from './filter-schema.js';
import { PARAMETERS } from './parameters.js';
import { DEFAULT_COUNTRY, DEFAULT_SERVICE, DEFAULT_TIME_ZONE, LOCAL_STAGE } from './settings.js';
import { KINDS } from './subscribers.js';

/** @typedef {Record<string, any>} Schema */

/** Each parameter's description, as in docs/deploy.md. @type {Readonly<Record<string, string>>} */
const DESCRIPTIONS = {
  retentionDays:
    'how long a published message is kept; one that is not published yet never expires',
  quarantineDays: 'how long a refused request is kept after its last attempt',
  allowedSourceCidrs:
    'who may post; anybody else is answered 403. The address is the one that API Gateway saw, or behind an edge the one that CloudFront names',
  allowedSmsNumbers:
    'which of your numbers may receive; any other `sms_number` is answered 403. Only digits count',
  alarmEmail: 'who hears of alarms',
  topicType:
    '`fifo` keeps the order within a conversation, for SQS queues only. A change makes a new topic, without the subscriptions',
  messageFormat: 'what is published',
  subscriberAccounts: 'other accounts that may subscribe to the topic',
  throttleRate:
    'requests a second that API Gateway lets through; it answers 429 to more, and the PBX tries again. How it was chosen',
  throttleBurst: 'requests at once',
  reservedConcurrency:
    'concurrent executions kept for the webhook, and its limit; 1 is then kept for the sweeper. 0: none, as a new account has too few to reserve',
  memorySize: 'MB of the webhook, and CPU with it; the sweeper has 512',
  logRetentionDays: 'how long logs are kept',
  kmsKeyArn: 'your own key for table and topic',
  noTrafficAlarmHours: 'hours without a published message that set off an alarm; 0: never',
  messagesAlarmPerHour:
    'messages within an hour that set off an alarm: somebody may use a leaked URL; 0: never',
  domainName: 'your own domain for the URL',
  certificateArn: 'the certificate of that domain',
  hostedZoneId: "where to put the domain's record",
  defaultEndpoint: "whether API Gateway's own domain answers, too. `false` needs `domainName`",
  edgeDomainName: 'the domain of an edge, which the PBX posts to. Needs `EDGE_SECRETS`',
  protectData: 'keeps the table when the stack goes. `false` for the stages `dev` and `test`',
};

const SECRET = {
  type: 'string',
  pattern: '^[A-Z][A-Z0-9_]{0,63}$',
  errorMessage:
    'must be the name of a secret, such as SLACK_URL, and never the secret itself: capital letters, digits and _, a letter first, 64 characters at most. `inbound-sms secret set NAME` stores the secret',
};

/** @param {string} what @param {string} allowed @returns {Schema} */
const numbers = (what, allowed) => ({
  description: `Only messages ${what} one of these. A number fits in every spelling.`,
  type: ['string', 'integer', 'array'],
  minLength: 1,
  minItems: 1,
  errorMessage: `must be ${allowed}, or a list of them`,
  items: { type: ['string', 'integer'], minLength: 1, errorMessage: `must be ${allowed}` },
});

const NOT_WITH_FILTER = { not: {}, errorMessage: 'is not allowed beside filter' };

/** @param {Schema} url @returns {Schema} */
const subscribers = (url) => ({
  description: 'Who gets the messages, by name. docs/subscribers.md',
  type: ['object', 'null'],
  errorMessage: 'must be a map, such as { team: { email: a@example.com } }',
  propertyNames: {
    pattern: '^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$',
    errorMessage:
      'is not a name that a subscriber can have. Use small letters, digits and hyphens, a letter first, no hyphen at the end, 30 characters at most',
  },
  additionalProperties: {
    type: 'object',
    errorMessage: `needs exactly one of ${KINDS.join(', ')}`,
    oneOf: KINDS.map((kind) => ({ required: [kind] })),
    additionalProperties: false,
    dependencies: { https: ['secret'], secret: ['https'] },
    properties: {
      email: {
        description: 'An e-mail for each message, to this address. AWS asks it to confirm.',
        type: 'string',
        pattern: '^[^\\s@,${}]+@[^\\s@,${}]+\\.[^\\s@,${}]+$',
        errorMessage: 'must be an e-mail address',
      },
      slack: { description: "The secret that is the URL of Slack's webhook.", ...SECRET },
      teams: { description: 'The secret that is the URL of the Teams workflow.', ...SECRET },
      https: url,
      secret: { description: 'The secret that signs each request to `https`.', ...SECRET },
      queue: {
        description: 'An SQS queue of your own, which you read.',
        const: true,
        errorMessage: 'must be true',
      },
      to: numbers('sent to', 'a phone number'),
      from: numbers('sent by', 'a number or a name'),
      filter: { $ref: '#/definitions/filter' },
    },
    if: { required: ['filter'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
    then: { properties: { to: NOT_WITH_FILTER, from: NOT_WITH_FILTER } },
  },
});

/** With the longest names, the subscriber's output then fits into CloudFormation's 1,024 characters. */
export const MAX_SUBSCRIBER_URL_LENGTH = 400;

/** @param {'https' | 'https?'} protocol @param {string} errorMessage */
const url = (protocol, errorMessage) => ({
  description:
    'Where each message is posted to, signed with `secret`. The outputs of the stack show it: it may hold no secret.',
  type: 'string',
  maxLength: MAX_SUBSCRIBER_URL_LENGTH,
  pattern: `^${protocol}://[^\\s@/?#\${}]+(?:[/?][^\\s#\${}]*)?$`,
  errorMessage: `must be a URL that begins with ${errorMessage}, without a password or #, of ${MAX_SUBSCRIBER_URL_LENGTH} characters at most`,
});

const COUNTRY = {
  description:
    'How people write numbers without a country code: a code of two letters, such as AU.',
  type: 'string',
  pattern: '^[A-Za-z]{2}$',
  default: DEFAULT_COUNTRY,
  errorMessage: 'must be a code of two letters, such as AU or NZ',
};

const TIME_ZONE = {
  description: 'The zone of the times that people read, such as Australia/Sydney.',
  type: 'string',
  pattern: '^[A-Za-z]',
  default: DEFAULT_TIME_ZONE,
  examples: ['Australia/Sydney', 'Australia/Perth', 'Pacific/Auckland', 'UTC'],
  errorMessage: 'must be an IANA name, such as Australia/Sydney',
};

const HTTPS = url('https', 'https://');
/** A local receiver may use HTTP, such as one on localhost. */
const HTTP = url('https?', 'http:// or https://');

/** @param {string} description @returns {Schema} */
const stage = (description) => ({
  description,
  type: ['object', 'null'],
  errorMessage: 'must be a map of parameters',
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(
      Object.entries(PARAMETERS).map(([name, { schema, allowed, fallback }]) => [
        name,
        {
          description: DESCRIPTIONS[name],
          default: fallback,
          errorMessage: `must be ${allowed}`,
          ...schema,
        },
      ]),
    ),
    country: COUNTRY,
    timeZone: TIME_ZONE,
    subscribers: { $ref: '#/definitions/subscribers' },
  },
});

/**
 * JSON Schema (draft-07, for yaml-language-server) of settings.yml. Editors use it as
 * docs/settings.schema.json, and packaging checks by it. `errorMessage` is the text of both for a value
 * that is not allowed.
 *
 * @returns {Schema}
 */
export function settingsSchema() {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'settings.yml of inbound-sms',
    description: 'What you set for your deployment. docs/deploy.md#parameters',
    type: ['object', 'null'],
    properties: {
      service: {
        description: 'The first part of every name in AWS.',
        type: 'string',
        pattern: '^[a-zA-Z][0-9a-zA-Z-]+$',
        default: DEFAULT_SERVICE,
        errorMessage: 'must be letters, digits and hyphens, a letter first',
      },
      country: COUNTRY,
      timeZone: TIME_ZONE,
      docsUrl: {
        description: 'Where alarm e-mails lead: the URL of your copy of the folder docs.',
        type: 'string',
        pattern: '^https?://[^\\s@?#]+$',
        errorMessage: 'must be a URL without a password, ? or #',
      },
      default: stage('What all stages have, but for local.'),
      [LOCAL_STAGE]: {
        description: '`npm start`. It has nothing of default.',
        type: ['object', 'null'],
        errorMessage: 'must be a map',
        additionalProperties: false,
        properties: { country: COUNTRY, timeZone: TIME_ZONE, subscribers: subscribers(HTTP) },
      },
    },
    additionalProperties: { $ref: '#/properties/default' },
    definitions: { subscribers: subscribers(HTTPS), filter: FILTER, conditions: CONDITIONS },
  };
}
