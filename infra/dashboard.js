import { sub } from './cloudformation.js';
import { API, aws, own, SWEEPER, TABLE, TOPIC, WEBHOOK } from './metrics.js';

/** @import { Metric } from './metrics.js' */

const WIDTH = 8;
const HEIGHT = 6;
const PER_ROW = 24 / WIDTH;
const SHOWN_AS = { region: '${AWS::Region}', view: 'timeSeries', period: 300 };

/** @param {string[]} names The names of metrics of the service itself. */
const sums = (...names) => names.map((name) => own(name));

/**
 * What the table and each of its indexes consume. DynamoDB's metric of the table does not include its indexes.
 *
 * @param {string} name
 */
const consumed = (name) =>
  [{}, ...['pending-index', 'timeline-index'].map((index) => ({ GlobalSecondaryIndexName: index }))]
    .map((index) => ({ ...TABLE, ...index }))
    .map((dimensions) => aws('DynamoDB', name, dimensions));

/**
 * What is going on, what is going wrong, and what it costs. A title says what its graph shows.
 *
 * @type {Readonly<Record<string, readonly Metric[]>>}
 */
const WIDGETS = {
  'Intake: requests and published messages': [
    aws('ApiGateway', 'Count', API),
    ...sums('Published', 'SweepPublished'),
  ],
  'Not delivered: the PBX retries': sums('InFlight', 'Unavailable', 'Failed', 'RetryBudgetLow'),
  'Refused: the PBX retries, then e-mails': [
    ...sums('Conflict', 'Refused', 'Invalid', 'NotAForm', 'TooLarge'),
    ...sums('SourceNotAllowed', 'NumberNotAllowed', 'EdgeBypassed'),
  ],
  'Latency of the webhook, ms': [
    own('Duration', 'p50'),
    own('Duration', 'p99'),
    aws('ApiGateway', 'Latency', API, 'p50'),
    aws('ApiGateway', 'Latency', API, 'p99'),
  ],
  'Duplicates: the PBX sent a delivered message again': sums('Duplicate', 'NotMarked'),
  'Rejected: wrong token or method, throttled, 4xx and 5xx': [
    ...sums('UnknownToken', 'MethodNotAllowed', 'Throttled'),
    aws('ApiGateway', '4xx', API),
    aws('ApiGateway', '5xx', API),
  ],
  'Pending for over a minute: messages, age of the oldest in s': [
    own('Pending', 'Maximum'),
    own('OldestPendingAge', 'Maximum'),
  ],
  'Sweeper: failures, and the longest run in ms': [
    ...sums('SweepFailed', 'SweepRefused'),
    own('SweepDuration', 'Maximum'),
    aws('Lambda', 'Errors', SWEEPER),
  ],
  'Settings of the PBX to check': [
    ...sums('OldTokenUsed', 'WebhookUrlMismatch', 'FallbackMissing', 'TokenRedacted'),
  ],
  'Malformed forms that were delivered': [
    ...sums('OptionalFieldMalformed', 'ExtraCut', 'UnexpectedContentType'),
    ...sums('DecodedAsWindows1252', 'DecodedWithReplacements'),
  ],
  'Cost: Lambda, ms of run time': [
    aws('Lambda', 'Duration', WEBHOOK),
    aws('Lambda', 'Duration', SWEEPER),
    aws('Lambda', 'ConcurrentExecutions', WEBHOOK, 'Maximum'),
  ],
  'Cost: DynamoDB, units consumed': [
    ...consumed('ConsumedWriteCapacityUnits'),
    ...consumed('ConsumedReadCapacityUnits'),
  ],
  'Cost: SNS and logs': [
    aws('SNS', 'NumberOfMessagesPublished', TOPIC),
    aws('SNS', 'NumberOfNotificationsDelivered', TOPIC),
    aws('SNS', 'NumberOfNotificationsFailed', TOPIC),
    aws('SNS', 'NumberOfNotificationsFailedToRedriveToDlq', TOPIC),
    aws('Logs', 'IncomingBytes', { LogGroupName: { Ref: 'ReceiveSmsLogGroup' } }),
  ],
};

/** The dashboard of a stack. */
export const dashboard = {
  Resources: {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: { DashboardName: sub('${AWS::StackName}'), DashboardBody: body() },
    },
  },
  Outputs: {
    DashboardName: { Description: 'In CloudWatch', Value: { Ref: 'Dashboard' } },
  },
};

/** The body is JSON as text. `Fn::Sub` inserts what only CloudFormation knows. */
function body() {
  const widgets = Object.entries(WIDGETS).map(([title, metrics], index) => ({
    type: 'metric',
    x: (index % PER_ROW) * WIDTH,
    y: Math.floor(index / PER_ROW) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: { title, metrics: metrics.map(shown), ...SHOWN_AS },
  }));
  /** @type {Record<string, unknown>} */
  const variables = {};
  const json = JSON.stringify({ widgets }, (_, value) => {
    const reference = value?.Ref ?? value?.['Fn::GetAtt']?.join('');
    if (reference === undefined) return value;
    variables[reference] = value;
    return `\${${reference}}`;
  });
  return { 'Fn::Sub': [json, variables] };
}

/** @param {Metric} metric */
function shown({ namespace, name, dimensions, stat }) {
  return [namespace, name, ...Object.entries(dimensions).flat(), { stat }];
}
