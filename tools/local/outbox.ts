import type { TopicEmail } from '../console/lab/subscribers.ts';
import { subscribersIn } from '../shared/subscriber-outputs.ts';
import { addressesOf, subscriberOutputs } from './subscribers.ts';
import type { Template } from './template.ts';
import { type TopicMessage, watchTopic } from './topic-queue.ts';

/** https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html */
const SENDER = 'no-reply@sns.amazonaws.com';

/**
 * Reports the e-mails of subscribers' topics. The emulator delivers only to queues, so each of these topics
 * gets a queue here.
 *
 * @param endpoint The endpoint of SNS and SQS.
 */
export async function watchOutbox(
  template: Template,
  endpoint: string,
  onEmail: (email: TopicEmail) => void,
): Promise<AsyncDisposable> {
  await using watching = new AsyncDisposableStack();
  const topics = template.resourcesOf('AWS::SNS::Topic');
  for (const { name: subscriber, topic: topicArn } of subscribersIn(subscriberOutputs(template))) {
    if (topicArn === undefined) continue;
    const addresses = addressesOf(topicArn, template);
    const topic = topics.find(({ logicalId }) => template.ref(logicalId) === topicArn);
    const name = topic?.get('DisplayName');
    const from = name === undefined ? SENDER : `${name} <${SENDER}>`;
    const queueName = `${template.stackName}-outbox-${subscriber}`;
    const report = ({ message, subject = '', attributes }: TopicMessage) => {
      const { message_id } = attributes;
      for (const to of addresses) {
        onEmail({
          ...{ subscriber, from, to, subject, text: message },
          ...(message_id !== undefined && { message_id }),
        });
      }
    };
    watching.use(await watchTopic({ endpoint, topicArn, queueName }, report));
  }
  return watching.move();
}
