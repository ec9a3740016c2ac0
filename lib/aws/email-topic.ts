import { setTimeout as delay } from 'node:timers/promises';
import { GetTopicAttributesCommand, PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Answer } from '../forwarding/forwarding-ports.ts';
import type { Outgoing } from '../forwarding/outgoing.ts';
import { callWithin } from './call-within.ts';

type Publish = Extract<Outgoing, { kind: 'publish' }>;

/**
 * Minimum time of an e-mail, ms. Two deliveries run at once, so a subscriber gets at most eight a second.
 * SNS suspends an address that gets more than ten.
 * https://docs.aws.amazon.com/general/latest/gr/sns.html
 */
const LEAST_MS = 250;

/** How long a confirmed address counts as confirmed, ms. */
const CONFIRMED_MS = 60_000;

/**
 * Publishes e-mails to their subscribers' topics. SNS also accepts a message for an address that is not
 * confirmed or has unsubscribed, and drops it. This function fails such an e-mail instead. It never
 * rejects.
 * https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
 *
 * @param now Epoch ms.
 */
export function emailPublisher(client: SNSClient, now: () => number) {
  const confirmedUntil = new Map<string, number>();

  async function isConfirmed(topicArn: string, deadline: AbortSignal): Promise<boolean> {
    if (now() < (confirmedUntil.get(topicArn) ?? 0)) return true;
    const command = new GetTopicAttributesCommand({ TopicArn: topicArn });
    const { Attributes } = await callWithin(deadline, () => client.send(command));
    if (!(Number(Attributes?.SubscriptionsConfirmed) > 0)) return false;
    confirmedUntil.set(topicArn, now() + CONFIRMED_MS);
    return true;
  }

  return async ({ topicArn, subject, text }: Publish, deadline: AbortSignal): Promise<Answer> => {
    const command = new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text });
    try {
      if (!(await isConfirmed(topicArn, deadline))) return { fault: 'e-mail not confirmed' };
      const begun = performance.now();
      await callWithin(deadline, () => client.send(command));
      await delay(Math.max(0, begun + LEAST_MS - performance.now()));
      return { status: 200 };
    } catch (error) {
      const { name = '' } = error as Partial<Error>;
      // The name of an SNS error, such as NotFoundException.
      return { fault: name === 'TimeoutError' ? 'timeout' : `SNS ${name}` };
    }
  };
}
