import { randomUUID } from 'node:crypto';
import { createDynamoDBClient, createSNSClient } from './aws-clients.ts';
import type { CommonConfig } from './config.ts';
import { DynamoDBMessageStore } from './message-store.ts';
import { SNSMessageTopic } from './message-topic.ts';
import { notificationsIn } from './notification.ts';

/** The real store, topic, clock and names, as a deployed function uses them. */
export function awsDependencies(config: CommonConfig) {
  const { tableName, topicArn, messageFormat, retentionMs } = config;
  return {
    store: new DynamoDBMessageStore(createDynamoDBClient(), tableName),
    topic: new SNSMessageTopic(createSNSClient(), topicArn),
    toNotification: notificationsIn(messageFormat),
    now: Date.now,
    newOwner: randomUUID,
    retentionMs,
  };
}
