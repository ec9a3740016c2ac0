import type { Subscriber } from '../../../infra/plugin/subscribers.js';
import type { DeployedSubscriber } from '../../shared/subscriber-outputs.ts';
import { calledOn } from '../command.ts';
import type { Stack } from '../stack.ts';
import { type Abort, type Finding, findingsOf } from './check.ts';
import { listSubscriptions, subscribe, subscribeAgain } from './subscription-checks.ts';

/**
 * Whether SNS e-mails what is published to the topic of an `email` subscriber: SNS asks the address first, and
 * each e-mail has a link that ends it.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
 */
export async function emailFindings(
  topic: string,
  { name, kind }: DeployedSubscriber,
  own: Subscriber | undefined,
  stack: Stack,
  abort: Abort,
): Promise<Finding[]> {
  const { clients, region } = stack;
  const { warning, failed } = findingsOf('subscriber');
  const shown = `${name} (${kind})`;
  const confirm = calledOn(stack, `subscribers confirm ${name} LINK`);
  const again = subscribeAgain(region, topic, 'email', 'YOU@EXAMPLE.COM');
  const sns = await clients.sns();
  const subscriptions = await listSubscriptions(sns, topic, abort);
  if (subscriptions.length === 0) {
    const detail = `${shown}: its e-mails go to nobody. It was never confirmed, or somebody has followed the link that ends it`;
    return [failed(detail, `${again} Then copy the link of the new e-mail from AWS: ${confirm}`)];
  }
  const address = own?.address?.toLowerCase();
  if (address && subscriptions.every(({ endpoint }) => endpoint.toLowerCase() !== address)) {
    return [warning(`${shown} goes to another address than settings.yml has`, 'Deploy.')];
  }
  const findings: Finding[] = [];
  for (const { arn } of subscriptions) {
    if (!arn) {
      const hint = `Copy the link of the e-mail from AWS: ${confirm}. ${again}`;
      findings.push(failed(`${shown}: its address is not confirmed, so it gets nothing`, hint));
      continue;
    }
    const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn: arn }, abort);
    if (Attributes?.ConfirmationWasAuthenticated === 'true') continue;
    const detail = `${shown}: anybody who has one of its e-mails can end it, by a link in it`;
    const hint = `Make that link ask for a sign-in. End the subscription: aws sns unsubscribe --region ${region} --subscription-arn ${arn}. Subscribe again: ${subscribe(region, topic, 'email', 'YOU@EXAMPLE.COM')}. Then copy the link of the new e-mail from AWS: ${confirm}`;
    findings.push(warning(detail, hint));
  }
  return findings;
}
