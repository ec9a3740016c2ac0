import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { SubscriberQueue } from '../../../tools/archive/subscriber-queue.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { type SubscriberStack, withSubscribers } from './subscriber-stack.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
const toNotification = notificationsIn('inbound-sms');

/** What SNS delivers to a queue without raw delivery. */
function envelope(message: string, attributes: Readonly<Record<string, string>>): string {
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, Value]) => [name, { Type: 'String', Value }]),
  );
  return JSON.stringify({ Type: 'Notification', Message: message, MessageAttributes });
}

describe('redrive', () => {
  let stack: LocalStack;
  let subscribers: SubscriberStack;
  beforeAll(async () => {
    stack = await startTestStack();
    const https = { kind: 'https', secret: 'SECRET', url: 'https://example.com' } as const;
    subscribers = await withSubscribers(stack, [
      { name: 'crm', ...https },
      { name: 'other', kind: 'queue' },
    ]);
  });
  afterAll(async () => {
    await subscribers?.[Symbol.asyncDispose]();
    await stack?.close();
  });

  const redrive = (...args: string[]) =>
    runCli(['redrive', 'crm', `--local=${subscribers.url}`, ...args]);
  async function die(count: number) {
    for (let n = 0; n < count; n++) {
      await subscribers.send(subscribers.of('crm').deadLetters, {
        MessageBody: `Body ${n}`,
        MessageAttributes: { message_id: attribute(`Message-${n}`), replay: attribute('run') },
      });
    }
  }
  const bodies = (messages: readonly { Body?: string | undefined }[]) =>
    messages.map(({ Body }) => Body).toSorted();

  it('moves each dead letter to its own queue, with its attributes', async () => {
    await die(12);
    const result = await redrive('--json');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(documentsOf(result)).toEqual([
      { subscriber: 'crm', dry_run: false, moved: 12, refused: 0, returned: 0, done: true },
    ]);
    const { queue, deadLetters } = subscribers.of('crm');
    const moved = await subscribers.take(queue);
    expect(bodies(moved)).toEqual(Array.from({ length: 12 }, (_, n) => `Body ${n}`).toSorted());
    for (const { Body = '', MessageAttributes } of moved) {
      expect(MessageAttributes).toEqual({
        message_id: expect.objectContaining(attribute(Body.replace('Body ', 'Message-'))),
        replay: expect.objectContaining(attribute('run')),
      });
    }
    expect(await subscribers.take(deadLetters)).toEqual([]);
    expect(await subscribers.take(subscribers.of('other').queue)).toEqual([]);
  });

  it("takes the message out of SNS's envelope", async () => {
    const { queue, deadLetters } = subscribers.of('crm');
    const { message, attributes } = toNotification(someRecord());
    await subscribers.send(deadLetters, { MessageBody: envelope(message, attributes) });
    expect(await redrive()).toMatchObject({
      code: 0,
      stdout: '1 message moved back to the queue of crm.\n',
    });
    const [moved] = await subscribers.take(queue);
    expect(moved?.Body).toBe(message);
    expect(moved?.MessageAttributes).toMatchObject(
      Object.fromEntries(Object.entries(attributes).map(([name, v]) => [name, attribute(v)])),
    );
  });

  it('moves nothing with --dry-run, and counts', async () => {
    await die(3);
    expect(await redrive('--dry-run')).toMatchObject({
      code: 0,
      stdout: 'About 3 messages would be moved back to the queue of crm.\n',
    });
    expect(documentsOf(await redrive('--dry-run', '--json'))).toEqual([
      { subscriber: 'crm', dry_run: true, count: 3 },
    ]);
    expect(await subscribers.take(subscribers.of('crm').queue)).toEqual([]);
    expect(await subscribers.take(subscribers.of('crm').deadLetters)).toHaveLength(3);
  });

  it('moves no more than --limit', async () => {
    await die(5);
    expect((await redrive('--limit', '2')).stdout).toMatch(/^2 messages moved back/);
    expect(await subscribers.take(subscribers.of('crm').queue)).toHaveLength(2);
    expect(await subscribers.take(subscribers.of('crm').deadLetters)).toHaveLength(3);
  });

  describe('where SQS answers as it must not', () => {
    const LETTERS = ['B1', 'B2', 'B3'].map((Body, n) => ({
      ...{ MessageId: `${n}`, ReceiptHandle: `${n}`, Body, MD5OfBody: md5(Body) },
    }));
    const taken = [{ Id: '1', MessageId: '1', MD5OfMessageBody: md5('B2') }];
    const refused = [0, 2].map((n) => ({ Id: `${n}`, Code: 'InvalidContents', SenderFault: true }));

    /** Runs it on a dead-letter queue that hands these out, a batch for each call, and then fails or is empty. */
    async function redriveFrom(batches: readonly object[][], end: object, ...args: string[]) {
      let receives = 0;
      const answers: Record<string, () => object> = {
        GetQueueAttributes: () => ({
          Attributes: {
            ApproximateNumberOfMessages: '3',
            ApproximateNumberOfMessagesNotVisible: '2',
          },
        }),
        ReceiveMessage: () => {
          const Messages = batches[receives++];
          return Messages ? { Messages } : end;
        },
        SendMessageBatch: () => ({ Successful: taken, Failed: refused }),
        DeleteMessageBatch: () => ({ Successful: taken }),
      };
      await using own = await withSubscribers(stack, [{ name: 'crm', kind: 'queue' }], {
        sqs: (operation) => answers[operation]?.() ?? {},
      });
      return await runCli(['redrive', 'crm', `--local=${own.url}`, ...args]);
    }

    it('says how many the queue did not take, and why', async () => {
      const { code, stdout, stderr } = await redriveFrom([LETTERS], {});
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: '1 message moved back to the queue of crm.\n',
      });
      expect(stderr).toContain('The queue of crm did not take 2 messages: InvalidContents.');
      expect(stderr).toContain('They are still in the dead-letter queue.');
      expect(stderr).not.toContain('To continue, run it again.');
    });

    it('counts messages that failed again or were there twice', async () => {
      const again = LETTERS.slice(1, 2);
      const { stdout } = await redriveFrom([LETTERS, again], {});
      expect(stdout).toBe(
        '1 message moved back to the queue of crm.\n' +
          '1 message stayed in the dead-letter queue: each failed again, or was there twice. To move them, run it again.\n',
      );
    });

    it('says how far it came if SQS fails meanwhile', async () => {
      const denied = { __type: 'AccessDeniedException', message: 'Denied' };
      const { code, stdout, stderr } = await redriveFrom([LETTERS], denied);
      expect({ code, stdout }).toEqual({
        code: 4,
        stdout: '1 message moved back to the queue of crm.\n',
      });
      expect(stderr).toContain('To continue, run it again.');
      expect(documentsOf(await redriveFrom([LETTERS], denied, '--json'))).toEqual([
        { subscriber: 'crm', dry_run: false, moved: 1, refused: 2, returned: 0, done: false },
      ]);
    });

    it('counts those that are hidden with --dry-run, up to --limit', async () => {
      const count = async (...args: string[]) =>
        documentsOf(await redriveFrom([], {}, '--dry-run', '--json', ...args))[0].count;
      expect(await count()).toBe(5);
      expect(await count('--limit', '4')).toBe(4);
      expect(await count('--limit', '9')).toBe(5);
    });
  });

  it('names the known subscribers if the name is unknown', async () => {
    expect(await runCli(['redrive', 'crn', `--local=${subscribers.url}`])).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'error: The stack inbound-sms-local has no subscriber crn.\nIts subscribers are crm, other.\n',
    });
  });
});

describe('redrive on a FIFO topic', () => {
  it('keeps the order of a conversation, also right after SQS has seen each message', async () => {
    await using fifo = await startTestStack({
      params: { topicType: 'fifo' },
      packageDir: undefined,
    });
    await using subscribers = await withSubscribers(fifo, [{ name: 'jobs', kind: 'queue' }]);
    const { queue, deadLetters } = subscribers.of('jobs');
    const client = new SQSClient(clientOf(fifo.snsEndpoint));
    const records = Array.from({ length: 4 }, (_, n) => someRecord({ message_id: `Message-${n}` }));
    try {
      for (const url of [queue, deadLetters]) {
        const target = new SubscriberQueue(client, url);
        for (const record of records) await target.publish(toNotification(record));
      }
    } finally {
      client.destroy();
    }
    const before = await subscribers.take(queue);
    const { code } = await runCli(['redrive', 'jobs', `--local=${subscribers.url}`]);
    expect(code).toBe(0);
    const after = await subscribers.take(queue);
    expect(after.map(({ Body }) => Body)).toEqual(before.map(({ Body }) => Body));
    const groups = [...before, ...after].map(({ Attributes }) => Attributes?.MessageGroupId);
    expect(new Set(groups).size).toBe(1);
  }, 120_000);
});
