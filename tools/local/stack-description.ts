import { EDGE_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from '../../lib/http/edge.ts';
import { REGION } from './aws.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { LOGS_PATH } from './logs.ts';
import { SSM_PATH } from './parameter-store.ts';
import { CLOUDWATCH_PATH } from './queue-metrics.ts';
import { subscriberOutputs } from './subscribers.ts';
import type { Template } from './template.ts';

/** Where the gateway answers with the {@link StackDescription}. */
export const STACK_PATH = '/_stack';

/**
 * What a tool must know to work with the local stack: what CloudFormation and the SDK's configuration
 * say of a deployed one.
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
    /** Of each subscriber: see tools/shared/subscriber-outputs.ts. */
    readonly [subscriber: `Subscriber${string}`]: string;
  };
  /** What goes into the PBX's field, with the token. */
  readonly webhookUrl: string;
  /** What a request must carry besides, as if it came through the edge. */
  readonly edgeHeaders: Readonly<Record<string, string>>;
  /** Of each function, by its key in serverless.yml. */
  readonly logGroups: Readonly<Record<string, string>>;
  readonly endpoints: {
    readonly dynamodb: string;
    readonly sns: string;
    readonly sqs: string;
    readonly logs: string;
    /** Secrets of subscribers, to read. */
    readonly ssm: string;
    /** GetMetricData, with ApproximateAgeOfOldestMessage of a queue. */
    readonly cloudwatch: string;
  };
}

export interface DescribedStack {
  readonly template: Template;
  readonly functions: readonly FunctionDefinition[];
  /** Of the webhook, below the gateway's URL. */
  readonly webhookPath: string;
  readonly edgeHeaders: Readonly<Record<string, string>>;
  readonly dynamodbEndpoint: string;
  readonly snsEndpoint: string;
}

/** What CloudFormation would say of the stack. @param webhookUrl With a token at its end. */
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

/** @param url The gateway's own. */
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
 * What an edge adds to the requests that it passes on, for the local stack's own senders: whoever posts
 * by other means adds them, or is refused.
 *
 * @param secrets Comma separated, the current one last. Without any there is no edge.
 */
export function edgeHeaders(secrets: string | undefined): Readonly<Record<string, string>> {
  const current = secrets?.split(',').at(-1)?.trim();
  if (!current) return {};
  return { [EDGE_SECRET_HEADER]: current, [VIEWER_ADDRESS_HEADER]: '127.0.0.1:443' };
}
