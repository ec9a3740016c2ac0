import { secretParameter } from '../../lib/forwarding/subscriber.ts';
import type { LabSubscriber, QueueDepths } from '../console/lab/subscribers.ts';
import { type DeployedSubscriber, subscribersIn } from '../shared/subscriber-outputs.ts';
import { queueNameOf } from './queues.ts';
import type { SnsEmulator } from './sns.ts';
import type { Template } from './template.ts';

/** A local subscriber from settings.yml. */
export interface LocalSubscriber extends LabSubscriber {
  readonly deployed: DeployedSubscriber;
}

/** The outputs about subscribers. */
export function subscriberOutputs(template: Template): Record<`Subscriber${string}`, string> {
  const names = template.outputNames.filter((name) => name.startsWith('Subscriber'));
  return Object.fromEntries(names.map((name) => [name, template.output(name)]));
}

/** The template's subscribers. Their queues must exist already. */
export function readSubscribers(template: Template): LocalSubscriber[] {
  return subscribersIn(subscriberOutputs(template)).map((deployed) => {
    const { name, kind } = deployed;
    return {
      deployed,
      ...{ name, kind },
      target: targetOf(deployed, template),
      filterPolicy: filterPolicyOf(deployed, template),
    };
  });
}

/** The subscriber's destination, for a person. */
function targetOf({ kind, url, secret, topic, queue }: DeployedSubscriber, template: Template) {
  switch (kind) {
    case 'email':
      return addressesOf(topic, template).join(', ');
    case 'https':
      return url;
    case 'queue':
      return queueNameOf(queue);
    default:
      return secret;
  }
}

/** The recipients of a topic's e-mails. */
export function addressesOf(topicArn: string | undefined, template: Template): string[] {
  return template
    .resourcesOf('AWS::SNS::Subscription')
    .filter((each) => each.get('Protocol') === 'email' && each.get('TopicArn') === topicArn)
    .map((each) => String(each.get('Endpoint')));
}

function filterPolicyOf({ subscription }: DeployedSubscriber, template: Template) {
  const found = template
    .resourcesOf('AWS::SNS::Subscription')
    .filter((each) => each.get('Protocol') === 'sqs')
    .find(({ logicalId }) => template.ref(logicalId) === subscription);
  return found?.get('FilterPolicy') as Readonly<Record<string, unknown>> | undefined;
}

/** The path of each secret in the Parameter Store, by the secret's name. */
export function secretsOf(
  subscribers: readonly LocalSubscriber[],
  [service, stage]: readonly [service: string, stage: string],
): ReadonlyMap<string, string> {
  const names = subscribers.flatMap(({ deployed: { secret } }) => secret ?? []);
  return new Map(names.map((name) => [name, secretParameter(service, stage, name)]));
}

/** The number of messages in each subscriber's queues, by its name. */
export function depthsOf(
  subscribers: readonly LocalSubscriber[],
  sns: SnsEmulator,
): ReadonlyMap<string, QueueDepths> {
  const count = (url: string) => {
    const { waiting = 0, inFlight = 0 } = sns.depthOf(queueNameOf(url)) ?? {};
    return waiting + inFlight;
  };
  return new Map(
    subscribers.map(({ name, deployed: { queue, deadLetters } }) => [
      name,
      { waiting: count(queue), dead: count(deadLetters) },
    ]),
  );
}
