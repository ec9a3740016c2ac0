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

  it('names the subscribers that there are if there is none of this name', async () => {
    expect(await runCli(['redrive', 'crn', `--local=${subscribers.url}`])).toEqual({
      code: 3,
      stdout: '',
      stderr: 'error: The stack inbound-sms-local has no subscriber crn.\nIt has crm, other.\n',
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
