import type { DeliveryMark, DeliveryMarks } from '../../lib/forwarding/delivery-mark.ts';
import { abortable } from '../archive/abortable.ts';
import { markOf } from '../archive/deliveries.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { type QueueDepth, queueDepth } from './queue-depth.ts';
import type { Stack } from './stack.ts';

/** The number of newest messages whose marks are read. */
export const MARKED_MESSAGES = 100;

/** SQS reports the age of a queue's oldest message each minute, while the queue has one. */
const METRIC_PERIOD_S = 60;
const METRIC_RANGE_MS = 15 * 60_000;

interface Filter {
  /** The policy of the subscription in SNS. */
  readonly policy: Readonly<Record<string, unknown>>;
  readonly scope: 'MessageAttributes' | 'MessageBody';
}

/** The state of a subscriber. */
export interface SubscriberStatus {
  readonly name: string;
  readonly kind: DeployedSubscriber['kind'];
  /** `none`: it gets every message. `gone`: its subscription was deleted, and it gets nothing. */
  readonly filter: Filter | 'none' | 'gone';
  /** Messages in its queue, with those that are being delivered or wait for their next attempt. */
  readonly waiting: QueueDepth;
  /** The age of the oldest message in its queue, by CloudWatch and the marks. */
  readonly oldest_ms: number | undefined;
  readonly dead: QueueDepth;
  /** By the {@link MARKED_MESSAGES}, epoch ms. */
  readonly delivered_at: number | undefined;
  readonly failed_at: number | undefined;
  /** The reason of the last failure. */
  readonly reason: string | undefined;
}

/** Reads the state of each subscriber from SNS, SQS, CloudWatch, and the marks of the newest records. */
export async function subscriberStatuses(
  stack: Pick<Stack, 'subscribers' | 'clients' | 'archive'>,
  signal: AbortSignal,
): Promise<SubscriberStatus[]> {
  const { subscribers } = stack;
  const sqs = await stack.clients.sqs();
  const [ages, marks] = await Promise.all([oldestAges(stack, signal), newestMarks(stack, signal)]);
  return Promise.all(
    subscribers.map(async (subscriber, index) => {
      const { name, kind, queue, deadLetters } = subscriber;
      const [filter, waiting, dead] = await Promise.all([
        filterOf(stack, subscriber, signal),
        queueDepth(sqs, queue, signal),
        queueDepth(sqs, deadLetters, signal),
      ]);
      const own = marks.flatMap((deliveries) => markOf(name, deliveries) ?? []);
      return {
        ...{ name, kind, filter, waiting, dead },
        oldest_ms:
          typeof waiting === 'number' && waiting > 0
            ? oldestOf(ages[index], own, Date.now())
            : undefined,
        ...lastOf(own),
      };
    }),
  );
}

async function filterOf(
  { clients }: Pick<Stack, 'clients'>,
  { subscription }: DeployedSubscriber,
  signal: AbortSignal,
): Promise<SubscriberStatus['filter']> {
  const sns = await clients.sns();
  try {
    const { Attributes = {} } = await abortable(signal, (abort) =>
      sns.getSubscriptionAttributes({ SubscriptionArn: subscription }, abort),
    );
    const { FilterPolicy, FilterPolicyScope } = Attributes;
    const policy = JSON.parse(FilterPolicy || '{}');
    if (Object.keys(policy).length === 0) return 'none';
    const isOfBody = FilterPolicyScope === 'MessageBody';
    return { policy, scope: isOfBody ? 'MessageBody' : 'MessageAttributes' };
  } catch (error) {
    if (error instanceof Error && /^NotFound/.test(error.name)) return 'gone';
    throw error;
  }
}

/**
 * The age of the oldest message of each subscriber, ms. SQS leaves messages that were received more than three times
 * out of this metric.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
async function oldestAges(
  { subscribers, clients }: Pick<Stack, 'subscribers' | 'clients'>,
  signal: AbortSignal,
): Promise<(number | undefined)[]> {
  if (subscribers.length === 0) return [];
  const cloudwatch = await clients.cloudwatch();
  const now = Date.now();
  const { MetricDataResults = [] } = await abortable(signal, (abort) =>
    cloudwatch.getMetricData(
      {
        StartTime: new Date(now - METRIC_RANGE_MS),
        EndTime: new Date(now),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: subscribers.map(({ queue }, index) => ({
          Id: `q${index}`,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: 'ApproximateAgeOfOldestMessage',
              Dimensions: [{ Name: 'QueueName', Value: queue.slice(queue.lastIndexOf('/') + 1) }],
            },
            Period: METRIC_PERIOD_S,
            Stat: 'Maximum',
          },
        })),
      },
      abort,
    ),
  );
  return subscribers.map((_, index) => {
    const seconds = MetricDataResults.find(({ Id }) => Id === `q${index}`)?.Values?.[0];
    return seconds === undefined ? undefined : seconds * 1_000;
  });
}

async function newestMarks(
  stack: Pick<Stack, 'archive'>,
  signal: AbortSignal,
): Promise<DeliveryMarks[]> {
  const archive = await stack.archive();
  const found: DeliveryMarks[] = [];
  for await (const message of archive.list({ limit: MARKED_MESSAGES }, { signal })) {
    if (message.deliveries) found.push(message.deliveries);
  }
  return found;
}

/**
 * How long the oldest message has waited, ms: the age from CloudWatch, or the time since the first failure of a message
 * that is neither delivered nor given up. The longer one counts.
 */
export function oldestOf(
  age: number | undefined,
  marks: readonly DeliveryMark[],
  now: number,
): number | undefined {
  const failing = marks.flatMap(({ delivered_at, dead_at, failed_at }) =>
    failed_at === undefined || delivered_at !== undefined || dead_at !== undefined
      ? []
      : [now - failed_at],
  );
  const ages = age === undefined ? failing : [age, ...failing];
  return ages.length > 0 ? Math.max(...ages) : undefined;
}

/** The last delivery and the last failure in these marks of one subscriber. */
export function lastOf(
  marks: readonly DeliveryMark[],
): Pick<SubscriberStatus, 'delivered_at' | 'failed_at' | 'reason'> {
  const deliveries = marks.flatMap(({ delivered_at, replayed_at }) => [
    ...(delivered_at === undefined ? [] : [delivered_at]),
    ...(replayed_at === undefined ? [] : [replayed_at]),
  ]);
  const failures = marks
    .flatMap((mark) => {
      const { failed_at = 0, dead_at = 0, reason } = mark;
      const { replay_failed_at = 0, replay_reason } = mark;
      return [
        { at: Math.max(failed_at, dead_at), reason },
        { at: replay_failed_at, reason: replay_reason },
      ];
    })
    .filter(({ at }) => at > 0)
    .toSorted((one, other) => other.at - one.at);
  return {
    delivered_at: deliveries.length > 0 ? Math.max(...deliveries) : undefined,
    failed_at: failures[0]?.at,
    reason: failures[0]?.reason,
  };
}
