import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import { createQueues, queueUrl } from '../../../tools/local/queues.ts';
import { createTopics, type SnsEmulator, startSns } from '../../../tools/local/sns.ts';
import type { Template } from '../../../tools/local/template.ts';

/** The emulator with the template's resources, and the real SDK's calls. */
export async function startQueues(template: Template, dataDir?: string) {
  const sns = await startSns(0, dataDir);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await sns[Symbol.asyncDispose]();
    isOpen = false;
  };
  onTestFinished(close);
  await createTopics(template, sns.endpoint);
  await createQueues(template, sns.endpoint);
  return { sns, close, ...callsTo(sns, template) };
}

function callsTo(emulator: SnsEmulator, template: Template) {
  const { endpoint } = emulator;
  const [sqs, sns] = [new SQSClient(clientOf(endpoint)), new SNSClient(clientOf(endpoint))];
  onTestFinished(() => {
    sqs.destroy();
    sns.destroy();
  });
  const urlOf = (name: string) => queueUrl(endpoint, `inbound-sms-local-to-${name}`);
  return {
    sqs,
    snsClient: sns,
    urlOf,
    depthOf: (name: string) => emulator.depthOf(`inbound-sms-local-to-${name}`),
    publish: (Message: string, group?: string, attributes: Record<string, string> = {}) =>
      sns.send(
        new PublishCommand({
          TopicArn: template.ref('MessagesTopic'),
          Message,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
          ...(group !== undefined && { MessageGroupId: group, MessageDeduplicationId: Message }),
        }),
      ),
    /** All visible messages, 10 at most, without waiting. */
    async receive(name: string, VisibilityTimeout?: number): Promise<Message[]> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: urlOf(name),
          MaxNumberOfMessages: 10,
          ...(VisibilityTimeout !== undefined && { VisibilityTimeout }),
        }),
      );
      return Messages;
    },
  };
}
