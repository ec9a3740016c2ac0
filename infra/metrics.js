/** The service's own metrics: lib/telemetry/metrics.ts lists their names. */
const NAMESPACE = 'InboundSms';

/** The dimensions of this service and stage, for alarms and dashboards. */
export const DIMENSIONS = { service: '${self:service}', stage: '${sls:stage}' };

/** Dimensions of AWS's own metrics. */
export const API = { ApiId: { Ref: 'HttpApi' } };
export const TABLE = { TableName: { Ref: 'MessagesTable' } };
export const TOPIC = { TopicName: { 'Fn::GetAtt': ['MessagesTopic', 'TopicName'] } };
export const WEBHOOK = { FunctionName: { Ref: 'ReceiveSmsLambdaFunction' } };
export const SWEEPER = { FunctionName: { Ref: 'PublishPendingLambdaFunction' } };
export const FORWARDER = { FunctionName: { Ref: 'ForwardMessageLambdaFunction' } };
/** @param {string} id The queue's logical id. */
export const queue = (id) => ({ QueueName: { 'Fn::GetAtt': [id, 'QueueName'] } });
export const FAILED_SWEEPS = queue('FailedSweeps');

/** @typedef {Readonly<Record<string, unknown>>} Dimensions */
/** @typedef {{ name: string, namespace: string, dimensions: Dimensions, stat: string }} Metric */

/**
 * @param {string} name A metric of lib/telemetry/metrics.ts, or `Throttled` of api.js.
 * @param {string} [stat]
 * @returns {Metric}
 */
export function own(name, stat = 'Sum') {
  return { name, namespace: NAMESPACE, dimensions: DIMENSIONS, stat };
}

/**
 * @param {'ApiGateway' | 'DynamoDB' | 'Lambda' | 'Logs' | 'SNS' | 'SQS'} service
 * @param {string} name
 * @param {Dimensions} dimensions
 * @param {string} [stat]
 * @returns {Metric}
 */
export function aws(service, name, dimensions, stat = 'Sum') {
  return { name, namespace: `AWS/${service}`, dimensions, stat };
}

/**
 * A metric of the service that CloudWatch makes from the lines of a log.
 *
 * @param {string} logGroup Its logical id.
 * @param {string} FilterPattern
 * @param {string} MetricName
 * @param {string} MetricValue The value of a line.
 */
export function fromLog(logGroup, FilterPattern, MetricName, MetricValue) {
  const Dimensions = Object.keys(DIMENSIONS).map((Key) => ({ Key, Value: `$.${Key}` }));
  const metric = { MetricNamespace: NAMESPACE, MetricName, MetricValue, Unit: 'Count', Dimensions };
  return {
    Type: 'AWS::Logs::MetricFilter',
    Properties: { LogGroupName: { Ref: logGroup }, FilterPattern, MetricTransformations: [metric] },
  };
}
