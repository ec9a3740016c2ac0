import type { Outgoing } from '../forwarding/outgoing.ts';
import { post } from '../forwarding/post.ts';
import { cachedSecrets } from '../forwarding/secret-cache.ts';
import { createDynamoDBClient, createSNSClient } from './aws-clients.ts';
import { DynamoDBDeliveryMarkStore } from './delivery-mark-store.ts';
import { emailPublisher } from './email-topic.ts';
import { createSQSClient, createSSMClient } from './forwarder-clients.ts';
import { parameterSecrets } from './parameter-secrets.ts';
import { SQSSubscriberQueue } from './subscriber-queue.ts';

interface ForwarderConfig {
  readonly service: string;
  readonly stage: string;
  readonly tableName: string;
  readonly timeZone: string;
}

/** The real marks, secrets, receivers, queues, clock and random numbers of the deployed forwarder. */
export function forwarderDependencies({ service, stage, tableName, timeZone }: ForwarderConfig) {
  const publishEmail = emailPublisher(createSNSClient(), Date.now);
  const sqs = createSQSClient();
  return {
    marks: new DynamoDBDeliveryMarkStore(createDynamoDBClient(), tableName),
    readSecret: cachedSecrets(parameterSecrets(createSSMClient(), service, stage), Date.now),
    send: (outgoing: Outgoing, deadline: AbortSignal) =>
      outgoing.kind === 'post' ? post(outgoing, deadline) : publishEmail(outgoing, deadline),
    queueOf: (arn: string) => new SQSSubscriberQueue(sqs, arn),
    timeZone,
    isLocal: stage === 'local',
    now: Date.now,
    random: Math.random,
  };
}
