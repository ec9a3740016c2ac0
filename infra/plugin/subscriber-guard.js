import { existsSync } from 'node:fs';
import { closest } from 'fastest-levenshtein';
import { outputsOfStack } from './deployed.js';
import { functionConfig, subscriberOutputs } from './function-config.js';
import { SETTINGS_FILE } from './settings.js';
import { logicalIdOf } from './subscribers.js';

/** @import { DeployedSubscriber } from '../../tools/shared/subscriber-outputs.ts' */
/** @import { AwsProvider, Serverless, Template } from '../types.d.ts' */

/** The option of a deploy or a rollback that may remove subscribers. */
export const REMOVE_OPTION = 'remove-subscribers';

/**
 * A subscriber whose queues a deploy would delete, and the messages in them.
 *
 * @typedef {object} Loss
 * @property {string} name
 * @property {boolean} isReplaced It gets a new queue. SQS cannot change a queue from standard to FIFO or
 * back.
 * @property {string} waiting For people.
 */

/**
 * Stops a deploy or a rollback that would delete a subscriber's queue with the messages in it. It compares
 * the stack's outputs with the next template, so it needs no settings.yml.
 *
 * @param {Serverless} serverless
 * @param {'deploy' | 'rollback'} what
 * @param {Template} next
 * @returns {Promise<string[]>} Lines to show afterwards; empty if no subscriber is removed.
 */
export async function guardSubscribers(serverless, what, next) {
  const provider = serverless.getProvider('aws');
  const named = namesIn(serverless.processedInput.options[REMOVE_OPTION]);
  const deployed = subscriberOutputs().subscribersIn(await outputsOfStack(provider));
  const lost = lostSubscribers(deployed, next);
  refuseOtherNames(named, { deployed, lost, what });
  const unnamed = lost.filter(({ name }) => !named.includes(name));
  const losses = unnamed.map(async (subscriber) => ({
    name: subscriber.name,
    isReplaced: subscriber.isReplaced,
    waiting: await waitingFor(subscriber, provider),
  }));
  refuseToLose(await Promise.all(losses), { what, hasSettings: existsSync(SETTINGS_FILE) });
  const { service } = serverless.service;
  return whatIsRemoved(lost, next, (secret) => ({
    parameter: functionConfig().secretParameter(service, provider.getStage(), secret),
    region: provider.getRegion(),
  }));
}

/** @param {string | undefined} option */
const namesIn = (option = '') =>
  option
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);

/**
 * Refuses a name that is not removed: it is misspelt, or still in settings.yml.
 *
 * @param {readonly string[]} named The option's names.
 * @param {{ deployed: readonly DeployedSubscriber[], lost: readonly DeployedSubscriber[], what: 'deploy' |
 * 'rollback' }} about
 * @throws {Error} If there is one. Says what to do.
 */
export function refuseOtherNames(named, { deployed, lost, what }) {
  const removed = lost.map(({ name }) => name).sort();
  const other = named.find((name) => !removed.includes(name));
  if (other === undefined) return;
  const known = deployed.map(({ name }) => name);
  if (known.includes(other)) {
    const way =
      what === 'deploy'
        ? 'Take it out of settings.yml as well, or leave it out of the option'
        : 'That deployment has it. Leave it out of the option';
    throw new Error(
      `--${REMOVE_OPTION} names ${other}, and this ${what} does not remove it. ${way}.`,
    );
  }
  const [candidates, are] = removed.length > 0 ? [removed, 'It removes'] : [known, 'There are'];
  throw new Error(
    [
      `--${REMOVE_OPTION} names ${other}, and the stack has no subscriber of that name.`,
      ...(candidates.length > 0
        ? [`Did you mean ${closest(other, candidates)}? ${are}: ${candidates.join(', ')}.`]
        : ['It has none at all: leave the option out.']),
    ].join(' '),
  );
}

/**
 * @param {readonly (DeployedSubscriber & { isReplaced: boolean })[]} lost
 * @param {Template} next
 * @param {(secret: string) => { parameter: string, region: string }} placeOf
 * @returns {string[]}
 */
export function whatIsRemoved(lost, next, placeOf) {
  const removed = lost.filter(({ isReplaced }) => !isReplaced);
  if (removed.length === 0) return [];
  const kept = new Set(removed.flatMap(({ secret }) => secret ?? []));
  for (const secret of secretsIn(next)) kept.delete(secret);
  return [
    `Removed, with the messages in their queues: ${removed
      .map(({ name }) => name)
      .sort()
      .join(', ')}.`,
    ...[...kept].map((secret) => {
      const { parameter, region } = placeOf(secret);
      return `The secret ${secret} stays in Parameter Store. To delete it: aws ssm delete-parameter --region ${region} --name ${parameter}`;
    }),
  ];
}

/** The secrets that subscribers of a template read. @param {Template} next */
function secretsIn({ Outputs = {} }) {
  const texts = Object.entries(Outputs).flatMap(([name, output]) => {
    const { Value } = /** @type {{ Value?: string | Record<string, string> }} */ (output);
    const text = typeof Value === 'string' ? Value : Value?.['Fn::Sub'];
    return text === undefined ? [] : [[name, text]];
  });
  return subscriberOutputs()
    .subscribersIn(Object.fromEntries(texts))
    .flatMap(({ secret }) => secret ?? []);
}

/**
 * The deployed subscribers whose queue is not in the template.
 *
 * @param {readonly DeployedSubscriber[]} deployed
 * @param {Template} next
 */
export function lostSubscribers(deployed, { Resources }) {
  return deployed.flatMap((subscriber) => {
    const queue = Resources[`${logicalIdOf(subscriber.name)}Queue`];
    if (!queue) return [{ ...subscriber, isReplaced: false }];
    const isReplaced = subscriber.queue.endsWith('.fifo') !== (queue.Properties.FifoQueue === true);
    return isReplaced ? [{ ...subscriber, isReplaced }] : [];
  });
}

/**
 * @param {readonly Loss[]} losses
 * @param {{ what: 'deploy' | 'rollback', hasSettings: boolean }} about
 * @throws {Error} If there are losses. Says what to do.
 */
export function refuseToLose(losses, { what, hasSettings }) {
  if (losses.length === 0) return;
  const removed = losses.filter(({ isReplaced }) => !isReplaced);
  const names = losses.map(({ name }) => name);
  const lines = losses.map(
    ({ name, isReplaced, waiting }) =>
      `- ${name}: ${isReplaced ? 'gets a new queue, since topicType changes' : 'is removed'}; ${waiting}.`,
  );
  throw new Error(
    [
      `This ${what} would delete the queues of these subscribers, with the messages in them:`,
      ...lines,
      ...(hasSettings || what === 'rollback' || removed.length === 0
        ? []
        : ['There is no settings.yml here. Get the file from a colleague, if there is one.']),
      `To delete them all the same, add --${REMOVE_OPTION} ${names.join(',')}. See docs/deploy.md#remove-a-subscriber.`,
    ].join('\n'),
  );
}

/**
 * How many messages wait for a subscriber, for people. Has no full stop.
 *
 * @param {Pick<DeployedSubscriber, 'queue' | 'deadLetters'>} subscriber
 * @param {Pick<AwsProvider, 'getAwsSdkV3Config'>} provider
 */
export async function waitingFor({ queue, deadLetters }, provider) {
  try {
    const { SQSClient } = await import('@aws-sdk/client-sqs');
    // By default, the host of the queue's URL counts more than AWS_ENDPOINT_URL.
    const useQueueUrlAsEndpoint = false;
    const client = new SQSClient({
      ...(await provider.getAwsSdkV3Config()),
      useQueueUrlAsEndpoint,
    });
    const [waiting, dead] = [await countIn(client, queue), await countIn(client, deadLetters)];
    return `about ${messages(waiting)} in its queue, ${messages(dead)} in its dead-letter queue`;
  } catch (failure) {
    const why = /** @type {Error} */ (failure).message.replace(/\.$/, '');
    return `how many messages wait is not known: ${why}`;
  }
}

/**
 * Counts the messages in a queue, including those in flight. SQS counts approximately.
 *
 * @param {import('@aws-sdk/client-sqs').SQSClient} client
 * @param {string} QueueUrl
 */
async function countIn(client, QueueUrl) {
  const { GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs');
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}

/** @param {number} count */
const messages = (count) => `${count} ${count === 1 ? 'message' : 'messages'}`;
