import { setTimeout as delay } from 'node:timers/promises';
import { type Notification, TopicQueue } from './topic-queue.ts';

/** How long to leave SNS alone after it failed to answer. */
const RETRY_MS = 200;

/** Reports every message that is published to a topic, as a subscriber sees it. */
export async function watchTopic(
  options: { endpoint: string; topicArn: string; queueName: string },
  onNotification: (notification: Notification) => void,
): Promise<AsyncDisposable> {
  const queue = await TopicQueue.subscribe(options);
  const stopping = new AbortController();
  const { signal } = stopping;

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      try {
        const notifications = await queue.receive({ waitMs: 20_000, signal });
        notifications.forEach(onNotification);
      } catch {
        // Stopping, or SNS is down for a while, which is for whoever stopped it to know.
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await watching;
      queue.close();
    },
  };
}
