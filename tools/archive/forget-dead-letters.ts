import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { readForwarded } from '../../lib/forwarding/read-forwarded.ts';
import { type CallOptions, send } from './abortable.ts';
import { inBatches } from './pacing.ts';

/** SQS's limit on one call. */
const BATCH = 10;
/** How long a message is hidden from others at least, in seconds: also if this is killed meanwhile. */
const MIN_HIDDEN_S = 600;
/** SQS's limit. */
const MAX_HIDDEN_S = 43_200;
/** A receive that waits asks all servers of the queue. One that does not may miss messages. */
const WAIT_S = 1;

/** How many it has deleted so far. */
export interface DeadLettersTally {
  deleted: number;
}

/**
 * Deletes the messages of a sender from a dead-letter queue. To find them, it takes every message out, and puts
 * those of others back: meanwhile a redrive does not see them. A FIFO queue hands over the next message of a
 * conversation when the one before is deleted, and all of a conversation have one sender.
 *
 * SQS lets 120,000 messages be out at once: of a longer queue, it does not see those of others beyond that.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 *
 * @param queueUrl Of the dead-letter queue.
 * @param isOf Whether it is the sender, as the message has it.
 */
export async function forgetDeadLetters(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  isOf: (from: string) => boolean,
  tally: DeadLettersTally,
  { signal }: CallOptions = {},
): Promise<void> {
  const held = new Map<string | undefined, Message>();
  const began = Date.now();
  try {
    for (;;) {
      // Longer than this has taken: otherwise those that come back would never come to an end.
      const hiddenS = Math.ceil((2 * (Date.now() - began)) / 1_000);
      const command = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: Math.min(Math.max(hiddenS, MIN_HIDDEN_S), MAX_HIDDEN_S),
        WaitTimeSeconds: WAIT_S,
      });
      const { Messages = [] } = await send(sqs, command, signal);
      // Those that came back are held by their new handles.
      for (const message of Messages) held.set(message.MessageId, message);
      if (Messages.length === 0) return;
      const wanted = Messages.filter((message) => isOf(senderOf(message)));
      if (wanted.length === 0) continue;
      await deleteAll(sqs, queueUrl, wanted, signal);
      for (const { MessageId } of wanted) held.delete(MessageId);
      tally.deleted += wanted.length;
    }
  } finally {
    await release(sqs, queueUrl, [...held.values()]);
  }
}

/** What is not a message of the service has no sender that anybody could name. */
function senderOf({ Body = '' }: Message): string {
  return readForwarded(Body, {})?.from ?? '';
}

async function deleteAll(
  sqs: Pick<SQSClient, 'send'>,
  QueueUrl: string,
  messages: readonly Message[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const command = new DeleteMessageBatchCommand({ QueueUrl, Entries: entriesOf(messages) });
  const { Failed = [] } = await send(sqs, command, signal);
  const [failed] = Failed;
  if (failed) throw Object.assign(new Error(failed.Message), { name: failed.Code ?? 'Failed' });
}

/** Also after Ctrl-C or an error, which it must not hide: what it cannot release is visible in a while. */
async function release(
  sqs: Pick<SQSClient, 'send'>,
  QueueUrl: string,
  messages: readonly Message[],
): Promise<void> {
  for await (const batch of inBatches(messages, BATCH)) {
    const Entries = entriesOf(batch).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries });
    await sqs.send(command).catch(() => {});
  }
}

function entriesOf(messages: readonly Message[]) {
  return messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
}
