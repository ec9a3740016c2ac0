import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { expect, it, onTestFinished } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import { send } from '../../../tools/local/http-answer.ts';
import { hangUp, LOOPBACK_NAME, listen } from '../../../tools/local/listen.ts';
import { metricData } from '../../../tools/local/queue-metrics.ts';
import type { QueueDepth } from '../../../tools/local/sns.ts';

const NOW = Date.parse('2026-03-05T07:08:09Z');

async function client(depths: Readonly<Record<string, QueueDepth>>): Promise<CloudWatch> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    send(
      response,
      metricData(request.headers, body, (name) => depths[name], NOW),
    );
  });
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  const cloudwatch = new CloudWatch({
    ...clientOf(`http://${LOOPBACK_NAME}:${port}/`),
    maxAttempts: 1,
  });
  onTestFinished(() => cloudwatch.destroy());
  return cloudwatch;
}

const query = (Id: string, queue: string, MetricName = 'ApproximateAgeOfOldestMessage') => ({
  Id,
  MetricStat: {
    Metric: { Namespace: 'AWS/SQS', MetricName, Dimensions: [{ Name: 'QueueName', Value: queue }] },
    Period: 60,
    Stat: 'Maximum',
  },
});

it('returns the age of each queue’s oldest message, in seconds', async () => {
  const cloudwatch = await client({
    crm: { waiting: 1, inFlight: 0, oldestAt: NOW - 90_500 },
    empty: { waiting: 0, inFlight: 0 },
  });
  const { MetricDataResults } = await cloudwatch.getMetricData({
    MetricDataQueries: [
      query('q0', 'crm'),
      query('q1', 'empty'),
      query('q2', 'none'),
      query('q3', 'crm', 'NumberOfMessagesSent'),
    ],
    StartTime: new Date(NOW - 300_000),
    EndTime: new Date(NOW),
  });
  const now = new Date(NOW);
  expect(MetricDataResults).toMatchObject([
    { Id: 'q0', StatusCode: 'Complete', Timestamps: [now], Values: [90] },
    { Id: 'q1', StatusCode: 'Complete', Timestamps: [now], Values: [0] },
    { Id: 'q2', StatusCode: 'Complete', Timestamps: [], Values: [] },
    { Id: 'q3', StatusCode: 'Complete', Timestamps: [], Values: [] },
  ]);
});

it('refuses other operations', async () => {
  const cloudwatch = await client({});
  await expect(cloudwatch.listMetrics({})).rejects.toThrow('knows no');
});
