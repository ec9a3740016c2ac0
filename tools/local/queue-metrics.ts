import type { IncomingHttpHeaders } from 'node:http';
import { type HttpAnswer, jsonAnswer } from './http-answer.ts';
import type { QueueDepth } from './sns.ts';

/** At this path, the gateway answers as CloudWatch. */
export const CLOUDWATCH_PATH = '/_cloudwatch/';

/** The supported parts of a query. */
interface MetricDataQuery {
  readonly Id: string;
  readonly MetricStat?: {
    readonly Metric?: {
      readonly Namespace?: string;
      readonly MetricName?: string;
      readonly Dimensions?: readonly { readonly Name?: string; readonly Value?: string }[];
    };
  };
}

/**
 * Answers a request as CloudWatch does. It supports only GetMetricData with a queue's
 * ApproximateAgeOfOldestMessage, in seconds, and returns its current value. An empty queue has 0. Unlike
 * SQS, it counts messages that were received more than three times.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export function metricData(
  headers: IncomingHttpHeaders,
  body: Buffer,
  depthOf: (queueName: string) => QueueDepth | undefined,
  now = Date.now(),
): HttpAnswer {
  const target = String(headers['x-amz-target'] ?? '');
  if (!target.endsWith('.GetMetricData')) {
    const message = `The local stack knows no ${target || 'target'}`;
    return answer(400, { __type: 'UnknownOperationException', message });
  }
  const { MetricDataQueries = [] } = JSON.parse(String(body)) as {
    MetricDataQueries?: readonly MetricDataQuery[];
  };
  const MetricDataResults = MetricDataQueries.map(({ Id, MetricStat }) => {
    const { Namespace, MetricName, Dimensions = [] } = MetricStat?.Metric ?? {};
    const isAge = Namespace === 'AWS/SQS' && MetricName === 'ApproximateAgeOfOldestMessage';
    const queue = Dimensions.find(({ Name }) => Name === 'QueueName')?.Value ?? '';
    const depth = isAge ? depthOf(queue) : undefined;
    return {
      Id,
      Label: MetricName,
      StatusCode: 'Complete',
      // CloudWatch returns no values for a metric that it does not know.
      Timestamps: depth ? [Math.floor(now / 1000)] : [],
      Values: depth ? [Math.floor((now - (depth.oldestAt ?? now)) / 1000)] : [],
    };
  });
  return answer(200, { MetricDataResults, Messages: [] });
}

const answer = (status: number, body: unknown) =>
  jsonAnswer(status, body, 'application/x-amz-json-1.0');
