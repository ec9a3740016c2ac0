import { randomUUID } from 'node:crypto';
import type { ForwardedMessage } from '../../../lib/forwarding/outgoing.ts';
import {
  type Envelope,
  readEnvelope,
  readForwarded,
} from '../../../lib/forwarding/read-forwarded.ts';
import type { ToNotification } from '../../../lib/messages/notification.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';

/** A message of the topic, as SNS wraps it for a subscriber without raw delivery. */
export interface HeardMessage extends ForwardedMessage {
  /** What filter policies compare. */
  readonly attributes: Readonly<Record<string, string>>;
  /** SNS's own id of it. */
  readonly snsMessageId: string;
  /** JSON: SNS's notification. Only SNS can sign it, so one from the archive has an empty signature. */
  readonly notification: string;
}

/**
 * Reads what SNS delivers to a queue.
 *
 * @param notification The body of the SQS message.
 * @returns `undefined` if it is no message of the contract (docs/message-contract.md).
 */
export function readHeard(notification: string): HeardMessage | undefined {
  const envelope = readEnvelope(notification);
  const message = envelope && readForwarded(notification, {});
  if (!message) return undefined;
  const { MessageId = '', MessageAttributes = {} } = envelope as Envelope & { MessageId?: string };
  const attributes = Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value]);
  return {
    ...message,
    attributes: Object.fromEntries(attributes),
    snsMessageId: MessageId,
    notification,
  };
}

/**
 * A stored message as SNS published it:
 * https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html
 */
export function heardFromArchive(
  record: ArchivedMessage,
  toNotification: ToNotification,
  topicArn: string,
): HeardMessage | undefined {
  const { message, subject, attributes } = toNotification(record);
  return readHeard(
    JSON.stringify({
      Type: 'Notification',
      MessageId: record.sns_message_id ?? randomUUID(),
      TopicArn: topicArn,
      Subject: subject,
      Message: message,
      Timestamp: new Date(record.published_at ?? record.received_at).toISOString(),
      SignatureVersion: '1',
      Signature: '',
      SigningCertURL: '',
      UnsubscribeURL: '',
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, Value]) => [name, { Type: 'String', Value }]),
      ),
    }),
  );
}
