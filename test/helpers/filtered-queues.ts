import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientOf } from '../../tools/local/aws.ts';
import type { LocalStack } from '../../tools/local/stack.ts';

/** Ten at most. */
type ReceiveBodies = () => Promise<string[]>;

/**
 * Subscribes a queue for each name, with raw delivery and these attributes.
 *
 * @returns A function for each queue that receives its messages.
 */
export async function subscribeFiltered(
  { snsEndpoint, topicArn }: Pick<LocalStack, 'snsEndpoint' | 'topicArn'>,
  attributesByName: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Promise<Map<string, ReceiveBodies>> {
  const sqs = new SQSClient(clientOf(snsEndpoint));
  const sns = new SNSClient(clientOf(snsEndpoint));
  const queues = new Map<string, ReceiveBodies>();
  for (const [name, attributes] of attributesByName) {
    const QueueName = `filtered-${queues.size}`;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    await sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: topicArn.replace(/^arn:aws:sns(.*:).*$/, `arn:aws:sqs$1${QueueName}`),
        Attributes: { RawMessageDelivery: 'true', ...attributes },
      }),
    );
    queues.set(name, async () => {
      const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
      const { Messages = [] } = await sqs.send(command);
      return Messages.map(({ Body = '' }) => Body);
    });
  }
  sns.destroy();
  return queues;
}
