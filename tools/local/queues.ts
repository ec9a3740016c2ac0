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

/** Properties of a queue that are attributes of SQS, under the same names. The emulator knows no others. */
const QUEUE_ATTRIBUTES: readonly QueueAttributeName[] = [
  QueueAttributeName.DelaySeconds,
  QueueAttributeName.MessageRetentionPeriod,
  QueueAttributeName.ReceiveMessageWaitTimeSeconds,
  QueueAttributeName.RedriveAllowPolicy,
  QueueAttributeName.RedrivePolicy,
  QueueAttributeName.VisibilityTimeout,
];

/** Properties of a subscription that are attributes of SNS. */
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
 * Creates the template's queues and subscribes them to its topics. Queues of an earlier start keep their
 * messages and get today's attributes. Subscribers' queues that the template has no more are deleted.
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

/** SNS changes no attributes of a subscription that is there, so each start makes the stack's own anew. */
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

/** Both of a subscriber's queues begin with this: `queueName` in lib/forwarding/subscriber.ts. */
const prefixOf = (stackName: string) => queueName(stackName, '');
const isOfSubscriber = (name: string, stackName: string) => name.startsWith(prefixOf(stackName));

const textOf = (value: Value) =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);
