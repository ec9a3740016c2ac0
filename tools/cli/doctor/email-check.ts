import type { Subscriber } from '../../../infra/plugin/subscribers.js';
import type { DeployedSubscriber } from '../../shared/subscriber-outputs.ts';
import { calledOn } from '../command.ts';
import type { Stack } from '../stack.ts';
import { type Abort, type Finding, findingsOf } from './check.ts';
import { listSubscriptions, subscribe, subscribeAgain } from './subscription-checks.ts';

/**
 * Checks that SNS sends the e-mails of an `email` subscriber: the address must be confirmed first, and each e-mail
 * has a link that ends the subscription.
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
    const detail = `${shown}: nobody gets its e-mails. The address was never confirmed, or somebody has used the unsubscribe link`;
    return [failed(detail, `${again} Then copy the link of the new e-mail from AWS: ${confirm}`)];
  }
  const address = own?.address?.toLowerCase();
  if (address && subscriptions.every(({ endpoint }) => endpoint.toLowerCase() !== address)) {
    return [warning(`${shown} goes to another address than the one in settings.yml`, 'Deploy.')];
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
    const detail = `${shown}: anybody who has one of its e-mails can end the subscription with the link in it`;
    const hint = `Make that link ask for a sign-in. End the subscription: aws sns unsubscribe --region ${region} --subscription-arn ${arn}. Subscribe again: ${subscribe(region, topic, 'email', 'YOU@EXAMPLE.COM')}. Then copy the link of the new e-mail from AWS: ${confirm}`;
    findings.push(warning(detail, hint));
  }
  return findings;
}
