import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { forwarder } from '../../lib/forwarder.ts';
import type { Answer, SecretReading } from '../../lib/forwarding/forwarding-ports.ts';
import type { Outgoing } from '../../lib/forwarding/outgoing.ts';
import type { Subscriber } from '../../lib/forwarding/subscriber.ts';
import { notificationsIn } from '../../lib/messages/notification.ts';
import { type ObservedContext, observe } from '../../lib/telemetry/observability.ts';
import { someRecord } from '../fixtures/messages.ts';
import type { LogLine } from './fake-service.ts';
import { MemoryDeliveryMarks } from './memory-delivery-marks.ts';

export const CRM = {
  name: 'crm',
  kind: 'https',
  url: 'https://crm.example.com/hooks/sms',
  secret: 'CRM_SECRET',
} as const satisfies Subscriber;

export type Port = 'read mark' | 'write mark' | 'read secret' | 'send' | 'pause';

/** The forwarder as functions/ wires it, with fakes and a clock that tests set. */
export class FakeForwarder {
  static readonly NOW = 1_700_000_000_000;

  /** The clock, epoch ms. */
  now = FakeForwarder.NOW;
  readonly marks = new MemoryDeliveryMarks();
  readonly secrets = new Map([['CRM_SECRET', `whsec_${btoa('a secret of 24 bytes, at least')}`]]);
  /** Everything sent, in order. */
  readonly sent: Outgoing[] = [];
  /** Seconds of each pause, in order. */
  readonly pauses: number[] = [];
  readonly lines: LogLine[] = [];
  answer: Answer = { status: 200 };
  setting = { timeZone: 'UTC', isLocal: false };
  /** The random number: 0 to 1. */
  random = 0;
  /** The function's remaining time, ms. */
  remainingMs = 30_000;
  /** Wraps each call to the outside. Tests make a call fail, or end the process. */
  around = <T>(_port: Port, call: () => Promise<T>, _deadline?: AbortSignal): Promise<T> => call();
  readonly #subscribers: readonly Subscriber[];

  constructor(subscribers: readonly Subscriber[] = [CRM]) {
    this.#subscribers = subscribers;
  }

  get lastLine(): LogLine {
    const line = this.lines.at(-1);
    if (!line) throw new Error('Nothing was logged');
    return line;
  }

  async readSecret(name: string): Promise<SecretReading> {
    const secret = this.secrets.get(name);
    return secret === undefined ? { reason: 'secret missing' } : { secret };
  }

  async send(outgoing: Outgoing): Promise<Answer> {
    this.sent.push(outgoing);
    return this.answer;
  }

  /** One invocation. @returns Whether the message was removed from the queue. */
  async forward(record = queueRecord()): Promise<boolean> {
    const { batchItemFailures } = await this.invoke({ Records: [record] });
    return batchItemFailures.length === 0;
  }

  invoke(event: SQSEvent): Promise<SQSBatchResponse> {
    const dimensions = { service: 'inbound-sms', stage: 'test' };
    const write = (line: string) => void this.lines.push(JSON.parse(line));
    const handler = middy<SQSEvent, SQSBatchResponse, Error, ObservedContext>()
      .use(observe({ ...dimensions, write }))
      .handler(
        forwarder(
          { ...dimensions, subscribers: this.#subscribers },
          {
            marks: {
              read: (id, name, deadline) =>
                this.around('read mark', () => this.marks.read(id, name), deadline),
              write: (id, name, mark, deadline) =>
                this.around('write mark', () => this.marks.write(id, name, mark), deadline),
            },
            readSecret: (name, deadline) =>
              this.around('read secret', () => this.readSecret(name), deadline),
            send: (outgoing, deadline) => this.around('send', () => this.send(outgoing), deadline),
            queueOf: () => ({
              pause: (_, seconds, deadline) =>
                this.around('pause', async () => void this.pauses.push(seconds), deadline),
            }),
            ...this.setting,
            now: () => this.now,
            random: () => this.random,
          },
        ),
      );
    return handler(event, {
      awsRequestId: 'r-1',
      functionName: 'f',
      getRemainingTimeInMillis: () => this.remainingMs,
    } as ObservedContext);
  }
}

interface RecordOptions {
  readonly body?: string;
  readonly attempt?: number;
  /** Message attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly queue?: string;
  /** When it was sent to the queue, epoch ms. */
  readonly sentAt?: number;
}

export const { message: PUBLISHED, message_id: MESSAGE_ID } = notificationsIn('inbound-sms')(
  someRecord(),
);

/** A message in the form in which Lambda passes it on. Tests change the fields that they are about. */
export function queueRecord({
  body = PUBLISHED,
  attempt = 1,
  attributes = {},
  queue = 'inbound-sms-test-to-crm',
  sentAt = FakeForwarder.NOW,
}: RecordOptions = {}): SQSRecord {
  return {
    messageId: 'sqs-1',
    receiptHandle: 'receipt',
    body,
    attributes: { ApproximateReceiveCount: String(attempt), SentTimestamp: String(sentAt) },
    messageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, stringValue]) => [
        name,
        { dataType: 'String', stringValue },
      ]),
    ),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
    awsRegion: 'us-east-1',
  } as unknown as SQSRecord;
}
