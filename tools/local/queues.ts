import {
  paginateListSubscriptions,
  SNSClient,
  SubscribeCommand,
  type Subscription,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ListQueuesCommand,
  QueueAttributeName,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { queueName } from '../../lib/forwarding/subscriber.ts';
import { ACCOUNT_ID, clientOf } from './aws.ts';
import type { Value } from './intrinsics.ts';
import type { Resource, Template } from './template.ts';

/** Properties of a queue that are SQS attributes with the same names. The emulator supports no others. */
const QUEUE_ATTRIBUTES: readonly QueueAttributeName[] = [
  QueueAttributeName.DelaySeconds,
  QueueAttributeName.MessageRetentionPeriod,
  QueueAttributeName.ReceiveMessageWaitTimeSeconds,
  QueueAttributeName.RedriveAllowPolicy,
  QueueAttributeName.RedrivePolicy,
  QueueAttributeName.VisibilityTimeout,
];

/** Properties of a subscription that are SNS attributes. */
const SUBSCRIPTION_ATTRIBUTES = [
  'FilterPolicy',
  'FilterPolicyScope',
  'RawMessageDelivery',
  'RedrivePolicy',
];

/** The URL of a queue, for any AWS client. */
export const queueUrl = (endpoint: string, name: string) => `${endpoint}/${ACCOUNT_ID}/${name}`;
export const queueNameOf = (arnOrUrl: string) => arnOrUrl.split(/[:/]/).at(-1) ?? '';

/**
 * Creates the template's queues and subscribes them to its topics. Existing queues keep their messages and
 * get the current attributes. Deletes subscribers' queues that are no longer in the template.
 */
export async function createQueues(template: Template, endpoint: string): Promise<void> {
  const sqs = new SQSClient(clientOf(endpoint));
  const sns = new SNSClient(clientOf(endpoint));
  try {
    const queues = template.resourcesOf('AWS::SQS::Queue');
    for (const queue of queues) {
      const name = template.attribute(queue.logicalId, 'QueueName');
      template.created(queue.logicalId, queueUrl(endpoint, name));
      await createQueue(sqs, name, queue);
    }
    await unsubscribeAll(sns, template.stackName);
    const names = queues.map(({ logicalId }) => template.attribute(logicalId, 'QueueName'));
    await deleteOthers(sqs, template.stackName, names);
    for (const subscription of template.resourcesOf('AWS::SNS::Subscription')) {
      if (subscription.get('Protocol') !== 'sqs') continue;
      template.created(subscription.logicalId, await subscribe(sns, subscription));
    }
  } finally {
    sqs.destroy();
    sns.destroy();
  }
}

async function createQueue(sqs: SQSClient, QueueName: string, queue: Resource): Promise<void> {
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({
      QueueName,
      ...(queue.get('FifoQueue') === true && { Attributes: { FifoQueue: 'true' } }),
    }),
  );
  const Attributes = Object.fromEntries(
    QUEUE_ATTRIBUTES.flatMap((name) => {
      const value = queue.get(name);
      return value === undefined ? [] : [[name, textOf(value)]];
    }),
  );
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
}

/**
 * SNS does not change the attributes of an existing subscription, so each start creates the stack's own
 * again.
 */
async function unsubscribeAll(sns: SNSClient, stackName: string): Promise<void> {
  const found: Subscription[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptions({ client: sns }, {})) {
    found.push(...Subscriptions);
  }
  for (const { SubscriptionArn, Endpoint = '' } of found) {
    if (!isOfSubscriber(queueNameOf(Endpoint), stackName)) continue;
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  }
}

async function deleteOthers(
  sqs: SQSClient,
  stackName: string,
  names: readonly string[],
): Promise<void> {
  const { QueueUrls = [] } = await sqs.send(
    new ListQueuesCommand({ QueueNamePrefix: prefixOf(stackName) }),
  );
  for (const QueueUrl of QueueUrls) {
    if (names.includes(queueNameOf(QueueUrl))) continue;
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  }
}

async function subscribe(sns: SNSClient, subscription: Resource): Promise<string> {
  const { SubscriptionArn = '' } = await sns.send(
    new SubscribeCommand({
      TopicArn: String(subscription.get('TopicArn')),
      Protocol: 'sqs',
      Endpoint: String(subscription.get('Endpoint')),
      ReturnSubscriptionArn: true,
      Attributes: Object.fromEntries(
        SUBSCRIPTION_ATTRIBUTES.flatMap((name) => {
          const value = subscription.get(name);
          return value === undefined ? [] : [[name, textOf(value)]];
        }),
      ),
    }),
  );
  return SubscriptionArn;
}

/** The prefix of both of a subscriber's queues: `queueName` in lib/forwarding/subscriber.ts. */
const prefixOf = (stackName: string) => queueName(stackName, '');
const isOfSubscriber = (name: string, stackName: string) => name.startsWith(prefixOf(stackName));

const textOf = (value: Value) =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);
