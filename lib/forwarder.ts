import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { ForwardMessageConfig } from './config.ts';
import {
  type Attempt,
  type ForwardDependencies,
  type Forwarding,
  forwardMessage,
  giveUp,
  holdBack,
} from './forwarding/forward.ts';
import type { SubscriberQueue } from './forwarding/forwarding-ports.ts';
import { isOverdue } from './forwarding/pauses.ts';
import { readForwarded } from './forwarding/read-forwarded.ts';
import { queueName } from './forwarding/subscriber.ts';
import { startDeadlines } from './messages/deadlines.ts';
import {
  describeError,
  type Level,
  type Observation,
  type ObservedContext,
} from './telemetry/observability.ts';

/**
 * Milliseconds that the function must have left when reading, sending, telling the queue and marking end.
 * After reading, a receiver still has ten seconds.
 */
const RESERVE_MS = { read: 16_000, send: 5_000, pause: 3_000, mark: 1_000 };

type ForwarderConfig = Pick<ForwardMessageConfig, 'service' | 'stage' | 'subscribers'>;

export interface ForwarderDependencies extends ForwardDependencies {
  readonly queueOf: (arn: string) => SubscriberQueue;
}

/**
 * Forwards a message from a subscriber's queue. It reports a failure and does not throw: Lambda polls a
 * queue less often if invocations fail, and that would delay all its messages.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 *
 * @throws {Error} If it gets more than one message.
 */
export function forwarder(
  { service, stage, subscribers }: ForwarderConfig,
  dependencies: ForwarderDependencies,
) {
  const prefix = queueName(`${service}-${stage}`, '');
  return async (event: SQSEvent, context: ObservedContext): Promise<SQSBatchResponse> => {
    const [record, ...others] = event.Records;
    // Lambda would delete the other messages as delivered.
    if (!record || others.length > 0) throw new Error('The batch size must be 1');
    const { observation } = context;
    const name = subscriberOf(record, prefix);
    const { ApproximateReceiveCount, SentTimestamp } = record.attributes;
    const attempt: Attempt = {
      number: Number(ApproximateReceiveCount),
      isOverdue: isOverdue(record.eventSourceARN, Number(SentTimestamp), dependencies.now()),
      receiptHandle: record.receiptHandle,
      queue: dependencies.queueOf(record.eventSourceARN),
    };
    const message = readForwarded(record.body, record.messageAttributes);
    observation.note({
      subscriber: name,
      ...(message ? { message_id: message.message_id } : { sqs_message_id: record.messageId }),
      attempt: attempt.number,
    });

    using deadlines = startDeadlines(context.getRemainingTimeInMillis(), RESERVE_MS);
    const subscriber = subscribers.find((known) => known.name === name);
    const forwarding = !message
      ? await giveUp(attempt, deadlines)
      : subscriber
        ? await forwardMessage(message, subscriber, attempt, dependencies, deadlines)
        : await holdBack(UNKNOWN_SUBSCRIBER, attempt, dependencies, deadlines);
    note(forwarding, observation);
    // A canary tests one attempt. If it stayed in the queue, it would cause a false alarm.
    const isOver = isDone(forwarding) || message?.isCanary === true;
    return { batchItemFailures: isOver ? [] : [{ itemIdentifier: record.messageId }] };
  };
}

/**
 * The settings have changed. The queue's mapping was updated earlier or later than the function's settings.
 */
const UNKNOWN_SUBSCRIBER = { reason: 'unknown subscriber' };

/** The queue's name holds the subscriber's. */
function subscriberOf({ eventSourceARN }: SQSRecord, prefix: string): string {
  const queue = eventSourceARN.slice(eventSourceARN.lastIndexOf(':') + 1);
  return queue.slice(prefix.length).replace(/\.fifo$/, '');
}

const isDone = ({ outcome }: Forwarding) =>
  outcome === 'delivered' || outcome === 'already-delivered';

const LEVELS: Readonly<Record<Forwarding['outcome'], Level>> = {
  delivered: 'INFO',
  'already-delivered': 'INFO',
  failed: 'WARN',
  'dead-lettered': 'ERROR',
  unreadable: 'ERROR',
};

function note(forwarding: Forwarding, observation: Observation): void {
  const { outcome, failedCalls } = forwarding;
  observation.raise(LEVELS[outcome]);
  observation.note({ outcome });
  if ('status' in forwarding) observation.note({ status: forwarding.status });
  if ('reason' in forwarding) {
    const { reason, isSecretMissing, error } = forwarding;
    if (isSecretMissing) observation.metric('SecretMissing');
    observation.note({ reason, ...(error !== undefined && describeError(error)) });
  }
  if ('nextAttemptS' in forwarding) observation.note({ next_attempt_s: forwarding.nextAttemptS });
  for (const { call, error } of failedCalls) {
    observation.raise('WARN');
    observation.note({ failed_call: call, ...describeError(error) });
  }
}
