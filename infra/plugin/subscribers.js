import { functionConfig } from './function-config.js';
import { countryOf, LOCAL_STAGE } from './settings.js';
import { filterOf } from './subscriber-filter.js';

/** @import { SettingsFile } from './settings.js' */
/** @import { Entry } from './settings-document.js' */
/** @import { Kind } from '../../tools/shared/subscriber-outputs.ts' */

/**
 * A subscriber of settings.yml, after all checks.
 *
 * @typedef {object} Subscriber
 * @property {string} name `[a-z][a-z0-9-]{0,29}`, without a hyphen at the end.
 * @property {Kind} kind
 * @property {string} [address] `email`: the address.
 * @property {string} [url] `https`: the URL to post to.
 * @property {string} [secret] `slack` and `teams`: the secret that holds the URL. `https`: the signing
 * secret.
 * @property {Record<string, unknown>} [filterPolicy] A filter policy of SNS. Without it, the subscriber
 * gets every message.
 * @property {'MessageAttributes' | 'MessageBody'} [filterScope] What the policy looks at. Only with a
 * policy.
 * @property {string} place File and line, for errors.
 */

/** @type {readonly Kind[]} */
export const KINDS = ['email', 'slack', 'teams', 'https', 'queue'];

/** A subscriber's part of a logical id: `my-crm` becomes `SubscriberMyCrm`. @param {string} name */
export function logicalIdOf(name) {
  const parts = name.split('-').map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  return `Subscriber${parts.join('')}`;
}

/**
 * The subscribers of a stage: those of `default`, and its own, which replace those of the same name. The
 * stage `local` has only its own, so that a trial posts to no real receiver.
 *
 * @param {SettingsFile} file From `readSettings`.
 * @param {string} stage
 * @param {string} [messageFormat] The format of published messages. By default the file's.
 * @returns {Subscriber[]} In the order of the file.
 * @throws {Error} Names the file and the line.
 */
export function readSubscribers(file, stage, messageFormat = formatOf(file, stage)) {
  const shared = stage === LOCAL_STAGE ? [] : (file.subscribers.default ?? []);
  const own = stage === 'default' ? [] : (file.subscribers[stage] ?? []);
  const entries = new Map([...shared, ...own].map((entry) => [entry.key, entry]));
  const context = { stage, messageFormat, country: countryOf(file, stage) };
  const subscribers = [...entries.values()].map((entry) => subscriberOf(entry, context));
  refuseSameIds(subscribers);
  refuseSharedSecrets(subscribers);
  if (stage !== 'default') refuseLongNames(subscribers, `${file.service}-${stage}`);
  return subscribers;
}

/** @param {SettingsFile} file @param {string} stage */
function formatOf({ sections }, stage) {
  const { value } = sections[stage]?.messageFormat ?? sections.default?.messageFormat ?? {};
  return String(value ?? 'inbound-sms');
}

/**
 * @param {Entry} entry
 * @param {{ stage: string, messageFormat: string, country: string }} context
 * @returns {Subscriber}
 */
function subscriberOf({ key: name, place, entries = [] }, context) {
  const fields = Object.fromEntries(entries.map((entry) => [entry.key, entry]));
  const kind = KINDS.find((each) => fields[each]) ?? 'queue';
  const value = String(fields[kind]?.text);
  if (kind === 'https' && !URL.canParse(value)) {
    throw new Error(`${fields.https?.place}: ${name}.https is not a URL`);
  }
  if (JSON.stringify(entries).includes('${')) {
    throw new Error(`${place}: ${name} must not contain a variable such as \${env:NAME}`);
  }
  return {
    name,
    kind,
    ...(kind === 'email' && { address: value }),
    ...((kind === 'slack' || kind === 'teams') && { secret: value }),
    ...(kind === 'https' && { url: value, secret: String(fields.secret?.text) }),
    ...filterOf(fields, context),
    place,
  };
}

/** The ends of the ids of a queue's other outputs: infra/subscribers.js. */
const QUEUE_OUTPUTS = ['QueueUrl', 'QueueArn', 'DeadLettersUrl'];

/**
 * Refuses two outputs with one id. The template would have only the last one.
 *
 * @param {readonly Subscriber[]} subscribers
 */
function refuseSameIds(subscribers) {
  /** @type {Map<string, string>} */
  const owners = new Map();
  for (const { name, kind, place } of subscribers) {
    const id = logicalIdOf(name);
    const outputs = kind === 'queue' ? QUEUE_OUTPUTS.map((part) => `${id}${part}`) : [];
    const { queueName, deadLetterQueueName } = functionConfig();
    const queues = [queueName, deadLetterQueueName].map((nameOf) => nameOf('STACK', name));
    const made = [
      ...[id, ...outputs].map((output) => `an output ${output}`),
      ...queues.map((queue) => `a queue ${queue}`),
    ];
    for (const each of made) {
      const other = owners.get(each);
      if (other) {
        throw new Error(
          `${place}: ${name} is too much like ${other}. Take another name: both would have ${each}`,
        );
      }
      owners.set(each, name);
    }
  }
}

/**
 * Refuses a secret of two kinds. A chat's secret is its URL, and the secret of `https` is base64. No value
 * is both.
 *
 * @param {readonly Subscriber[]} subscribers
 */
function refuseSharedSecrets(subscribers) {
  /** @type {Map<string, Subscriber>} */
  const owners = new Map();
  for (const subscriber of subscribers) {
    const { name, kind, secret, place } = subscriber;
    if (!secret) continue;
    const other = owners.get(secret);
    if (other && (other.kind === 'https') !== (kind === 'https')) {
      throw new Error(
        `${place}: ${name} cannot share the secret ${secret} with ${other.name}: slack and teams need a URL, and https needs a key that signs. Name another secret`,
      );
    }
    owners.set(secret, subscriber);
  }
}

/**
 * SQS's limit:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
 */
const MAX_QUEUE_NAME = 80;

/** @param {readonly Subscriber[]} subscribers @param {string} stack */
function refuseLongNames(subscribers, stack) {
  for (const { name, place } of subscribers) {
    // The longest name of its queues, on a FIFO topic.
    const longest = `${functionConfig().deadLetterQueueName(stack, name)}.fifo`;
    const left = MAX_QUEUE_NAME - longest.length;
    if (left >= 0) continue;
    throw new Error(
      `${place}: ${name} is too long by ${-left}: a queue's name has ${MAX_QUEUE_NAME} characters at most, and ${stack} is a part of it`,
    );
  }
}
