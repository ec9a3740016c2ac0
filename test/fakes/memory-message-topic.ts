import type { Notification } from '../../lib/notification.ts';
import type { BatchEntryResult, MessageTopic } from '../../lib/ports.ts';
import { expectContract } from '../helpers/expect-contract.ts';

/**
 * A topic in memory that can be down, and can fail single messages for now or refuse them for good. What
 * is published to it and breaks the contract fails the test.
 */
export class MemoryMessageTopic implements MessageTopic {
  readonly published: Notification[] = [];
  readonly refuses = new Set<string>();
  readonly fails = new Set<string>();
  isDown = false;
  keepsOrder = false;

  async publish(notification: Notification): Promise<string> {
    if (this.isDown) throw new Error('the topic is down');
    const { message_id } = notification;
    if (this.fails.has(message_id)) throw new Error('failed');
    if (this.refuses.has(message_id)) throw new Error('refused');
    expectContract(notification);
    this.published.push(notification);
    return `sns-${this.published.length}`;
  }

  async publishBatch(notifications: readonly Notification[]): Promise<BatchEntryResult[]> {
    if (this.isDown) return notifications.map(() => ({ error: 'Down', refused: false }));
    return Promise.all(
      notifications.map((notification) =>
        this.publish(notification).then(
          (sns_message_id) => ({ sns_message_id }),
          () => ({ error: 'NotTaken', refused: this.refuses.has(notification.message_id) }),
        ),
      ),
    );
  }
}
