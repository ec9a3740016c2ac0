import {
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchCommandInput,
  DeleteMessageBatchCommand,
  type ReceiveMessageCommandInput,
  SQS,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { forgetDeadLetters } from '../../../tools/archive/forget-dead-letters.ts';
import { clientOf, type Emulator } from '../../../tools/local/aws.ts';
import { startSns } from '../../../tools/local/sns.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { type MovedClock, moveClock } from '../../helpers/moved-clock.ts';

const SENDER = '+61491570006';
const MINUTE = 60_000;
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

/** A FIFO dead-letter queue with these messages, each in its conversation's group. */
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

/** Receives all visible messages. */
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

it('deletes a whole conversation from a FIFO queue, and keeps the order of the others', async () => {
  // More than one call receives, so that a conversation waits while its first messages are hidden.
  const senders = Array.from({ length: 24 }, (_, n) => (n % 8 === 3 ? OTHER : SENDER));
  const url = await fifoOf('order', senders);
  const tally = { deleted: 0 };
  await forgetDeadLetters(sqs, url, isSender, tally);
  expect(tally).toEqual({ deleted: 21 });
  expect(await idsIn(url)).toEqual(['message-3', 'message-11', 'message-19']);
});

/** SQS's limit, in seconds: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const MAX_HIDDEN_S = 43_200;

/**
 * Each receive takes this long, and returns messages that came back first, because SQS has no order. Each
 * time, a message has a new handle, and older ones do not work.
 */
function slowQueue(senders: readonly string[], clock: MovedClock, receiveMs = 2 * MINUTE) {
  const toMessage = notificationsIn('inbound-sms');
  const all = senders.map((from, n) => ({
    Body: toMessage(someRecord({ from, message_id: `message-${n}` })).message,
    visibleAt: 0,
    handle: '',
  }));
  const left = new Map(all.map((message, n) => [String(n), message]));
  let receives = 0;
  const isVisible = ({ visibleAt }: { visibleAt: number }) => visibleAt <= Date.now();
  const hide = (id: string, seconds = 0) =>
    Object.assign(left.get(id) ?? {}, { visibleAt: Date.now() + 1_000 * seconds });
  const send = async ({ input }: { input: Partial<Call> }) => {
    for (const { ReceiptHandle = '', VisibilityTimeout } of input.Entries ?? []) {
      const [id = ''] = ReceiptHandle.split('#');
      if (left.get(id)?.handle !== ReceiptHandle) throw new Error(`${ReceiptHandle} is not held`);
      if (VisibilityTimeout === undefined) left.delete(id);
      else hide(id, VisibilityTimeout);
    }
    if (input.Entries?.length === 0) throw new Error('EmptyBatchRequest');
    if (input.Entries) return {};
    if (++receives > 100) throw new Error('It does not come to an end');
    expect(input.VisibilityTimeout).toBeLessThanOrEqual(MAX_HIDDEN_S);
    expect(input.VisibilityTimeout, 'longer than a call').toBeGreaterThan(60);
    expect(input.WaitTimeSeconds, 'asks all servers of the queue').toBeGreaterThan(0);
    clock.moveTo(Date.now() + receiveMs);
    const taken = [...left].filter(([, message]) => isVisible(message)).slice(0, 10);
    for (const [id, message] of taken) {
      hide(id, input.VisibilityTimeout);
      message.handle = `${id}#${receives}`;
    }
    return {
      Messages: taken.map(([MessageId, { Body, handle: ReceiptHandle }]) => ({
        ...{ MessageId, ReceiptHandle, Body },
      })),
    };
  };
  return {
    sqs: { send } as Pick<SQS, 'send'>,
    visible: () => [...left.values()].filter(isVisible),
  };
}

type Call = ReceiveMessageCommandInput & ChangeMessageVisibilityBatchCommandInput;

it('reads a whole long queue, even if the first messages come back meanwhile, and ends', async () => {
  using clock = moveClock();
  const senders = Array.from({ length: 90 }, (_, n) => (n % 30 === 25 ? SENDER : OTHER));
  const queue = slowQueue(senders, clock);
  const tally = { deleted: 0 };
  await forgetDeadLetters(queue.sqs, 'url', isSender, tally);
  expect(tally).toEqual({ deleted: 3 });
  expect(queue.visible()).toHaveLength(87);
});

it('hides no message longer than SQS allows, even if it runs long', async () => {
  using clock = moveClock();
  const queue = slowQueue([OTHER, SENDER, OTHER], clock, 8 * 60 * MINUTE);
  const tally = { deleted: 0 };
  await forgetDeadLetters(queue.sqs, 'url', isSender, tally);
  expect(tally).toEqual({ deleted: 1 });
});

it('fails if SQS does not delete a message, and does not count it', async () => {
  const url = await fifoOf('kept', [SENDER]);
  const tally = { deleted: 0 };
  const send: SQS['send'] = async (command: object) => {
    if (!(command instanceof DeleteMessageBatchCommand)) return sqs.send(command as never);
    return { Failed: [{ Id: '0', Code: 'InternalError', Message: 'not deleted' }] };
  };
  await expect(forgetDeadLetters({ send }, url, isSender, tally)).rejects.toMatchObject({
    name: 'InternalError',
    message: 'not deleted',
  });
  expect(tally).toEqual({ deleted: 0 });
  expect(await idsIn(url)).toEqual(['message-0']);
});

it('releases what it has not deleted when it is stopped', async () => {
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

it('ends a waiting call when it is stopped', async () => {
  const stop = new AbortController();
  const send = (_: object, { abortSignal }: { readonly abortSignal: AbortSignal }) => {
    const ended = new Promise<never>((_, fail) =>
      abortSignal.addEventListener('abort', () => fail(new DOMException('Ended', 'AbortError'))),
    );
    stop.abort(new Error('Stopped'));
    return ended;
  };
  const sqs = { send } as unknown as SQS;
  const { signal } = stop;
  const stopping = forgetDeadLetters(sqs, 'url', isSender, { deleted: 0 }, { signal });
  await expect(stopping).rejects.toThrow('Stopped');
});

it('fails with its own error, even if it cannot release the messages', async () => {
  const url = await fifoOf('lost', [OTHER]);
  const send: SQS['send'] = async (command: object) => {
    if (command instanceof ChangeMessageVisibilityBatchCommand) throw new Error('not put back');
    return sqs.send(command as never);
  };
  const failing = forgetDeadLetters(
    { send },
    url,
    () => {
      throw new Error('not readable');
    },
    { deleted: 0 },
  );
  await expect(failing).rejects.toThrow('not readable');
});
