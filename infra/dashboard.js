import { API, aws, indexOf, own, SWEEPER, TABLE, TOPIC, WEBHOOK } from './metrics.js';

const WIDTH = 8;
const HEIGHT = 6;
const PER_ROW = 24 / WIDTH;

/** What is going on, what is going wrong, and what it costs. Titles say what to read from a widget. */
const WIDGETS = [
  graph('Intake: requests and published messages', [
    aws('ApiGateway', 'Count', API),
    own('Published'),
    own('SweepPublished'),
  ]),
  graph('Outcomes the PBX retries', [
    own('InFlight'),
    own('Unavailable'),
    own('Failed'),
    own('RetryBudgetLow'),
  ]),
  graph('Outcomes the PBX e-mails in the end', [
    own('Conflict'),
    own('Refused'),
    own('Invalid'),
    own('NotAForm'),
    own('TooLarge'),
    own('SourceNotAllowed'),
    own('NumberNotAllowed'),
    own('EdgeBypassed'),
  ]),
  graph('Latency of the webhook, ms', [
    own('Duration', 'p50'),
    own('Duration', 'p99'),
    aws('ApiGateway', 'Latency', API, 'p50'),
    aws('ApiGateway', 'Latency', API, 'p99'),
  ]),
  graph('Duplicates: the PBX repeats what was delivered', [own('Duplicate'), own('NotMarked')]),
  graph('Rejected at the door', [
    own('UnknownToken'),
    own('MethodNotAllowed'),
    own('Throttled'),
    aws('ApiGateway', '4xx', API),
    aws('ApiGateway', '5xx', API),
  ]),
  graph('Pending: stored, not published yet', [
    own('Pending', 'Maximum'),
    own('OldestPendingAge', 'Maximum'),
  ]),
  graph('Sweeper', [
    own('SweepFailed'),
    own('SweepRefused'),
    own('SweepDuration', 'Maximum'),
    aws('Lambda', 'Errors', SWEEPER),
  ]),
  graph('Settings of the PBX that need a look', [
    own('OldTokenUsed'),
    own('WebhookUrlMismatch'),
    own('FallbackMissing'),
    own('TokenRedacted'),
  ]),
  graph('Forms that are odd, but delivered', [
    own('OptionalFieldMalformed'),
    own('ExtraCut'),
    own('UnexpectedContentType'),
    own('DecodedAsWindows1252'),
    own('DecodedWithReplacements'),
  ]),
  graph('Cost: Lambda, ms of run time', [
    aws('Lambda', 'Duration', WEBHOOK),
    aws('Lambda', 'Duration', SWEEPER),
    aws('Lambda', 'ConcurrentExecutions', WEBHOOK, 'Maximum'),
  ]),
  graph('Cost: DynamoDB, units consumed', [
    ...['ConsumedWriteCapacityUnits', 'ConsumedReadCapacityUnits'].flatMap((name) =>
      [TABLE, indexOf('pending-index'), indexOf('timeline-index')].map((dimensions) =>
        aws('DynamoDB', name, dimensions),
      ),
    ),
  ]),
  graph('Cost: SNS and logs', [
    aws('SNS', 'NumberOfMessagesPublished', TOPIC),
    aws('SNS', 'NumberOfNotificationsDelivered', TOPIC),
    aws('SNS', 'NumberOfNotificationsFailed', TOPIC),
    aws('SNS', 'NumberOfNotificationsFailedToRedriveToDlq', TOPIC),
    aws('Logs', 'IncomingBytes', { LogGroupName: { Ref: 'ReceiveSmsLogGroup' } }),
  ]),
];

/** One dashboard a stack. */
export const dashboard = {
  Resources: {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: { 'Fn::Sub': '${AWS::StackName}' },
        DashboardBody: body(WIDGETS),
      },
    },
  },
  Outputs: {
    DashboardName: { Description: 'In CloudWatch', Value: { Ref: 'Dashboard' } },
  },
};

/**
 * @param {string} title
 * @param {import('./metrics.js').Metric[]} metrics
 */
function graph(title, metrics) {
  return {
    title,
    metrics: metrics.map(({ name, namespace, dimensions, stat }) => [
      namespace,
      name,
      ...Object.entries(dimensions).flat(),
      { stat },
    ]),
  };
}

/** The body is JSON in a text: what CloudFormation knows goes in through `Fn::Sub`. */
function body(graphs) {
  const variables = {};
  const widgets = graphs.map(({ title, metrics }, index) => ({
    type: 'metric',
    x: (index % PER_ROW) * WIDTH,
    y: Math.floor(index / PER_ROW) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: { title, metrics, region: '${AWS::Region}', view: 'timeSeries', period: 300 },
  }));
  const json = JSON.stringify({ widgets }, (_, value) => {
    const reference = value?.Ref ?? value?.['Fn::GetAtt']?.join('');
    if (reference === undefined) return value;
    variables[reference] = value;
    return `\${${reference}}`;
  });
  return { 'Fn::Sub': [json, variables] };
}
