import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  SendMessageCommand,
  SQS,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type Redrive,
  RedriveTally,
  rawMessage,
  redriveDeadLetters,
} from '../../../tools/archive/dead-letters.ts';
import { Pacer } from '../../../tools/archive/pacing.ts';
import { clientOf, type Emulator } from '../../../tools/local/aws.ts';
import { startSns } from '../../../tools/local/sns.ts';

let emulator: Emulator;
let sqs: SQS;
let queue: string;
let deadLetters: string;

beforeAll(async () => {
  emulator = await startSns(0);
  sqs = new SQS(clientOf(emulator.endpoint));
  const create = async (QueueName: string) =>
    (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  queue = await create('to-crm');
  deadLetters = await create('to-crm-dead');
});
afterAll(async () => {
  sqs?.destroy();
  await emulator?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  for (const QueueUrl of [queue, deadLetters]) await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  for (const body of ['one', 'two', 'three']) await die(body);
});

const die = (MessageBody: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl: deadLetters, MessageBody }));

const letterOf = (number: number) => ({
  ...{ MessageId: `id-${number}`, ReceiptHandle: `handle-${number}`, Body: `letter ${number}` },
});

/** Counts visible and hidden messages. */
async function count(QueueUrl: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
  const { Attributes = {} } = await sqs.send(command);
  return (
    Number(Attributes.ApproximateNumberOfMessages) +
    Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

interface Batch {
  readonly QueueUrl: string;
  readonly Entries: { Id: string; MessageBody: string }[];
}

/** The real client with some calls replaced. */
const clientWith = (changes: Partial<Redrive['sqs']>): Redrive['sqs'] => ({
  receiveMessage: sqs.receiveMessage.bind(sqs),
  sendMessageBatch: sqs.sendMessageBatch.bind(sqs),
  deleteMessageBatch: sqs.deleteMessageBatch.bind(sqs),
  ...changes,
});

async function redrive(changes: Partial<Redrive['sqs']> = {}, options: Partial<Redrive> = {}) {
  const tally = new RedriveTally();
  const all = {
    ...{ sqs: clientWith(changes), queue, deadLetters, tally, onBatch: () => {} },
    ...{ limit: Number.POSITIVE_INFINITY, rate: 100_000 },
    signal: new AbortController().signal,
    ...options,
  };
  const error = await redriveDeadLetters(all).catch((thrown: Error) => thrown.message);
  return { ...tally, error };
}

describe('a redrive', () => {
  it('that fails between the send and the delete leaves the messages in both queues', async () => {
    const deleteMessageBatch = () => Promise.reject(new Error('lost'));
    const lost = await redrive({ deleteMessageBatch } as never);
    expect(lost).toMatchObject({ moved: 0, error: 'lost' });
    expect([await count(queue), await count(deadLetters)]).toEqual([3, 3]);
  });

  it('that fails to send deletes nothing', async () => {
    const sendMessageBatch = () => Promise.reject(new Error('down'));
    expect(await redrive({ sendMessageBatch } as never)).toMatchObject({ moved: 0, error: 'down' });
    expect([await count(queue), await count(deadLetters)]).toEqual([0, 3]);
  });

  it('keeps a message that the queue refuses, and moves the others', async () => {
    const sendMessageBatch = async (input: Batch) => {
      const Entries = input.Entries.filter(({ MessageBody }) => MessageBody !== 'two');
      const { Successful } = await sqs.sendMessageBatch({ ...input, Entries });
      const Failed = input.Entries.filter((entry) => !Entries.includes(entry)).map(({ Id }) => ({
        ...{ Id, SenderFault: true, Code: 'InvalidMessageContents' },
      }));
      return { Successful, Failed };
    };
    expect(await redrive({ sendMessageBatch } as never)).toMatchObject({
      ...{ moved: 2, refused: 1, reason: 'InvalidMessageContents', error: undefined },
    });
    expect([await count(queue), await count(deadLetters)]).toEqual([2, 1]);
  });

  it('sends each alone if they are too large for SQS together', async () => {
    const sendMessageBatch = async (input: Batch) => {
      if (input.Entries.length === 1) return sqs.sendMessageBatch(input);
      throw Object.assign(new Error('too long'), { name: 'BatchRequestTooLong' });
    };
    expect(await redrive({ sendMessageBatch } as never)).toMatchObject({ moved: 3, refused: 0 });
    expect([await count(queue), await count(deadLetters)]).toEqual([3, 0]);
  });

  it('ends if a single message is too large for SQS', async () => {
    let calls = 0;
    const sendMessageBatch = async () => {
      if (calls++ > 10) throw new Error('sent again and again');
      throw Object.assign(new Error('too long'), { name: 'BatchRequestTooLong' });
    };
    expect(await redrive({ sendMessageBatch } as never)).toMatchObject({ error: 'too long' });
    expect([await count(queue), await count(deadLetters)]).toEqual([0, 3]);
  });

  it('counts a refused message once, even if it is received again', async () => {
    const receives = [[letterOf(1)], [letterOf(1)]];
    const receiveMessage = async () => ({ Messages: receives.shift() });
    const sendMessageBatch = async () => ({ Failed: [{ Id: '0', Code: 'Throttled' }] });
    expect(await redrive({ receiveMessage, sendMessageBatch } as never)).toMatchObject({
      ...{ moved: 0, refused: 1, returned: 0, error: undefined },
    });
  });

  it('counts a refused message against its limit', async () => {
    let receives = 0;
    const receiveMessage = async () => ({ Messages: receives++ > 3 ? [] : [letterOf(receives)] });
    const sendMessageBatch = async () => ({ Failed: [{ Id: '0', Code: 'Throttled' }] });
    const calls = { receiveMessage, sendMessageBatch } as never;
    expect(await redrive(calls, { limit: 2 })).toMatchObject({ moved: 0, refused: 2 });
    expect(receives).toBe(2);
  });

  it('moves no more messages a second than its rate', async () => {
    const take = vi.spyOn(Pacer.prototype, 'take').mockResolvedValue();
    onTestFinished(() => take.mockRestore());
    expect(await redrive({}, { rate: 2 })).toMatchObject({ moved: 3 });
    expect(take.mock.calls.map(([letters]) => letters)).toEqual([2, 1]);
  });

  it('moves a message that fails again and comes back only once', async () => {
    let left = 5;
    const sendMessageBatch = async (input: Batch) => {
      // An endless redrive would send more.
      if (left-- > 0) for (const { MessageBody } of input.Entries) await die(MessageBody);
      return { Successful: input.Entries.map(({ Id }) => ({ Id })) };
    };
    expect(await redrive({ sendMessageBatch } as never)).toMatchObject({ moved: 3, returned: 3 });
    expect(left).toBeGreaterThan(0);
    expect(await count(deadLetters)).toBe(3);
  });

  it('moves a message that was published again, too', async () => {
    const again = (StringValue: string) => ({
      ...letterOf(1),
      MessageAttributes: { replay: { DataType: 'String', StringValue } },
    });
    const receives = [[letterOf(1)], [again('first')], [again('second')]];
    const calls = { receiveMessage: async () => ({ Messages: receives.shift() }) };
    expect(await redrive(calls as never)).toMatchObject({ moved: 3, returned: 0 });
  });

  it('moves no more than its limit, over several batches', async () => {
    for (let n = 0; n < 9; n++) await die(`more ${n}`);
    expect(await redrive({}, { limit: 11 })).toMatchObject({ moved: 11 });
    expect([await count(queue), await count(deadLetters)]).toEqual([11, 1]);
  });

  it('takes one letter at a time from a FIFO queue, so that none overtakes a refused one', async () => {
    const counts: unknown[] = [];
    const receiveMessage = async ({ MaxNumberOfMessages }: Record<string, unknown>) => {
      counts.push(MaxNumberOfMessages);
      return { Messages: counts.length > 1 ? [] : [letterOf(1)] };
    };
    const calls = { receiveMessage } as never;
    await redrive(calls, { queue: 'https://sqs.example.com/1/to-jobs.fifo', rate: 50 });
    expect(counts[0]).toBe(1);
  });

  it('sends a FIFO queue’s letter in its group, with its own deduplication id', async () => {
    const sentAs = async (number: number) => {
      const receives = [[{ ...letterOf(number), Attributes: { MessageGroupId: 'conversation' } }]];
      const receiveMessage = async () => ({ Messages: receives.shift() });
      let sent: unknown;
      const sendMessageBatch = async ({ Entries }: { Entries: readonly object[] }) => {
        [sent] = Entries;
        return {};
      };
      const calls = { receiveMessage, sendMessageBatch } as never;
      await redrive(calls, { queue: 'https://sqs.example.com/1/to-jobs.fifo' });
      return sent as { readonly MessageDeduplicationId: string };
    };
    const sent = await sentAs(1);
    expect(sent).toMatchObject({ MessageGroupId: 'conversation', MessageBody: 'letter 1' });
    expect(await sentAs(1)).toEqual(sent);
    expect((await sentAs(2)).MessageDeduplicationId).not.toBe(sent.MessageDeduplicationId);
  });

  it('ends between two batches if it is stopped, and deletes everything that it sent', async () => {
    const stopping = new AbortController();
    const onBatch = () => stopping.abort(new Error('stopped'));
    const { signal } = stopping;
    expect(await redrive({}, { rate: 1, onBatch, signal })).toMatchObject({
      ...{ moved: 1, error: 'stopped' },
    });
    expect([await count(queue), await count(deadLetters)]).toEqual([1, 2]);
  });
});

describe('a dead letter', () => {
  it('keeps its binary attributes, also from an envelope', () => {
    const bytes = Buffer.from([0, 255]);
    const MessageAttributes = { data: { DataType: 'Binary', BinaryValue: bytes } };
    expect(rawMessage({ Body: 'x', MessageAttributes })).toEqual({
      ...{ MessageBody: 'x', MessageAttributes },
    });
    const Body = JSON.stringify({
      Type: 'Notification',
      Message: 'x',
      MessageAttributes: { data: { Type: 'Binary', Value: bytes.toString('base64') } },
    });
    expect(rawMessage({ Body })).toEqual({ MessageBody: 'x', MessageAttributes });
  });

  it.each(['{"Type":"Notification"}', 'null', '{', '"Notification"'])(
    'that is no envelope stays as it is: %s',
    (Body) => {
      expect(rawMessage({ Body })).toEqual({ MessageBody: Body, MessageAttributes: {} });
    },
  );
});
