import { SQS } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { forgetDeadLetters } from '../../../tools/archive/forget-dead-letters.ts';
import { clientOf, type Emulator } from '../../../tools/local/aws.ts';
import { startSns } from '../../../tools/local/sns.ts';
import { someRecord } from '../../fixtures/messages.ts';

const SENDER = '+61491570006';
const OTHER = '+61491570156';
const isSender = (from: string) => from === SENDER;

let emulator: Emulator;
let sqs: SQS;
beforeAll(async () => {
  emulator = await startSns(0);
  sqs = new SQS(clientOf(emulator.endpoint));
});
afterAll(async () => {
  sqs?.destroy();
  await emulator?.[Symbol.asyncDispose]();
});

/** A FIFO dead-letter queue with these messages, each in the group of its conversation. */
async function fifoOf(name: string, senders: readonly string[]): Promise<string> {
  const Attributes = { FifoQueue: 'true' };
  const { QueueUrl = '' } = await sqs.createQueue({ QueueName: `${name}.fifo`, Attributes });
  for (const [n, from] of senders.entries()) {
    const record = someRecord({ from, message_id: `message-${n}` });
    const { message, conversation } = notificationsIn('inbound-sms')(record);
    await sqs.sendMessage({
      QueueUrl,
      MessageBody: message,
      MessageGroupId: conversation,
      MessageDeduplicationId: `message-${n}`,
    });
  }
  return QueueUrl;
}

/** Takes out all that is there. */
async function idsIn(QueueUrl: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) return ids;
    for (const { Body = '', ReceiptHandle } of Messages) {
      ids.push(JSON.parse(Body).message_id);
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    }
  }
}

it('deletes all of a conversation from a FIFO queue, and keeps the order of the others', async () => {
  // More than one call takes, so that a conversation waits while its first messages are out.
  const senders = Array.from({ length: 24 }, (_, n) => (n % 8 === 3 ? OTHER : SENDER));
  const url = await fifoOf('order', senders);
  const tally = { deleted: 0 };
  await forgetDeadLetters(sqs, url, isSender, tally);
  expect(tally).toEqual({ deleted: 21 });
  expect(await idsIn(url)).toEqual(['message-3', 'message-11', 'message-19']);
});

it('puts back what it has not deleted when it is stopped', async () => {
  const url = await fifoOf('stopped', [OTHER, SENDER]);
  const stop = new AbortController();
  const stopping = forgetDeadLetters(
    sqs,
    url,
    (from) => {
      stop.abort(new Error('Stopped'));
      return isSender(from);
    },
    { deleted: 0 },
    { signal: stop.signal },
  );
  await expect(stopping).rejects.toThrow('Stopped');
  expect(await idsIn(url)).toEqual(['message-0', 'message-1']);
});
