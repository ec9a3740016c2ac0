import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { InboundSmsMessage } from '../lib/messages/notification.ts';

/**
 * Passes the messages of a queue that is subscribed to the topic to `handle`, until the signal aborts. A
 * message that `handle` rejects stays in the queue, and goes to its dead-letter queue if that happens too
 * often.
 */
export async function workOn(
  queueUrl: string,
  handle: (message: InboundSmsMessage) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const sqs = new SQSClient();
  const receive = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 20,
  });
  while (!signal.aborted) {
    const received = await sqs.send(receive, { abortSignal: signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
    for (const { Body = '', ReceiptHandle } of received?.Messages ?? []) {
      try {
        await handle(JSON.parse(JSON.parse(Body).Message));
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      } catch (error) {
        // Never log the message itself. It is private.
        console.error(
          'A message was not handled:',
          error instanceof Error ? error.name : typeof error,
        );
      }
    }
  }
  sqs.destroy();
}
