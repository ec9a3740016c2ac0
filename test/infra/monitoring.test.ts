import { beforeAll, describe, expect, it } from 'vitest';
import { METRICS, METRICS_NAMESPACE } from '../../lib/telemetry/metrics.ts';
import {
  type CompiledTemplate,
  compileTemplate,
  SUBSCRIBERS,
} from '../helpers/compiled-template.ts';
import { alarmMetrics, dashboardMetrics, dashboardOf } from '../helpers/monitoring.ts';

let loud: CompiledTemplate;
beforeAll(async () => {
  loud = await compileTemplate({
    settings: SUBSCRIBERS,
    params: { alarmEmail: 'ops@example.com', noTrafficAlarmHours: '24' },
  });
});

describe('the metrics that alarms and the dashboard read', () => {
  it('are exactly those that the functions send and that the access log counts', () => {
    const own = [...alarmMetrics(loud), ...dashboardMetrics(loud)].filter(
      ({ namespace }) => namespace === METRICS_NAMESPACE,
    );
    const filtered = Object.values(loud.Resources)
      .filter(({ Type }) => Type === 'AWS::Logs::MetricFilter')
      .flatMap(({ Properties }) => Properties.MetricTransformations)
      .map(({ MetricName }) => MetricName);
    expect(filtered).toEqual(['Throttled', 'Published']);
    expect([...new Set(own.map(({ name }) => name))].toSorted()).toEqual(
      [...new Set([...Object.keys(METRICS), ...filtered])].toSorted(),
    );
    for (const { dimensions } of own) {
      expect(dimensions).toEqual({ service: 'inbound-sms', stage: 'prod' });
    }
  });

  it('are otherwise AWS’s, for resources of this stack', () => {
    const dimensions: Record<string, string> = {
      'AWS/ApiGateway': 'ApiId',
      'AWS/DynamoDB': 'TableName',
      'AWS/Lambda': 'FunctionName',
      'AWS/Logs': 'LogGroupName',
      'AWS/SNS': 'TopicName',
      'AWS/SQS': 'QueueName',
    };
    const metrics = [...alarmMetrics(loud), ...dashboardMetrics(loud)].filter(
      ({ namespace }) => namespace !== METRICS_NAMESPACE,
    );
    expect(metrics.length).toBeGreaterThan(10);
    const indexes = loud.Resources.MessagesTable?.Properties.GlobalSecondaryIndexes.map(
      ({ IndexName }: { IndexName: string }) => IndexName,
    );
    for (const metric of metrics) {
      const { GlobalSecondaryIndexName: index, ...others } = metric.dimensions;
      expect(Object.keys(others)).toEqual([dimensions[metric.namespace]]);
      if (index) expect(indexes).toContain(index);
      const [reference] = Object.values(others) as [Record<string, string | string[]>];
      const id = [reference.Ref ?? reference['Fn::GetAtt']].flat()[0] ?? '';
      expect(loud.Resources).toHaveProperty(id);
    }
  });
});

describe('the dashboard', () => {
  /** Name and statistic of each metric in the graph whose title begins like this. */
  const shownIn = (title: string) =>
    dashboardOf(loud)
      .widgets.find(({ properties }) => properties.title.startsWith(title))
      ?.properties.metrics.map((metric) => [metric[1], metric.at(-1)]);

  it('has these graphs', () => {
    const titles = dashboardOf(loud).widgets.map(({ properties }) => properties.title);
    expect(titles).toEqual([
      'Intake: requests and published messages',
      'Not delivered: the PBX retries',
      'Refused: the PBX retries, then e-mails',
      'Latency of the webhook, ms',
      'Duplicates: the PBX sent a delivered message again',
      'Rejected: wrong token or method, throttled, 4xx and 5xx',
      'Pending for over a minute: messages, age of the oldest in s',
      'Sweeper: failures, and the longest run in ms',
      'Settings of the PBX to check',
      'Malformed forms that were delivered',
      'Cost: Lambda, ms of run time',
      'Cost: DynamoDB, units consumed',
      'Cost: SNS and logs',
    ]);
  });

  it('shows the latency of most requests and of the slowest: p50 and p99, of function and API', () => {
    expect(shownIn('Latency')).toEqual([
      ['Duration', { stat: 'p50' }],
      ['Duration', { stat: 'p99' }],
      ['Latency', { stat: 'p50' }],
      ['Latency', { stat: 'p99' }],
    ]);
  });

  it('shows the maximum backlog and age, not the sum over the sweeps', () => {
    expect(shownIn('Pending')).toEqual([
      ['Pending', { stat: 'Maximum' }],
      ['OldestPendingAge', { stat: 'Maximum' }],
    ]);
  });

  it('shows what is turned away: by the throttle, and past the edge', () => {
    expect(shownIn('Rejected')).toContainEqual(['Throttled', { stat: 'Sum' }]);
    expect(shownIn('Refused')).toContainEqual(['EdgeBypassed', { stat: 'Sum' }]);
  });

  it('shows the capacity of the table and of each index, because each is billed', () => {
    const consumed = dashboardMetrics(loud).filter(({ name }) => name.startsWith('Consumed'));
    const of = (kind: string) =>
      consumed
        .filter(({ name }) => name === `Consumed${kind}CapacityUnits`)
        .map(({ dimensions }) => dimensions.GlobalSecondaryIndexName);
    expect(of('Write')).toEqual([undefined, 'pending-index', 'timeline-index']);
    expect(of('Read')).toEqual([undefined, 'pending-index', 'timeline-index']);
  });

  it('fits into its 24 columns, without overlaps', () => {
    const { widgets } = dashboardOf(loud);
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, n) => [
        x + (n % width),
        y + Math.floor(n / width),
      ]),
    );
    expect(Math.max(...cells.map(([column = 0]) => column))).toBe(23);
    expect(new Set(cells.map(String)).size).toBe(cells.length);
  });
});
