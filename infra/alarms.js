import { API, aws, DIMENSIONS, FAILED_SWEEPS, NAMESPACE, own, TOPIC, WEBHOOK } from './metrics.js';
import { withParameters } from './with-parameters.js';

/**
 * What somebody should hear of. `means` says what has happened and why it matters; what to do is in
 * docs/operations.md, in the section of the alarm's name.
 *
 * An alarm watches one metric. A sum would need a value of each metric at all times, and most of them are
 * not sent before something happens: AWS does not document what `FILL` makes of a metric that was never
 * sent. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * Missing data is no alarm, so none goes off before its metric was sent for the first time.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * @typedef {object} Alarm
 * @property {string} name Of the alarm, after the stack's; and of the section.
 * @property {string} means
 * @property {import('./metrics.js').Metric} metric
 * @property {number} over The alarm goes off when the metric reaches it; `below` when it is under it.
 * @property {number} [seconds] Length of one period, 300 unless told.
 * @property {number} [periods] How many periods in a row, 1 unless told.
 * @property {boolean} [below]
 * @property {boolean} [silenceIsBad] The metric comes all the time: to hear nothing is bad, too. The state
 * is then INSUFFICIENT_DATA, in which every alarm begins, so that a new one does not go off.
 */

/** @type {Alarm[]} */
const ALARMS = [
  {
    name: 'function-errors',
    means: 'The webhook crashed, timed out or could not start: the PBX was answered 5xx.',
    metric: aws('Lambda', 'Errors', WEBHOOK),
    over: 1,
  },
  {
    name: 'defects',
    means: 'The webhook met a defect of its own: the PBX was answered 500.',
    metric: own('Failed'),
    over: 1,
  },
  {
    name: 'throttles',
    means:
      'Lambda refused to run the webhook: the account or the function has no concurrency left.',
    metric: aws('Lambda', 'Throttles', WEBHOOK),
    over: 1,
  },
  {
    name: 'api-5xx',
    means: 'The PBX is answered 5xx again and again: it retries, and e-mails after ten attempts.',
    metric: aws('ApiGateway', '5xx', API),
    over: 5,
  },
  {
    name: 'api-throttled',
    means: 'API Gateway answered 429: more requests came than throttleRate lets through.',
    metric: own('Throttled'),
    over: 5,
  },
  {
    name: 'conflicts',
    means: 'A message came under the message_id of another one: it was refused and is not stored.',
    metric: own('Conflict'),
    over: 1,
  },
  {
    name: 'refused-messages',
    means:
      'Somebody with the right URL sent what is not accepted: it is not stored, the PBX e-mails it.',
    metric: own('Refused'),
    over: 1,
  },
  {
    name: 'rejected-tokens',
    means:
      'Many requests with a wrong token: the URL in the PBX portal is old, or somebody guesses.',
    metric: own('UnknownToken'),
    over: 20,
  },
  {
    name: 'pending-too-long',
    means:
      'A stored message has waited over 5 minutes to be published. With INSUFFICIENT_DATA: no sweep has reported for about 5 minutes.',
    metric: own('OldestPendingAge', 'Maximum'),
    over: 301,
    seconds: 60,
    periods: 3,
    silenceIsBad: true,
  },
  {
    name: 'retry-budget-low',
    means: 'The PBX has few attempts left for a message: soon it gives up and e-mails it.',
    metric: own('RetryBudgetLow'),
    over: 1,
  },
  {
    name: 'sns-delivery-failures',
    means:
      'SNS failed to deliver to a subscriber. Without a dead-letter queue, that subscriber has lost messages; of an HTTP endpoint, each failed attempt counts.',
    metric: aws('SNS', 'NumberOfNotificationsFailed', TOPIC),
    over: 1,
  },
  {
    name: 'dead-letter-failures',
    means: 'SNS could not put a message into a dead-letter queue: a subscriber has lost it.',
    metric: aws('SNS', 'NumberOfNotificationsFailedToRedriveToDlq', TOPIC),
    over: 1,
  },
  {
    name: 'failed-sweeps',
    means: 'A sweep failed, or could not be started: what is pending may wait.',
    metric: aws('SQS', 'ApproximateNumberOfMessagesVisible', FAILED_SWEEPS, 'Maximum'),
    over: 1,
  },
];

/**
 * One period more than hours: CloudWatch's window moves on with the clock, so the first and the last period
 * of a new alarm are there after minutes. Without the one more, `hours: 1` would go off at birth.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 *
 * @param {number} hours @returns {Alarm}
 */
const noTraffic = (hours) => ({
  name: 'no-traffic',
  means: `No message has been published for ${hours} hours: is the URL still in the PBX portal?`,
  metric: own('Published'),
  over: 1,
  below: true,
  seconds: 3600,
  periods: hours + 1,
});

/**
 * Each sweep counts as no message: the hours in which none came have data, from the first deploy on.
 * Without data an hour would not count as silent.
 */
const SILENT_HOURS = {
  Type: 'AWS::Logs::MetricFilter',
  Properties: {
    LogGroupName: { Ref: 'PublishPendingLogGroup' },
    FilterPattern: '{ $.outcome = "swept" }',
    MetricTransformations: [
      {
        MetricNamespace: NAMESPACE,
        MetricName: 'Published',
        MetricValue: '0',
        Unit: 'Count',
        Dimensions: Object.keys(DIMENSIONS).map((key) => ({ Key: key, Value: `$.${key}` })),
      },
    ],
  },
};

/** @param {number} messages @returns {Alarm} */
const messageVolume = (messages) => ({
  name: 'message-volume',
  means: `At least ${messages} messages came within an hour: is somebody using a leaked URL?`,
  metric: own('Published'),
  over: messages,
  seconds: 3600,
});

/** What every alarm that a stack can have is called, after the stack's name and a hyphen. */
export const ALARM_NAMES = [...ALARMS, messageVolume(1), noTraffic(1)].map(({ name }) => name);

/** The alarms, and the topic of their own that they go to. */
export const alarms = withParameters((parameters) => {
  const { alarmEmail, messagesAlarmPerHour, noTrafficAlarmHours } = parameters;
  const all = [
    ...ALARMS,
    ...(messagesAlarmPerHour > 0 ? [messageVolume(messagesAlarmPerHour)] : []),
    ...(noTrafficAlarmHours > 0 ? [noTraffic(noTrafficAlarmHours)] : []),
  ];
  return {
    Resources: {
      // Not encrypted with AWS's key for SNS: CloudWatch cannot publish to such a topic.
      AlarmTopic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'Inbound SMS alarms' } },
      AlarmTopicPolicy: policy(),
      ...(alarmEmail && {
        AlarmEmailSubscription: {
          Type: 'AWS::SNS::Subscription',
          Properties: { TopicArn: ALARM_TOPIC, Protocol: 'email', Endpoint: alarmEmail },
        },
      }),
      ...(noTrafficAlarmHours > 0 && { SilentHours: SILENT_HOURS }),
      ...Object.fromEntries(all.map((alarm) => [logicalId(alarm), resource(alarm)])),
    },
    Outputs: {
      AlarmTopicArn: { Description: 'Where alarms go', Value: ALARM_TOPIC },
      ...(alarmEmail && {
        AlarmEmail: { Description: 'Who hears of alarms', Value: alarmEmail },
      }),
    },
  };
});

const ALARM_TOPIC = { Ref: 'AlarmTopic' };

/** `api-5xx` is `Api5xxAlarm`. */
function logicalId({ name }) {
  return `${name.replace(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase())}Alarm`;
}

/** @param {Alarm} alarm */
function resource({ name, means, metric, over, below, seconds = 300, periods = 1, silenceIsBad }) {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: { 'Fn::Sub': `\${AWS::StackName}-${name}` },
      AlarmDescription: `${means} What to do: docs/operations.md#${name}`,
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
      // Runs when the state changes "from any other state", so not for the state that an alarm begins in.
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
      ...(silenceIsBad && { InsufficientDataActions: [ALARM_TOPIC] }),
    },
  };
}

function policy() {
  return {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [ALARM_TOPIC],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'AlarmsOfThisAccountMayPublish',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: ALARM_TOPIC,
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
          {
            Sid: 'PublishOverTlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sns:Publish',
            Resource: ALARM_TOPIC,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    },
  };
}
