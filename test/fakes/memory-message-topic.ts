import type { Notification } from '../../lib/messages/notification.ts';
import type { BatchEntryResult, MessageTopic, PublishFault } from '../../lib/messages/ports.ts';
import { expectContract } from '../helpers/expect-contract.ts';

/**
 * An in-memory topic. It can be down, fail single messages for now, or refuse them for good. A notification
 * that breaks the contract fails the test.
 */
export class MemoryMessageTopic implements MessageTopic {
  readonly published: Notification[] = [];
  readonly refuses = new Set<string>();
  readonly fails = new Set<string>();
  /** Messages that fail with an unknown code. */
  readonly puzzles = new Set<string>();
  isDown = false;
  keepsOrder = false;

  async publish(notification: Notification): Promise<string> {
    if (this.isDown) throw new Error('the topic is down');
    const { message_id } = notification;
    if (this.fails.has(message_id)) throw new Error('failed');
    if (this.refuses.has(message_id)) throw new Error('refused');
    if (this.puzzles.has(message_id)) throw new Error('who knows');
    expectContract(notification);
    this.published.push(notification);
    return `sns-${this.published.length}`;
  }

  publishBatch(notifications: readonly Notification[]): Promise<BatchEntryResult>[] {
    return notifications.map((notification) =>
      this.publish(notification).then(
        (sns_message_id) => ({ sns_message_id }),
        () => ({ error: 'NotTaken', fault: this.#faultOf(notification.message_id) }),
      ),
    );
  }

  #faultOf(messageId: string): PublishFault {
    if (this.isDown) return 'topic';
    if (this.refuses.has(messageId)) return 'entry';
    return this.puzzles.has(messageId) ? 'unknown' : 'topic';
  }
}
