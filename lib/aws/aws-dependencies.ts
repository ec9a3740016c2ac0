import { randomUUID } from 'node:crypto';
import { type MessageFormat, notificationsIn } from '../messages/notification.ts';
import { keepRefusedIn } from '../messages/quarantine.ts';
import { createDynamoDBClient, createSNSClient } from './aws-clients.ts';
import { DynamoDBMessageStore } from './message-store.ts';
import { SNSMessageTopic } from './message-topic.ts';
import { DynamoDBQuarantineStore } from './quarantine-store.ts';

interface AwsConfig {
  readonly tableName: string;
  readonly topicArn: string;
  readonly messageFormat: MessageFormat;
  /** How long a published message is kept. */
  readonly retentionMs: number;
}

/** The real store, topic, clock and owner names, for a deployed function. */
export function awsDependencies(
  { tableName, topicArn, messageFormat, retentionMs }: AwsConfig,
  dynamodb = createDynamoDBClient(),
) {
  return {
    store: new DynamoDBMessageStore(dynamodb, tableName),
    topic: new SNSMessageTopic(createSNSClient(), topicArn),
    toNotification: notificationsIn(messageFormat),
    now: Date.now,
    newOwner: randomUUID,
    retentionMs,
  };
}

/** The same, and the store for refused requests. */
export function webhookDependencies(config: AwsConfig & { readonly quarantineMs: number }) {
  const dynamodb = createDynamoDBClient();
  return {
    ...awsDependencies(config, dynamodb),
    keepRefused: keepRefusedIn({
      store: new DynamoDBQuarantineStore(dynamodb, config.tableName),
      now: Date.now,
      quarantineMs: config.quarantineMs,
    }),
  };
}
