import { createHash } from 'node:crypto';
import type { Message, MessageAttributeValue, SQS } from '@aws-sdk/client-sqs';
import { readEnvelope } from '../../lib/forwarding/read-forwarded.ts';
import { abortable } from './abortable.ts';
import { Pacer } from './pacing.ts';

/** SQS's limit for one ReceiveMessage and one SendMessageBatch. */
const BATCH = 10;
/** How long a received message is hidden from others if it is not moved, in seconds. */
const HIDDEN_S = 60;
/** A receive that waits asks all servers of the queue. One that does not wait may miss messages. */
const WAIT_S = 2;

export interface QueueCounts {
  /** Messages that can be received now. */
  readonly visible: number;
  /** Messages that a consumer has received and not deleted yet, or that wait for their next attempt. */
  readonly hidden: number;
}

/** The approximate number of messages in a queue. SQS needs about a minute to count right. */
export async function queueCounts(
  sqs: Pick<SQS, 'getQueueAttributes'>,
  queueUrl: string,
  signal: AbortSignal,
): Promise<QueueCounts> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await abortable(signal, (abort) =>
    sqs.getQueueAttributes({ QueueUrl: queueUrl, AttributeNames: [...names] }, abort),
  );
  const [visible = 0, hidden = 0] = names.map((name) => Number(Attributes[name] ?? 0));
  return { visible, hidden };
}

/** The progress of a redrive. It is updated while the redrive runs. */
export class RedriveTally {
  moved = 0;
  /** The queue did not accept these. They stay in the dead-letter queue. */
  refused = 0;
  /** SQS's code for the last refusal. */
  reason: string | undefined;
  /** These failed again and are back, or were there twice. They stay in the dead-letter queue. */
  returned = 0;
}

export interface Redrive {
  readonly sqs: Pick<SQS, 'receiveMessage' | 'sendMessageBatch' | 'deleteMessageBatch'>;
  /** The queues' URLs. */
  readonly deadLetters: string;
  readonly queue: string;
  /** Maximum number of messages to move. */
  readonly limit: number;
  /** Maximum number of messages per second. */
  readonly rate: number;
  readonly tally: RedriveTally;
  readonly onBatch: () => void;
  readonly signal: AbortSignal;
}

/**
 * Moves dead letters back to their queue, with their attributes. It deletes a message from the dead-letter
 * queue after the queue has accepted it. If the redrive ends in between, the message is in both.
 *
 * `StartMessageMoveTask` does not work here: it does not move messages that SNS itself has put there.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export async function redriveDeadLetters(redrive: Redrive): Promise<void> {
  const { sqs, deadLetters, queue, limit, rate, tally, signal } = redrive;
  // One at a time, so that a later message of a conversation cannot overtake one that failed.
  const most = queue.endsWith('.fifo') ? 1 : Math.min(BATCH, rate);
  const pacer = new Pacer(rate);
  const seen = new Set<string>();
  const refused = new Set<string>();
  while (tally.moved + tally.refused < limit) {
    const { Messages = [] } = await abortable(signal, (abort) =>
      sqs.receiveMessage(
        {
          QueueUrl: deadLetters,
          MaxNumberOfMessages: Math.min(most, limit - tally.moved - tally.refused),
          WaitTimeSeconds: WAIT_S,
          VisibilityTimeout: HIDDEN_S,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        },
        abort,
      ),
    );
    if (Messages.length === 0) return;
    const letters = Messages.filter((message) => !seen.has(keyOf(message)));
    const others = Messages.filter((message) => !letters.includes(message));
    // A refused message is received again once it is visible.
    tally.returned += others.filter((message) => !refused.has(keyOf(message))).length;
    for (const letter of letters) seen.add(keyOf(letter));
    if (letters.length > 0) {
      await pacer.take(letters.length, signal);
      for (const letter of await move(letters, redrive)) refused.add(keyOf(letter));
    }
    redrive.onBatch();
  }
}

/**
 * Ignores the signal, because a message that the queue has accepted must be deleted. The client limits each
 * call's time.
 *
 * @returns The messages that the queue refused.
 */
async function move(letters: readonly Message[], redrive: Redrive): Promise<readonly Message[]> {
  const { sqs, deadLetters, queue, tally } = redrive;
  const isFifo = queue.endsWith('.fifo');
  const Entries = letters.map((letter, index) => ({
    Id: String(index),
    ...rawMessage(letter),
    ...(isFifo && fifoFields(letter)),
  }));
  try {
    const { Successful = [], Failed = [] } = await sqs.sendMessageBatch({
      QueueUrl: queue,
      Entries,
    });
    const taken = letters.filter((_, index) => Successful.some(({ Id }) => Id === String(index)));
    const refused = letters.filter((letter) => !taken.includes(letter));
    tally.reason = Failed[0]?.Code ?? tally.reason;
    tally.refused += refused.length;
    if (taken.length > 0) {
      const handles = taken.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
      }));
      await sqs.deleteMessageBatch({ QueueUrl: deadLetters, Entries: handles });
    }
    tally.moved += taken.length;
    return refused;
  } catch (error) {
    const isTooLong = error instanceof Error && error.name === 'BatchRequestTooLong';
    if (!isTooLong || letters.length === 1) throw error;
    const refused = [];
    for (const letter of letters) refused.push(...(await move([letter], redrive)));
    return refused;
  }
}

/** A dead letter in the form in which SNS delivers it to the queue: without an envelope. */
export function rawMessage({ Body = '', MessageAttributes }: Message) {
  const envelope = readEnvelope(Body);
  if (envelope) {
    return {
      MessageBody: envelope.Message,
      MessageAttributes: mapValues(
        envelope.MessageAttributes ?? {},
        ({ Type, Value }): MessageAttributeValue =>
          Type === 'Binary'
            ? { DataType: Type, BinaryValue: Buffer.from(Value, 'base64') }
            : { DataType: Type, StringValue: Value },
      ),
    };
  }
  return {
    MessageBody: Body,
    MessageAttributes: mapValues(
      MessageAttributes ?? {},
      ({ DataType, StringValue, BinaryValue }): MessageAttributeValue => ({
        DataType,
        ...(StringValue !== undefined && { StringValue }),
        ...(BinaryValue !== undefined && { BinaryValue }),
      }),
    ),
  };
}

/**
 * The same group keeps a conversation in order. The deduplication id is new, because SQS drops ids that it
 * has seen in the last 5 minutes. It depends only on the letter, so a second send of the letter is dropped.
 */
function fifoFields({ MessageId, Attributes }: Message) {
  const hash = createHash('sha256').update(JSON.stringify(['redrive', MessageId]));
  return {
    MessageGroupId: Attributes?.MessageGroupId ?? 'redrive',
    MessageDeduplicationId: hash.digest('hex'),
  };
}

/** Identifies a message after it was moved, when SQS has given it another id. */
function keyOf(message: Message): string {
  const { MessageBody, MessageAttributes } = rawMessage(message);
  const replay = MessageAttributes.replay?.StringValue;
  return createHash('sha256')
    .update(JSON.stringify([MessageBody, replay]))
    .digest('base64');
}

const mapValues = <T, U>(object: Readonly<Record<string, T>>, map: (value: T) => U) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
