import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SNSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LocalStack } from '../../tools/local/stack.ts';
import type { TopicMessage } from '../../tools/local/topic-queue.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { createInbox, type InboxTable } from '../helpers/inbox-table.ts';
import { postForm, startTestStack, subscribeQueue } from '../helpers/local-stack.ts';
import { has } from '../helpers/shell.ts';

let stack: LocalStack;
let inbox: InboxTable;
beforeAll(async () => {
  stack = await startTestStack();
  inbox = await createInbox(stack);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await inbox?.[Symbol.asyncDispose]();
  await stack?.close();
});

/** Sends a message through the service and returns what SNS got. */
async function publish(fields: Record<string, string>): Promise<TopicMessage> {
  await using queue = await subscribeQueue(stack);
  expect((await postForm(stack.webhookUrl, fields)).status).toBe(200);
  const [notification] = await queue.receive(1);
  return notification ?? expect.unreachable();
}

/** Lambda's event: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
function eventOf({ message, subject, attributes }: TopicMessage): SNSEvent {
  return {
    Records: [
      {
        EventVersion: '1.0',
        EventSubscriptionArn: `${stack.topicArn}:subscription`,
        EventSource: 'aws:sns',
        Sns: {
          SignatureVersion: '1',
          Timestamp: '2026-01-02T12:45:07.000Z',
          Signature: 'signature',
          SigningCertUrl: 'https://sns.ap-southeast-2.amazonaws.com/cert.pem',
          MessageId: crypto.randomUUID(),
          Message: message,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, Value]) => [name, { Type: 'String', Value }]),
          ),
          Type: 'Notification',
          UnsubscribeUrl: 'https://sns.ap-southeast-2.amazonaws.com/',
          TopicArn: stack.topicArn,
          ...(subject !== undefined && { Subject: subject }),
        },
      },
    ],
  };
}

/** Runs the Python handler on the events, one after the other, in its own process. */
async function runPython(events: SNSEvent[], prelude = '', environment = {}): Promise<string> {
  const script = `${prelude}
import json, sys
from lambda_handler import handler, table
for event in json.loads(sys.argv[1]):
    handler(event, None)
print(json.dumps(getattr(table, "items", None)))`;
  const examples = fileURLToPath(new URL('../../examples', import.meta.url));
  const { stdout } = await promisify(execFile)(
    'python3',
    ['-B', '-c', script, JSON.stringify(events)],
    {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        PYTHONPATH: examples,
        ...inbox.environment,
        ...environment,
      },
    },
  );
  return stdout;
}

describe('the TypeScript handler', () => {
  let handler: (event: SNSEvent) => Promise<void>;
  beforeAll(async () => {
    for (const [name, value] of Object.entries(inbox.environment)) vi.stubEnv(name, value);
    ({ handler } = await import('../../examples/lambda-handler.ts'));
  });

  it('keeps a message once if it comes again', async () => {
    const fields = someForm({ body: 'from TypeScript 😀' });
    const event = eventOf(await publish(fields));
    await handler(event);
    // SNS gives a message that is published again another id.
    await handler({
      Records: event.Records.map((r) => ({ ...r, Sns: { ...r.Sns, MessageId: 'x' } })),
    });
    await Promise.all([handler(event), handler(event)]);
    expect(await inbox.texts()).toMatchObject({ [fields.message_id]: fields.body });
  });

  it('keeps every message of an event', async () => {
    const forms = ['one', 'two'].map((body) => someForm({ body }));
    const Records: SNSEvent['Records'] = [];
    for (const form of forms) Records.push(...eventOf(await publish(form)).Records);
    await handler({ Records });
    expect(await inbox.texts()).toMatchObject(
      Object.fromEntries(forms.map(({ message_id, body }) => [message_id, body])),
    );
  });

  it('does not change a kept message', async () => {
    const notification = await publish(someForm({ body: 'first' }));
    const { message_id } = JSON.parse(notification.message);
    await handler(eventOf(notification));
    const other = { ...notification, message: notification.message.replace('first', 'second') };
    await handler(eventOf(other));
    expect(await inbox.texts()).toMatchObject({ [message_id]: 'first' });
  });

  it('fails if it could not keep the message, so that Lambda retries', async () => {
    const event = eventOf(await publish(someForm()));
    vi.stubEnv('TABLE', 'no-such-table');
    await expect(handler(event)).rejects.toThrow('Requested resource not found');
    vi.stubEnv('TABLE', inbox.environment.TABLE);
    await handler(event);
  });
});

const TABLE_IN_MEMORY = `
import sys, types
class Taken(Exception): pass
class Table:
    def __init__(self):
        self.items = []
        self.meta = types.SimpleNamespace(client=types.SimpleNamespace(
            exceptions=types.SimpleNamespace(ConditionalCheckFailedException=Taken)))
    def put_item(self, Item, ConditionExpression):
        assert ConditionExpression == "attribute_not_exists(message_id)"
        if any(item["message_id"] == Item["message_id"] for item in self.items): raise Taken()
        self.items.append(Item)
sys.modules["boto3"] = types.SimpleNamespace(
    resource=lambda service: types.SimpleNamespace(Table=lambda name: Table()))`;

describe.skipIf(!has('python3'))('the Python handler', () => {
  it('keeps a message once if it comes again', async () => {
    const notification = await publish(someForm({ body: 'from Python 😀' }));
    const events = [eventOf(notification), eventOf(notification)];
    const { message_id, from, sms_number, body, received_at } = JSON.parse(notification.message);
    expect(JSON.parse(await runPython(events, TABLE_IN_MEMORY))).toEqual([
      { message_id, from, sms_number, body, received_at },
    ]);
  });

  const hasBoto3 = has('python3', '-c', 'import boto3');
  it.skipIf(!hasBoto3)(
    'works with boto3 in DynamoDB, and fails if it could not keep the message',
    async () => {
      const fields = someForm({ body: 'with boto3 😀' });
      const event = eventOf(await publish(fields));
      await runPython([event, event]);
      expect(await inbox.texts()).toMatchObject({ [fields.message_id]: fields.body });
      await expect(runPython([event], '', { TABLE: 'no-such-table' })).rejects.toThrow(
        'ResourceNotFoundException',
      );
    },
  );
});
