import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { METRICS, METRICS_NAMESPACE } from '../../lib/metrics.ts';
import { type CompiledTemplate, compileTemplate } from '../helpers/compiled-template.ts';

interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
}

let quiet: CompiledTemplate;
let loud: CompiledTemplate;
let runbook: string;

beforeAll(async () => {
  [quiet, loud, runbook] = await Promise.all([
    compileTemplate(),
    compileTemplate({ params: { alarmEmail: 'ops@example.com', noTrafficAlarmHours: '24' } }),
    readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8'),
  ]);
});

const alarmsOf = ({ Resources }: CompiledTemplate) =>
  Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties);

/** `conflicts`, of the name that the alarm gets. */
const nameOf = (alarm: { AlarmName: { 'Fn::Sub': string } }) =>
  alarm.AlarmName['Fn::Sub'].replace('${AWS::StackName}-', '');

interface MetricProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { Name: string; Value: unknown }[];
}
const watched = ({ Namespace, MetricName, Dimensions }: MetricProperties): WatchedMetric => ({
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
});

const alarmMetrics = (template: CompiledTemplate): WatchedMetric[] =>
  alarmsOf(template).flatMap((alarm) =>
    alarm.Metrics
      ? alarm.Metrics.flatMap((part: { MetricStat?: { Metric: MetricProperties } }) =>
          part.MetricStat ? [watched(part.MetricStat.Metric)] : [],
        )
      : [watched(alarm)],
  );

interface Widget {
  readonly properties: { readonly metrics: readonly (string | object)[][] };
}
function dashboardMetrics({ Resources }: CompiledTemplate): WatchedMetric[] {
  const { Dashboard } = Resources;
  if (!Dashboard) throw new Error('The template has no dashboard');
  const [body, references] = Dashboard.Properties.DashboardBody['Fn::Sub'] as [
    string,
    Record<string, unknown>,
  ];
  const { widgets } = JSON.parse(body) as { widgets: Widget[] };
  return widgets.flatMap(({ properties }) =>
    properties.metrics.map((metric) => {
      const [namespace, name, ...dimensions] = metric.filter((part) => typeof part === 'string');
      const pairs = dimensions.flatMap((key, index) => {
        const value = dimensions[index + 1] ?? '';
        const reference = /^\$\{(\w+)\}$/.exec(value)?.[1];
        return index % 2 === 0 ? [[key, reference ? references[reference] : value]] : [];
      });
      return {
        namespace: namespace ?? '',
        name: name ?? '',
        dimensions: Object.fromEntries(pairs),
      };
    }),
  );
}

describe('the metrics that alarms and the dashboard read', () => {
  it('are exactly those that the functions send', () => {
    const own = [...alarmMetrics(loud), ...dashboardMetrics(loud)].filter(
      ({ namespace }) => namespace === METRICS_NAMESPACE,
    );
    expect([...new Set(own.map(({ name }) => name))].toSorted()).toEqual(
      Object.keys(METRICS).toSorted(),
    );
    for (const { dimensions } of own) {
      expect(dimensions).toEqual({ service: 'inbound-sms', stage: 'prod' });
    }
  });

  it('are otherwise those that AWS sends, about resources of this stack', () => {
    const dimensions: Record<string, string> = {
      'AWS/ApiGateway': 'ApiId',
      'AWS/DynamoDB': 'TableName',
      'AWS/Lambda': 'FunctionName',
      'AWS/Logs': 'LogGroupName',
      'AWS/SNS': 'TopicName',
      'AWS/SQS': 'QueueName',
    };
    const others = [...alarmMetrics(loud), ...dashboardMetrics(loud)].filter(
      ({ namespace }) => namespace !== METRICS_NAMESPACE,
    );
    expect(others.length).toBeGreaterThan(10);
    for (const metric of others) {
      expect(Object.keys(metric.dimensions)).toEqual([dimensions[metric.namespace]]);
      const [reference] = Object.values(metric.dimensions) as [Record<string, string | string[]>];
      const id = [reference.Ref ?? reference['Fn::GetAtt']].flat()[0] ?? '';
      expect(loud.Resources).toHaveProperty(id);
    }
  });
});

describe('the alarms', () => {
  it('are these, and about silence only if asked', () => {
    const names = [
      'function-errors',
      'throttles',
      'api-5xx',
      'conflicts',
      'refused-messages',
      'rejected-tokens',
      'pending-too-long',
      'retry-budget-low',
      'sns-delivery-failures',
      'failed-sweeps',
    ];
    expect(alarmsOf(quiet).map(nameOf)).toEqual(names);
    expect(alarmsOf(loud).map(nameOf)).toEqual([...names, 'no-traffic']);
  });

  it('say what has happened, and where it says what to do', () => {
    const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    for (const alarm of alarmsOf(loud)) {
      const name = nameOf(alarm);
      expect(alarm.AlarmDescription).toMatch(
        new RegExp(`^[A-Z].{30,}[.?] What to do: docs/operations\\.md#${name}$`),
      );
      expect(sections).toContain(name);
    }
  });

  it('go to their own topic when they begin and when they end, and from there to the address', () => {
    for (const alarm of alarmsOf(loud)) {
      expect(alarm.AlarmActions).toEqual([{ Ref: 'AlarmTopic' }]);
      expect(alarm.OKActions).toEqual([{ Ref: 'AlarmTopic' }]);
    }
    expect(loud.Resources.AlarmEmailSubscription?.Properties).toEqual({
      TopicArn: { Ref: 'AlarmTopic' },
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
    expect(quiet.Resources).not.toHaveProperty('AlarmEmailSubscription');
    const [publish] = loud.Resources.AlarmTopicPolicy?.Properties.PolicyDocument.Statement ?? [];
    expect(publish).toMatchObject({
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
    });
  });

  it('take silence for bad where the metric comes all the time, and for good elsewhere', () => {
    const breaching = alarmsOf(loud)
      .filter(({ TreatMissingData }) => TreatMissingData === 'breaching')
      .map(nameOf);
    expect(breaching).toEqual(['pending-too-long', 'no-traffic']);
  });

  it('noTrafficAlarmHours: looks at every hour of them, within what CloudWatch takes', () => {
    const alarm = alarmsOf(loud).at(-1);
    expect(alarm).toMatchObject({
      MetricName: 'Published',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 3600,
      EvaluationPeriods: 24,
    });
  });

  it('of several metrics do not stay silent because one of them is', () => {
    for (const { Metrics } of alarmsOf(loud)) {
      if (!Metrics) continue;
      const [sum, ...parts] = Metrics;
      expect(sum.Expression).toBe(
        parts.map(({ Id }: { Id: string }) => `FILL(${Id}, 0)`).join(' + '),
      );
      expect(parts.length).toBeGreaterThan(1);
    }
  });
});
