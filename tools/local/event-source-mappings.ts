import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { clientOf, REGION } from './aws.ts';
import type { InvocationResult } from './function-runtime.ts';
import { queueNameOf, queueUrl } from './queues.ts';
import type { Template } from './template.ts';

/** A queue whose messages Lambda passes to a function, one at a time. */
export interface EventSourceMapping {
  readonly queueArn: string;
  readonly functionArn: string;
  /** Parallel invocations. */
  readonly maxConcurrency: number;
  /** Whether the function's result says which messages failed. */
  readonly reportsFailures: boolean;
}

/** SQS's limit for waiting for a message. */
const LONG_POLL_S = 20;
/** SQS's limit for one call. */
const MAX_MESSAGES = 10;
/** Pause after a failed call: SQS may be down for a while. */
const RETRY_MS = 200;
/** Lambda has no default limit. This one protects a single machine. */
const DEFAULT_CONCURRENCY = 5;

/** The template's enabled event source mappings. */
export function readMappings(template: Template): EventSourceMapping[] {
  return template
    .resourcesOf('AWS::Lambda::EventSourceMapping')
    .filter((mapping) => mapping.get('Enabled') !== false)
    .map((mapping) => {
      const batchSize = Number(mapping.get('BatchSize'));
      if (batchSize !== 1) {
        throw new Error(`The local stack knows only batches of one message, not of ${batchSize}`);
      }
      const scaling = (mapping.get('ScalingConfig') ?? {}) as { MaximumConcurrency?: number };
      const responses = (mapping.get('FunctionResponseTypes') ?? []) as string[];
      const name = String(mapping.get('FunctionName'));
      return {
        queueArn: String(mapping.get('EventSourceArn')),
        functionArn: name,
        maxConcurrency: Number(scaling.MaximumConcurrency ?? DEFAULT_CONCURRENCY),
        reportsFailures: responses.includes('ReportBatchItemFailures'),
      };
    });
}

interface PollOptions {
  /** SQS's endpoint. */
  readonly endpoint: string;
  readonly invoke: (functionArn: string, event: unknown) => Promise<InvocationResult>;
}

/**
 * Polls a queue as Lambda does, until it is disposed of. Each message goes to one invocation, and is
 * deleted after that has succeeded. A failed message comes back when its visibility timeout ends. An
 * invocation that still runs at the end goes on, and its message stays in the queue.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function startMapping(mapping: EventSourceMapping, options: PollOptions): AsyncDisposable {
  const { queueArn, functionArn, maxConcurrency, reportsFailures } = mapping;
  const sqs = new SQSClient({ ...clientOf(options.endpoint), maxAttempts: 1 });
  const QueueUrl = queueUrl(options.endpoint, queueNameOf(queueArn));
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  const running = new Set<Promise<void>>();

  async function handle(message: Message): Promise<void> {
    const event = { Records: [recordOf(message, queueArn)] };
    const result = await options.invoke(functionArn, event);
    if (signal.aborted || !hasSucceeded(result, reportsFailures)) return;
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  }

  async function receive(count: number): Promise<Message[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: Math.min(count, MAX_MESSAGES),
        WaitTimeSeconds: LONG_POLL_S,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
      { abortSignal: signal },
    );
    return Messages;
  }

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      const free = maxConcurrency - running.size;
      if (free === 0) {
        await Promise.race([stopped, ...running]);
        continue;
      }
      try {
        for (const message of await receive(free)) {
          // A message that could not be deleted comes back, as on AWS.
          const handled = handle(message).catch(() => {});
          running.add(handled);
          handled.then(() => running.delete(handled));
        }
      } catch {
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  const polling = poll();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await polling;
      sqs.destroy();
    },
  };
}

/** Whether a batch of one message succeeded. Any entry in the list means that the message failed. */
function hasSucceeded(invocation: InvocationResult, reportsFailures: boolean): boolean {
  if (!invocation.ok) return false;
  if (!reportsFailures) return true;
  const result = invocation.result as { batchItemFailures?: unknown } | null;
  const failures = result?.batchItemFailures ?? [];
  return Array.isArray(failures) && failures.length === 0;
}

/** A message in the form that a function gets. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export function recordOf(message: Message, queueArn: string): Record<string, unknown> {
  const { MessageAttributes = {}, MD5OfMessageAttributes: md5 } = message;
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, value]) => [name, attributeOf(value)]),
    ),
    ...(md5 !== undefined && { md5OfMessageAttributes: md5 }),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: REGION,
  };
}

function attributeOf({ StringValue, BinaryValue, DataType }: MessageAttributeValue) {
  return {
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}
