import { setTimeout as delay } from 'node:timers/promises';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Answer } from '../forwarding/forwarding-ports.ts';
import type { Outgoing } from '../forwarding/outgoing.ts';
import { callWithin } from './call-within.ts';

type Publish = Extract<Outgoing, { kind: 'publish' }>;

/**
 * How long an e-mail takes at least, ms. Two deliveries run at once, so a subscriber gets eight a second: SNS
 * suspends an address that gets more than ten.
 * https://docs.aws.amazon.com/general/latest/gr/sns.html
 */
const LEAST_MS = 250;

/** Publishes an e-mail to the topic of its subscriber. It never rejects. */
export async function publishEmail(
  client: SNSClient,
  { topicArn, subject, text }: Publish,
  deadline: AbortSignal,
): Promise<Answer> {
  const command = new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text });
  try {
    const begun = performance.now();
    await callWithin(deadline, () => client.send(command));
    await delay(Math.max(0, begun + LEAST_MS - performance.now()));
    return { status: 200 };
  } catch (error) {
    const { name = '' } = error as Partial<Error>;
    // The names of SNS's errors, such as NotFoundException.
    return { fault: name === 'TimeoutError' ? 'timeout' : `SNS ${name}` };
  }
}
