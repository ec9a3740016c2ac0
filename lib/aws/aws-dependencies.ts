import { randomUUID } from 'node:crypto';
import { type MessageFormat, notificationsIn } from '../messages/notification.ts';
import { createDynamoDBClient, createSNSClient } from './aws-clients.ts';
import { DynamoDBMessageStore } from './message-store.ts';
import { SNSMessageTopic } from './message-topic.ts';

interface AwsConfig {
  readonly tableName: string;
  readonly topicArn: string;
  readonly messageFormat: MessageFormat;
  /** How long a published message is kept. */
  readonly retentionMs: number;
}

/** The real store, topic, clock and names, as a deployed function uses them. */
export function awsDependencies({ tableName, topicArn, messageFormat, retentionMs }: AwsConfig) {
  return {
    store: new DynamoDBMessageStore(createDynamoDBClient(), tableName),
    topic: new SNSMessageTopic(createSNSClient(), topicArn),
    toNotification: notificationsIn(messageFormat),
    now: Date.now,
    newOwner: randomUUID,
    retentionMs,
  };
}
