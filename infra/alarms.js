import { ALARMS, deadLettersOf, FORWARDER_ALARMS, messageVolume, noTraffic } from './alarm-list.js';
import { allow, publishOverTlsOnly, sub, subscribersOf, topicPolicy } from './cloudformation.js';
import { docsUrl } from './docs-url.js';
import { DIMENSIONS, fromLog } from './metrics.js';
import { logicalIdOf } from './plugin/subscribers.js';
import { isForwarded } from './subscribers.js';

/**
 * @import { Alarm } from './alarm-list.js'
 * @import { Parameters, Resolver } from './types.d.ts'
 */

/**
 * The alarms and their own topic.
 *
 * @param {Resolver} resolver
 */
export async function alarms(resolver) {
  const { resolveVariable } = resolver;
  const { alarmEmail, messagesAlarmPerHour, noTrafficAlarmHours } = /** @type {Parameters} */ (
    await resolveVariable('parameters:')
  );
  const docs = await resolveVariable('file(infra/plugin/serverless-config.js):docs');
  const subscribers = await subscribersOf(resolver);
  const all = [
    ...ALARMS,
    ...(messagesAlarmPerHour > 0 ? [messageVolume(messagesAlarmPerHour)] : []),
    ...(noTrafficAlarmHours > 0 ? [noTraffic(noTrafficAlarmHours)] : []),
    ...(subscribers.some(isForwarded) ? FORWARDER_ALARMS : []),
    ...subscribers.map(({ name }) => deadLettersOf(name, `${logicalIdOf(name)}DeadLetters`)),
  ];
  return {
    Resources: {
      // Unencrypted, because CloudWatch cannot publish to a topic with AWS's key for SNS.
      AlarmTopic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'Inbound SMS alarms' } },
      AlarmTopicPolicy: topicPolicy('AlarmTopic', [
        allow('AlarmsOfThisAccountMayPublish', 'sns:Publish', ALARM_TOPIC, {
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
        publishOverTlsOnly('AlarmTopic'),
      ]),
      ...(alarmEmail && {
        AlarmEmailSubscription: {
          Type: 'AWS::SNS::Subscription',
          Properties: { TopicArn: ALARM_TOPIC, Protocol: 'email', Endpoint: alarmEmail },
        },
      }),
      ...(noTrafficAlarmHours > 0 && { SilentHours: SILENT_HOURS }),
      ...Object.fromEntries(all.map((alarm) => [logicalId(alarm), resource(alarm, docs)])),
    },
    Outputs: {
      AlarmTopicArn: { Description: 'Where alarms go', Value: ALARM_TOPIC },
      ...(alarmEmail && {
        AlarmEmail: { Description: 'Who hears of alarms', Value: alarmEmail },
      }),
    },
  };
}

const ALARM_TOPIC = { Ref: 'AlarmTopic' };

/**
 * Each sweep counts as zero messages, so every hour has data from the first deploy on. An hour without data
 * would not count as silent.
 */
const SILENT_HOURS = fromLog('PublishPendingLogGroup', '{ $.outcome = "swept" }', 'Published', '0');

/** `api-5xx` is `Api5xxAlarm`. @param {Alarm} alarm */
function logicalId({ name, subscriber }) {
  if (subscriber) return `${logicalIdOf(subscriber)}DeadLettersAlarm`;
  return `${name.replace(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase())}Alarm`;
}

/**
 * The text of an alarm's e-mails, when it goes off and when it ends. CloudWatch takes 1,024 characters.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 *
 * @param {Alarm} alarm
 * @param {string} docs The URL of the documents' folder; empty if unknown.
 */
function description({ name, section = name, means, lost, act }, docs) {
  return [
    `${DIMENSIONS.service}, stage ${DIMENSIONS.stage}: ${means}`,
    `Is a message lost? ${lost}`,
    `Act now? ${act}`,
    `What to do: ${docsUrl(`operations.md#${section}`, docs)}`,
    'If the state is OK, it is over.',
  ].join('\n');
}

/** @param {Alarm} alarm @param {string} docs */
function resource(alarm, docs) {
  const { name, metric, over, below, seconds = 300, periods = 1, silenceIsBad } = alarm;
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: sub(`\${AWS::StackName}-${name}`),
      AlarmDescription: description(alarm, docs),
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: metric.stat,
      Period: seconds,
      ComparisonOperator: below ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
      Threshold: over,
      EvaluationPeriods: periods,
      TreatMissingData: silenceIsBad ? 'missing' : 'notBreaching',
      AlarmActions: [ALARM_TOPIC],
      OKActions: [ALARM_TOPIC],
      // Runs only on a change "from any other state", so not for the state in which an alarm begins.
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
      ...(silenceIsBad && { InsufficientDataActions: [ALARM_TOPIC] }),
    },
  };
}
