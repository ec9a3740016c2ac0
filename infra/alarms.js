import { API, aws, FAILED_SWEEPS, own, SWEEPER, TOPIC, WEBHOOK } from './metrics.js';
import { withParameters } from './with-parameters.js';

/**
 * What somebody should hear of. `means` says what has happened and why it matters; what to do is in
 * docs/operations.md, in the section of the alarm's name.
 *
 * @typedef {object} Alarm
 * @property {string} name Of the alarm, after the stack's; and of the section.
 * @property {string} means
 * @property {import('./metrics.js').Metric[]} metrics Several are added up.
 * @property {number} over The alarm goes off when the metric reaches it; `below` when it is under it.
 * @property {number} [seconds] Length of one period, 300 unless told.
 * @property {number} [periods] How many periods in a row, 1 unless told.
 * @property {boolean} [below]
 * @property {boolean} [silenceIsBad] No data is an alarm, too.
 */

/** @type {Alarm[]} */
const ALARMS = [
  {
    name: 'function-errors',
    means: 'A function crashed, timed out, could not start, or met a defect of its own.',
    metrics: [aws('Lambda', 'Errors', WEBHOOK), aws('Lambda', 'Errors', SWEEPER), own('Failed')],
    over: 1,
  },
  {
    name: 'throttles',
    means: 'Lambda refused to run a function: the account or the function has no concurrency left.',
    metrics: [aws('Lambda', 'Throttles', WEBHOOK), aws('Lambda', 'Throttles', SWEEPER)],
    over: 1,
  },
  {
    name: 'api-5xx',
    means: 'The PBX is answered 5xx again and again: it retries, and e-mails after ten attempts.',
    metrics: [aws('ApiGateway', '5xx', API)],
    over: 5,
  },
  {
    name: 'api-throttled',
    means: 'API Gateway answered 429: more requests came than throttleRate lets through.',
    metrics: [own('Throttled')],
    over: 5,
  },
  {
    name: 'conflicts',
    means: 'A message came under the message_id of another one: it was refused and is not stored.',
    metrics: [own('Conflict')],
    over: 1,
  },
  {
    name: 'refused-messages',
    means:
      'Somebody with the right URL sent what is not accepted: it is not stored, the PBX e-mails it.',
    metrics: [
      own('Invalid'),
      own('NotAForm'),
      own('TooLarge'),
      own('SourceNotAllowed'),
      own('NumberNotAllowed'),
      own('EdgeBypassed'),
    ],
    over: 1,
  },
  {
    name: 'rejected-tokens',
    means:
      'Many requests with a wrong token: the URL in the PBX portal is old, or somebody guesses.',
    metrics: [own('UnknownToken')],
    over: 20,
  },
  {
    name: 'pending-too-long',
    means:
      'A stored message has waited over 5 minutes to be published, or the sweeper does not report.',
    metrics: [own('OldestPendingAge', 'Maximum')],
    over: 301,
    seconds: 60,
    periods: 3,
    silenceIsBad: true,
  },
  {
    name: 'retry-budget-low',
    means: 'The PBX has few attempts left for a message: soon it gives up and e-mails it.',
    metrics: [own('RetryBudgetLow')],
    over: 1,
  },
  {
    name: 'sns-delivery-failures',
    means: 'SNS could not deliver to a subscriber: that subscriber has lost messages.',
    metrics: [aws('SNS', 'NumberOfNotificationsFailed', TOPIC)],
    over: 1,
  },
  {
    name: 'failed-sweeps',
    means: 'A sweep could not be started or failed: what is pending may wait.',
    metrics: [aws('SQS', 'ApproximateNumberOfMessagesVisible', FAILED_SWEEPS, 'Maximum')],
    over: 1,
  },
];

/** @param {number} hours @returns {Alarm} */
const noTraffic = (hours) => ({
  name: 'no-traffic',
  means: `No message has come for ${hours} hours: is the URL still in the PBX portal?`,
  metrics: [own('Published')],
  over: 1,
  below: true,
  seconds: 3600,
  periods: hours,
  silenceIsBad: true,
});

/** @param {number} messages @returns {Alarm} */
const messageVolume = (messages) => ({
  name: 'message-volume',
  means: `At least ${messages} messages came within an hour: is somebody using a leaked URL?`,
  metrics: [own('Published'), own('SweepPublished')],
  over: messages,
  seconds: 3600,
});

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
function resource({ name, means, metrics, over, below, seconds = 300, periods = 1, silenceIsBad }) {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: { 'Fn::Sub': `\${AWS::StackName}-${name}` },
      AlarmDescription: `${means} What to do: docs/operations.md#${name}`,
      ...measure(metrics, seconds),
      ComparisonOperator: below ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
      Threshold: over,
      EvaluationPeriods: periods,
      TreatMissingData: silenceIsBad ? 'breaching' : 'notBreaching',
      AlarmActions: [ALARM_TOPIC],
      OKActions: [ALARM_TOPIC],
    },
  };
}

/** @param {import('./metrics.js').Metric[]} metrics @param {number} seconds */
function measure(metrics, seconds) {
  const [only, ...others] = metrics;
  if (others.length === 0) {
    const { MetricName, Namespace, Dimensions } = metricOf(only);
    return { MetricName, Namespace, Dimensions, Period: seconds, Statistic: only.stat };
  }
  const parts = metrics.map((metric, index) => ({
    Id: `m${index}`,
    ReturnData: false,
    MetricStat: { Metric: metricOf(metric), Period: seconds, Stat: metric.stat },
  }));
  // FILL: a metric that has not been sent yet would leave the whole sum without data.
  const sum = parts.map(({ Id }) => `FILL(${Id}, 0)`).join(' + ');
  return { Metrics: [{ Id: 'sum', Expression: sum, ReturnData: true }, ...parts] };
}

function metricOf({ name, namespace, dimensions }) {
  return {
    MetricName: name,
    Namespace: namespace,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
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
