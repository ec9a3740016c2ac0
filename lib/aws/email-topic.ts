import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Answer } from '../forwarding/forwarding-ports.ts';
import type { Outgoing } from '../forwarding/outgoing.ts';
import { callWithin } from './call-within.ts';

type Publish = Extract<Outgoing, { kind: 'publish' }>;

/** Publishes an e-mail to the topic of its subscriber. It never rejects. */
export async function publishEmail(
  client: SNSClient,
  { topicArn, subject, text }: Publish,
  deadline: AbortSignal,
): Promise<Answer> {
  const command = new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text });
  try {
    await callWithin(deadline, () => client.send(command));
    return { status: 200 };
  } catch (error) {
    const { name = '' } = error as Partial<Error>;
    // The names of SNS's errors, such as NotFoundException.
    return { fault: name === 'TimeoutError' ? 'timeout' : `SNS ${name}` };
  }
}
