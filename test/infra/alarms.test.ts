import { beforeAll, describe, expect, it, vi } from 'vitest';
import { alarmNames } from '../../infra/alarm-list.js';
import { FakeService } from '../fakes/fake-service.ts';
import { type CompiledTemplate, compileTemplate } from '../helpers/compiled-template.ts';
import { matchesPattern } from '../helpers/filter-pattern.ts';
import { alarmsOf, nameOf } from '../helpers/monitoring.ts';

/** Each alarm's properties from infra/alarms.js, by its name with `_` for `-`. */
async function alarmsFor(changes: object, subscribers: readonly object[] = []) {
  const { alarms } = await vi.importActual<{
    alarms(tools: {
      resolveVariable(name: string): Promise<object | string>;
    }): Promise<CompiledTemplate>;
  }>('../../infra/alarms.js');
  const parameters = { alarmEmail: '', messagesAlarmPerHour: 0, ...changes };
  const resolveVariable = async (name: string) => {
    if (name === 'parameters:') return parameters;
    return name.endsWith(':subscribers') ? subscribers : '';
  };
  const template = await alarms({ resolveVariable });
  return Object.fromEntries(
    alarmsOf(template).map((alarm) => [nameOf(alarm).replaceAll('-', '_'), alarm]),
  );
}

let quiet: CompiledTemplate;
let loud: CompiledTemplate;
let unlimited: CompiledTemplate;

beforeAll(async () => {
  [quiet, loud, unlimited] = await Promise.all([
    compileTemplate(),
    compileTemplate({ params: { alarmEmail: 'ops@example.com', noTrafficAlarmHours: '24' } }),
    compileTemplate({ params: { messagesAlarmPerHour: '0' } }),
  ]);
}, 120_000);

describe('the alarms', () => {
  it('are these; volume can be turned off, and silence is off by default', () => {
    const names = [
      'function-errors',
      'defects',
      'throttles',
      'api-5xx',
      'api-throttled',
      'conflicts',
      'refused-messages',
      'rejected-tokens',
      'pending-too-long',
      'retry-budget-low',
      'sns-delivery-failures',
      'dead-letter-failures',
      'failed-sweeps',
    ];
    expect(alarmsOf(unlimited).map(nameOf)).toEqual(names);
    expect(alarmsOf(quiet).map(nameOf)).toEqual([...names, 'message-volume']);
    expect(alarmsOf(loud).map(nameOf)).toEqual([...names, 'message-volume', 'no-traffic']);
  });

  it('say which stack, what has happened, whether a message is lost or it is urgent, and where to read on', () => {
    for (const alarm of alarmsOf(loud)) {
      const [what, lost, act, where, end] = alarm.AlarmDescription.split('\n');
      expect(what).toMatch(/^inbound-sms, stage prod: [A-Z].{30,}\.$/);
      expect(lost).toMatch(/^Is a message lost\? (Yes|No|Not yet|Perhaps)\b.*\.$/);
      expect(act).toMatch(/^Act now\? (Yes|No)\b.*\.$/);
      expect(where).toBe(`What to do: docs/operations.md#${nameOf(alarm)} in the project's folder`);
      expect(end).toBe('If the state is OK, it is over.');
    }
  });

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  it('fit into CloudWatch’s 1,024 characters, also with long names', () => {
    for (const { AlarmDescription } of alarmsOf(loud)) {
      const [service, stage, host] = ['s'.repeat(60), 's'.repeat(40), 'h'.repeat(200)];
      const longer = AlarmDescription.replace(
        'inbound-sms, stage prod',
        `${service}, stage ${stage}`,
      );
      expect((longer + host).length).toBeLessThanOrEqual(1024);
    }
  });

  it('go to their own topic when they begin and end, and from there to the address', () => {
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
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  it('go off at this count within this time', () => {
    const limits = alarmsOf(quiet).map((alarm) => {
      expect(alarm.ComparisonOperator).toBe('GreaterThanOrEqualToThreshold');
      return [nameOf(alarm), alarm.Threshold, alarm.Period, alarm.EvaluationPeriods];
    });
    expect(limits).toEqual([
      ['function-errors', 1, 300, 1],
      ['defects', 1, 300, 1],
      ['throttles', 1, 300, 1],
      ['api-5xx', 5, 300, 1],
      ['api-throttled', 5, 300, 1],
      ['conflicts', 1, 300, 1],
      ['refused-messages', 1, 300, 1],
      ['rejected-tokens', 20, 300, 1],
      // The age in seconds: over 5 minutes, for three minutes in a row.
      ['pending-too-long', 301, 60, 3],
      ['retry-budget-low', 1, 300, 1],
      ['sns-delivery-failures', 1, 300, 1],
      ['dead-letter-failures', 1, 300, 1],
      ['failed-sweeps', 1, 300, 1],
      ['message-volume', 1_000, 3600, 1],
    ]);
  });

  it('use the sum of events, and the maximum of measured values', () => {
    const byMaximum = alarmsOf(loud).filter(({ Statistic }) => Statistic === 'Maximum');
    expect(byMaximum.map(nameOf)).toEqual(['pending-too-long', 'failed-sweeps']);
    const others = alarmsOf(loud).filter((alarm) => !byMaximum.includes(alarm));
    expect(new Set(others.map(({ Statistic }) => Statistic))).toEqual(new Set(['Sum']));
  });

  // AWS does not document what FILL makes of a metric that was never sent.
  it('watch one metric each, without an expression', () => {
    for (const alarm of alarmsOf(loud)) {
      expect(alarm).not.toHaveProperty('Metrics');
      expect(alarm).toMatchObject({
        MetricName: expect.any(String),
        Namespace: expect.any(String),
      });
    }
  });

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
  it('do not go off when they are created, because missing data never counts as breaching', () => {
    const treatments = new Map(alarmsOf(loud).map((alarm) => [nameOf(alarm), alarm]));
    for (const [name, { TreatMissingData, InsufficientDataActions }] of treatments) {
      const isSilentBad = name === 'pending-too-long';
      expect(TreatMissingData, name).toBe(isSilentBad ? 'missing' : 'notBreaching');
      // It reports silence through the state that silence causes. A new alarm begins in that state, and
      // actions run only on a change.
      expect(InsufficientDataActions, name).toEqual(
        isSilentBad ? [{ Ref: 'AlarmTopic' }] : undefined,
      );
    }
  });

  // The window moves with the clock. A period without data does not count as breaching:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
  it.each([[1], [2], [24]])(
    'noTrafficAlarmHours: %i go off after this many silent hours, and at most one more',
    async (hours) => {
      const { no_traffic } = await alarmsFor({ noTrafficAlarmHours: hours });
      const { ComparisonOperator, Threshold, Period, EvaluationPeriods } = no_traffic;
      expect(ComparisonOperator).toBe('LessThanThreshold');
      /** @param sums The number published in each minute since the alarm was made. */
      const isOn = (sums: readonly number[]) =>
        Array.from({ length: EvaluationPeriods }, (_, n) => {
          const end = sums.length - n * (Period / 60);
          const period = sums.slice(Math.max(0, end - Period / 60), Math.max(0, end));
          return period.length > 0 && period.reduce((sum, one) => sum + one, 0) < Threshold;
        }).every(Boolean);
      const firstAlarm = (published: number) => {
        const sums = [published];
        while (!isOn(sums) && sums.length < 200 * 60) sums.push(0);
        return sums.length / 60;
      };
      for (const published of [0, 1]) {
        expect(firstAlarm(published)).toBeGreaterThanOrEqual(hours);
        expect(firstAlarm(published)).toBeLessThanOrEqual(hours + 1.1);
      }
    },
  );

  it('watch these metrics', () => {
    const of = (alarm: { Namespace: string; MetricName: string; Dimensions: { Name: string }[] }) =>
      [alarm.Namespace, alarm.MetricName, ...alarm.Dimensions.map(({ Name }) => Name)].join(' ');
    // AWS's names: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    // https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    expect(Object.fromEntries(alarmsOf(loud).map((alarm) => [nameOf(alarm), of(alarm)]))).toEqual({
      'function-errors': 'AWS/Lambda Errors FunctionName',
      defects: 'InboundSms Failed service stage',
      throttles: 'AWS/Lambda Throttles FunctionName',
      'api-5xx': 'AWS/ApiGateway 5xx ApiId',
      'api-throttled': 'InboundSms Throttled service stage',
      conflicts: 'InboundSms Conflict service stage',
      'refused-messages': 'InboundSms Refused service stage',
      'rejected-tokens': 'InboundSms UnknownToken service stage',
      'pending-too-long': 'InboundSms OldestPendingAge service stage',
      'retry-budget-low': 'InboundSms RetryBudgetLow service stage',
      'sns-delivery-failures': 'AWS/SNS NumberOfNotificationsFailed TopicName',
      'dead-letter-failures': 'AWS/SNS NumberOfNotificationsFailedToRedriveToDlq TopicName',
      'failed-sweeps': 'AWS/SQS ApproximateNumberOfMessagesVisible QueueName',
      'message-volume': 'InboundSms Published service stage',
      'no-traffic': 'InboundSms Published service stage',
    });
    const references = new Map(alarmsOf(loud).map((alarm) => [nameOf(alarm), alarm.Dimensions]));
    const webhook = [{ Name: 'FunctionName', Value: { Ref: 'ReceiveSmsLambdaFunction' } }];
    expect([references.get('function-errors'), references.get('throttles')]).toEqual([
      webhook,
      webhook,
    ]);
    const topic = [{ Name: 'TopicName', Value: { 'Fn::GetAtt': ['MessagesTopic', 'TopicName'] } }];
    expect([
      references.get('sns-delivery-failures'),
      references.get('dead-letter-failures'),
    ]).toEqual([topic, topic]);
  });

  it('noTrafficAlarmHours: every sweep sends a zero, so that silent hours have data', () => {
    const filter = loud.Resources.SilentHours?.Properties;
    expect(filter).toMatchObject({
      LogGroupName: { Ref: 'PublishPendingLogGroup' },
      MetricTransformations: [
        {
          ...{ MetricNamespace: 'InboundSms', MetricName: 'Published', MetricValue: '0' },
          Dimensions: [
            { Key: 'service', Value: '$.service' },
            { Key: 'stage', Value: '$.stage' },
          ],
        },
      ],
    });
    expect(quiet.Resources).not.toHaveProperty('SilentHours');
  });

  it('noTrafficAlarmHours: the zero comes only from a sweep’s log line', async () => {
    const { FilterPattern } = loud.Resources.SilentHours?.Properties ?? {};
    const service = new FakeService();
    await service.sweep();
    expect(matchesPattern(FilterPattern, JSON.stringify(service.lastLine))).toBe(true);
    service.store.findPending = () => Promise.reject(new Error('down'));
    await expect(service.sweep()).rejects.toThrow('down');
    expect(matchesPattern(FilterPattern, JSON.stringify(service.lastLine))).toBe(false);
  });

  it('of subscribers: one for each one’s dead letters, and two if there is a forwarder', async () => {
    const crm = { name: 'crm', kind: 'https' };
    const jobs = { name: 'my-jobs', kind: 'queue' };
    const without = Object.keys(await alarmsFor({}));
    const namesWith = async (...subscribers: object[]) =>
      Object.keys(await alarmsFor({}, subscribers)).filter((name) => !without.includes(name));
    expect(await namesWith(jobs)).toEqual(['dead_letters_my_jobs']);
    expect(await namesWith(crm, jobs)).toEqual([
      ...['secret_missing', 'forwarder_errors', 'dead_letters_crm', 'dead_letters_my_jobs'],
    ]);
    expect(alarmNames([crm, jobs])).toEqual(
      expect.arrayContaining([
        ...['secret-missing', 'forwarder-errors', 'dead-letters-crm', 'dead-letters-my-jobs'],
      ]),
    );
  });

  it('of subscribers watch the dead-letter queue, the missing secrets and the errors', async () => {
    const alarms = await alarmsFor({}, [{ name: 'my-crm', kind: 'https' }]);
    expect(alarms.dead_letters_my_crm).toMatchObject({
      ...{ Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible' },
      ...{ Statistic: 'Maximum', Threshold: 1, TreatMissingData: 'notBreaching' },
      Dimensions: [
        { Name: 'QueueName', Value: { 'Fn::GetAtt': ['SubscriberMyCrmDeadLetters', 'QueueName'] } },
      ],
    });
    expect(alarms.secret_missing).toMatchObject({
      ...{ Namespace: 'InboundSms', MetricName: 'SecretMissing', Statistic: 'Sum' },
    });
    expect(alarms.forwarder_errors).toMatchObject({
      ...{ Namespace: 'AWS/Lambda', MetricName: 'Errors' },
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'ForwardMessageLambdaFunction' } }],
    });
    expect(alarms.dead_letters_my_crm.AlarmDescription).toContain('operations.md#dead-letters in');
    for (const { AlarmDescription } of Object.values(alarms)) {
      // Room for a long service, stage, subscriber and URL.
      expect(AlarmDescription.length + 60 + 40 + 30 + 200).toBeLessThanOrEqual(1024);
    }
  });

  it('messagesAlarmPerHour: counts what the webhook and what the sweeper published', () => {
    const volume = alarmsOf(quiet).find((alarm) => nameOf(alarm) === 'message-volume');
    expect(volume).toMatchObject({ MetricName: 'Published', Namespace: 'InboundSms' });
  });
});
