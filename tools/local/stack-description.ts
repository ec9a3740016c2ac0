import { EDGE_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from '../../lib/http/edge.ts';
import { REGION } from './aws.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { LOGS_PATH } from './logs.ts';
import { SSM_PATH } from './parameter-store.ts';
import { CLOUDWATCH_PATH } from './queue-metrics.ts';
import { subscriberOutputs } from './subscribers.ts';
import type { Template } from './template.ts';

/** At this path, the gateway answers with the {@link StackDescription}. */
export const STACK_PATH = '/_stack';

/**
 * What a tool needs to work with the local stack. For a deployed one, CloudFormation and the SDK's
 * configuration have it.
 */
export interface StackDescription {
  readonly stackName: string;
  readonly region: string;
  readonly outputs: {
    readonly MessagesTableName: string;
    readonly MessagesTopicArn: string;
    readonly WebhookBaseUrl: string;
    readonly MessageFormat: string;
    readonly RetentionDays: string;
    readonly AllowedSmsNumbers: string;
    readonly Version: string;
    /** For each subscriber: see tools/shared/subscriber-outputs.ts. */
    readonly [subscriber: `Subscriber${string}`]: string;
  };
  /** The URL for the PBX's field, with the token. */
  readonly webhookUrl: string;
  /** The headers that an edge would add to a request. */
  readonly edgeHeaders: Readonly<Record<string, string>>;
  /** By the function's key in serverless.yml. */
  readonly logGroups: Readonly<Record<string, string>>;
  readonly endpoints: {
    readonly dynamodb: string;
    readonly sns: string;
    readonly sqs: string;
    readonly logs: string;
    /** For reading subscribers' secrets. */
    readonly ssm: string;
    /** For GetMetricData with a queue's ApproximateAgeOfOldestMessage. */
    readonly cloudwatch: string;
  };
}

export interface DescribedStack {
  readonly template: Template;
  readonly functions: readonly FunctionDefinition[];
  /** The webhook's path below the gateway's URL. */
  readonly webhookPath: string;
  readonly edgeHeaders: Readonly<Record<string, string>>;
  readonly dynamodbEndpoint: string;
  readonly snsEndpoint: string;
}

/** The stack's outputs, as CloudFormation would return them. @param webhookUrl With a token at its end. */
export function stackOutputs(template: Template, webhookUrl: string): StackDescription['outputs'] {
  return {
    MessagesTableName: template.output('MessagesTableName'),
    MessagesTopicArn: template.output('MessagesTopicArn'),
    MessageFormat: template.output('MessageFormat'),
    RetentionDays: template.output('RetentionDays'),
    AllowedSmsNumbers: template.output('AllowedSmsNumbers'),
    Version: template.output('Version'),
    WebhookBaseUrl: webhookUrl.slice(0, webhookUrl.lastIndexOf('/')),
    ...subscriberOutputs(template),
  };
}

/** @param url The gateway's URL. */
export function describeStack(stack: DescribedStack, url: string): StackDescription {
  const { template, functions, webhookPath, dynamodbEndpoint, snsEndpoint } = stack;
  return {
    stackName: template.stackName,
    region: REGION,
    outputs: stackOutputs(template, url + webhookPath),
    webhookUrl: url + webhookPath,
    edgeHeaders: stack.edgeHeaders,
    logGroups: Object.fromEntries(functions.map(({ key, name }) => [key, `/aws/lambda/${name}`])),
    endpoints: {
      dynamodb: dynamodbEndpoint,
      sns: snsEndpoint,
      sqs: snsEndpoint,
      logs: url + LOGS_PATH,
      ssm: url + SSM_PATH,
      cloudwatch: url + CLOUDWATCH_PATH,
    },
  };
}

/**
 * The headers that an edge adds to requests. The local stack's own senders use them. Other senders must add
 * them, or are refused.
 *
 * @param secrets Comma separated, the current one last. Empty if there is no edge.
 */
export function edgeHeaders(secrets: string | undefined): Readonly<Record<string, string>> {
  const current = secrets?.split(',').at(-1)?.trim();
  if (!current) return {};
  return { [EDGE_SECRET_HEADER]: current, [VIEWER_ADDRESS_HEADER]: '127.0.0.1:443' };
}
