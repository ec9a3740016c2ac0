import type { DeliveryMark, DeliveryMarks } from '../../lib/forwarding/delivery-mark.ts';
import { abortable } from '../archive/abortable.ts';
import { markOf } from '../archive/deliveries.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { type QueueDepth, queueDepth } from './queue-depth.ts';
import type { Stack } from './stack.ts';

/** Messages whose marks are looked at, the newest first. */
export const MARKED_MESSAGES = 100;

/** CloudWatch gets the age of a queue's oldest message each minute, if a message is there. */
const METRIC_PERIOD_S = 60;
const METRIC_RANGE_MS = 15 * 60_000;

interface Filter {
  /** As SNS has it. */
  readonly policy: Readonly<Record<string, unknown>>;
  readonly scope: 'MessageAttributes' | 'MessageBody';
}

/** How a subscriber is doing. */
export interface SubscriberStatus {
  readonly name: string;
  readonly kind: DeployedSubscriber['kind'];
  /** `none`: it gets every message. `gone`: it has no subscription any more, and gets nothing. */
  readonly filter: Filter | 'none' | 'gone';
  /** Messages in its queue, those included that are being delivered or wait for their next attempt. */
  readonly waiting: QueueDepth;
  /** Of the oldest in its queue, as far as CloudWatch and the marks tell. */
  readonly oldest_ms: number | undefined;
  readonly dead: QueueDepth;
  /** Of the {@link MARKED_MESSAGES}, epoch ms. */
  readonly delivered_at: number | undefined;
  readonly failed_at: number | undefined;
  /** Of the last failure. */
  readonly reason: string | undefined;
}

/** Asks SNS, SQS and CloudWatch about each subscriber, and the newest records about their marks. */
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
 * For each subscriber, ms. SQS leaves a message out of this metric once it was received more than three
 * times, so it tells of those that are new.
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
 * How long the oldest message has waited, ms: what CloudWatch says, or since the first failure of a message
 * that is neither delivered nor given up, whichever is longer.
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

/** The last delivery and the last failure that some marks of one subscriber tell of. */
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
