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

/** SQS's limit for one call. */
const BATCH = 10;
/**
 * Minimum time for which a message is hidden from others, in seconds. It ends even if this process is
 * killed.
 */
const MIN_HIDDEN_S = 600;
/** SQS's limit. */
const MAX_HIDDEN_S = 43_200;
/** A receive that waits asks all servers of the queue. One that does not wait may miss messages. */
const WAIT_S = 1;

/** The number of messages deleted so far. */
export interface DeadLettersTally {
  deleted: number;
}

/**
 * Deletes a sender's messages from a dead-letter queue. To find them, it receives every message and
 * releases other senders' messages at the end. Meanwhile a redrive does not see them. A FIFO queue delivers
 * the next message of a conversation after the one before is deleted; all of a conversation's messages have
 * one sender.
 *
 * SQS allows 120,000 received messages at once. In a longer queue, it does not see others' messages beyond
 * that.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 *
 * @param queueUrl The dead-letter queue's URL.
 * @param isOf Whether this is the sender, as the message has it.
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
      // Longer than this has run so far. Otherwise messages would keep coming back, and this would not end.
      const hiddenS = Math.ceil((2 * (Date.now() - began)) / 1_000);
      const command = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: Math.min(Math.max(hiddenS, MIN_HIDDEN_S), MAX_HIDDEN_S),
        WaitTimeSeconds: WAIT_S,
      });
      const { Messages = [] } = await send(sqs, command, signal);
      // A message that came back has a new handle.
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

/** An entry that is no message of the service has no sender that anybody could name. */
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

/**
 * Also runs after Ctrl-C or an error, and must not hide the error. A message that it cannot release becomes
 * visible later.
 */
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
