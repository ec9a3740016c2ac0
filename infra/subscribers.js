import {
  allow,
  getAtt,
  policy,
  publishOverTlsOnly,
  sub,
  subJson,
  subscribersOf,
  topicPolicy,
} from './cloudformation.js';
import { role, TABLE, useKey, writeLogs } from './functions.js';
import { functionConfig } from './plugin/function-config.js';
import { logicalIdOf } from './plugin/subscribers.js';

/**
 * @import { Subscriber } from './plugin/subscribers.js'
 * @import { Parameters, Resolver } from './types.d.ts'
 */

/** The function's, in seconds. */
const TIMEOUT = 30;

const DAY = 86_400;

/** SQS keeps a message no longer. */
const RETENTION = 14 * DAY;

/** How often a queue of the kind `queue` delivers a message before it moves it to the dead-letter queue. */
const OWN_QUEUE_ATTEMPTS = 5;

/**
 * Parallel deliveries to one subscriber. Lambda allows no fewer. A hanging receiver then uses only two of
 * the account's concurrent executions. A new account has ten for all functions.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const MAXIMUM_CONCURRENCY = 2;

/** Whether the forwarder delivers to it. @param {Subscriber} subscriber */
export const isForwarded = ({ kind }) => kind !== 'queue';

/**
 * The forwarder, if a subscriber needs it, for `functions` in serverless.yml.
 *
 * @param {Resolver} resolver
 */
export async function functions(resolver) {
  const forwarded = (await subscribersOf(resolver)).filter(isForwarded);
  if (forwarded.length === 0) return {};
  const timeZone = await resolver.resolveVariable(
    'file(infra/plugin/serverless-config.js):timeZone',
  );
  return {
    forwardMessage: {
      description: 'Delivers each message to the subscribers of settings.yml.',
      handler: 'functions/forward-message.handler',
      role: getAtt('ForwardMessageRole', 'Arn'),
      timeout: TIMEOUT,
      memorySize: 256,
      environment: { SUBSCRIBERS: subJson(forwarded.map(toldForwarder)), TIME_ZONE: timeZone },
    },
  };
}

/** The resources of all subscribers. @param {Resolver} resolver */
export async function subscribers(resolver) {
  const all = await subscribersOf(resolver);
  const forwarded = all.filter(isForwarded);
  const parameters = /** @type {Parameters} */ (await resolver.resolveVariable('parameters:'));
  return {
    Resources: {
      ...(forwarded.length > 0 && { ForwardMessageRole: forwarderRole(forwarded, parameters) }),
      ...Object.assign({}, ...all.map((subscriber) => resourcesOf(subscriber, parameters))),
    },
    Outputs: Object.assign({}, ...all.map(outputsOf)),
  };
}

/** @param {Subscriber} subscriber @param {Parameters} parameters */
function resourcesOf(subscriber, { topicType, kmsKeyArn }) {
  const { name, kind, filterPolicy, filterScope } = subscriber;
  const id = logicalIdOf(name);
  const { MAX_ATTEMPTS, queueName, deadLetterQueueName } = functionConfig();
  const isFifo = topicType === 'fifo';
  const deadLetterArn = getAtt(`${id}DeadLetters`, 'Arn');
  /** @param {(stack: string, name: string) => string} nameOf @param {object} rest */
  const queue = (nameOf, rest) => ({
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: sub(`${nameOf('${AWS::StackName}', name)}${isFifo ? '.fifo' : ''}`),
      ...(isFifo && FIFO),
      MessageRetentionPeriod: RETENTION,
      // With a customer's key whose policy does not name SNS, every delivery would fail for good:
      // docs/decisions/0055-queues-with-a-key-of-sqs.md
      SqsManagedSseEnabled: true,
      ...rest,
    },
  });
  return {
    [`${id}Queue`]: queue(queueName, {
      ...(isForwarded(subscriber) && { VisibilityTimeout: 6 * TIMEOUT }),
      RedrivePolicy: {
        deadLetterTargetArn: deadLetterArn,
        maxReceiveCount: isForwarded(subscriber) ? MAX_ATTEMPTS : OWN_QUEUE_ATTEMPTS,
      },
    }),
    [`${id}DeadLetters`]: queue(deadLetterQueueName, {}),
    [`${id}QueuePolicy`]: queuePolicy(`${id}Queue`),
    [`${id}DeadLettersPolicy`]: queuePolicy(`${id}DeadLetters`),
    [`${id}Subscription`]: {
      Type: 'AWS::SNS::Subscription',
      // Without the policies, SNS may not send, and messages published meanwhile would be lost.
      DependsOn: [`${id}QueuePolicy`, `${id}DeadLettersPolicy`],
      Properties: {
        TopicArn: { Ref: 'MessagesTopic' },
        Protocol: 'sqs',
        Endpoint: getAtt(`${id}Queue`, 'Arn'),
        RawMessageDelivery: true,
        RedrivePolicy: { deadLetterTargetArn: deadLetterArn },
        ...(filterPolicy && { FilterPolicy: filterPolicy, FilterPolicyScope: filterScope }),
      },
    },
    ...(isForwarded(subscriber) && { [`${id}Mapping`]: mapping(`${id}Queue`) }),
    ...(kind === 'email' && emailTopic(subscriber, kmsKeyArn)),
  };
}

/**
 * As for the topic: a conversation's messages stay in order, and conversations run in parallel.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
 */
const FIFO = {
  FifoQueue: true,
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
};

/** Lets SNS send to the queue, from the message topic only. @param {string} queue */
function queuePolicy(queue) {
  const send = allow('TopicMaySend', 'sqs:SendMessage', getAtt(queue, 'Arn'), {
    Principal: { Service: 'sns.amazonaws.com' },
    Condition: { ArnEquals: { 'aws:SourceArn': { Ref: 'MessagesTopic' } } },
  });
  return {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: { Queues: [{ Ref: queue }], PolicyDocument: policy([send]) },
  };
}

/** Delivers the messages of a queue to the forwarder, one at a time. @param {string} queue */
function mapping(queue) {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: getAtt(queue, 'Arn'),
      FunctionName: { Ref: 'ForwardMessageLambdaFunction' },
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: MAXIMUM_CONCURRENCY },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    },
  };
}

/** The topic that e-mails a subscriber. @param {Subscriber} subscriber @param {string} kmsKeyArn */
function emailTopic({ name, address }, kmsKeyArn) {
  const id = logicalIdOf(name);
  return {
    [`${id}Topic`]: {
      Type: 'AWS::SNS::Topic',
      Properties: { DisplayName: 'Inbound SMS', KmsMasterKeyId: kmsKeyArn || 'alias/aws/sns' },
    },
    [`${id}TopicPolicy`]: topicPolicy(`${id}Topic`, [publishOverTlsOnly(`${id}Topic`)]),
    [`${id}Email`]: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: `${id}Topic` }, Protocol: 'email', Endpoint: address },
    },
  };
}

/**
 * The role has what the forwarder's calls need, and what Lambda needs to read the queues:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 *
 * @param {readonly Subscriber[]} forwarded
 * @param {Parameters} parameters
 */
function forwarderRole(forwarded, { kmsKeyArn }) {
  const queues = forwarded.map(({ name }) => getAtt(`${logicalIdOf(name)}Queue`, 'Arn'));
  const topics = forwarded
    .filter(({ kind }) => kind === 'email')
    .map(({ name }) => ({ Ref: `${logicalIdOf(name)}Topic` }));
  const secrets = new Set(forwarded.flatMap(({ secret }) => secret ?? []));
  const { secretParameter } = functionConfig();
  const secretArns = [...secrets].map((secret) => {
    const parameter = secretParameter('${self:service}', '${sls:stage}', secret);
    return sub(
      `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter${parameter}`,
    );
  });
  return role('forward-message', [
    writeLogs('ForwardMessageLogGroup'),
    allow('ReadQueues', READ_QUEUES, queues),
    ...(secretArns.length > 0 ? [allow('ReadSecrets', 'ssm:GetParameter', secretArns)] : []),
    allow('MarkDeliveries', ['dynamodb:GetItem', 'dynamodb:UpdateItem'], TABLE),
    ...(topics.length > 0 ? [allow('PublishEmails', PUBLISH_EMAILS, topics)] : []),
    ...useKey(kmsKeyArn, topics.length > 0 ? ['dynamodb', 'sns'] : ['dynamodb']),
  ]);
}

const READ_QUEUES = [
  ...['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  'sqs:ChangeMessageVisibility',
];

/** lib/aws/email-topic.ts publishes an e-mail only if its address is confirmed. */
const PUBLISH_EMAILS = ['sns:GetTopicAttributes', 'sns:Publish'];

/** A subscriber in the form of lib/forwarding/subscriber.ts. @param {Subscriber} subscriber */
function toldForwarder({ name, kind, url, secret }) {
  const topicArn = kind === 'email' ? { Ref: `${logicalIdOf(name)}Topic` } : undefined;
  return { name, kind, url, secret, topicArn };
}

/** Tools find a subscriber by these: tools/shared/subscriber-outputs.ts. @param {Subscriber} subscriber */
function outputsOf({ name, kind, url, secret }) {
  const id = logicalIdOf(name);
  const described = {
    ...{ name, kind },
    queue: { Ref: `${id}Queue` },
    deadLetters: { Ref: `${id}DeadLetters` },
    subscription: { Ref: `${id}Subscription` },
    topic: kind === 'email' ? { Ref: `${id}Topic` } : undefined,
    ...{ secret, url },
  };
  return {
    [id]: { Description: `The subscriber ${name}`, Value: subJson(described) },
    ...(kind === 'queue' && {
      [`${id}QueueUrl`]: { Description: `The queue ${name}`, Value: { Ref: `${id}Queue` } },
      [`${id}QueueArn`]: { Description: `The queue ${name}`, Value: getAtt(`${id}Queue`, 'Arn') },
      [`${id}DeadLettersUrl`]: {
        Description: `The dead-letter queue of ${name}`,
        Value: { Ref: `${id}DeadLetters` },
      },
    }),
  };
}
