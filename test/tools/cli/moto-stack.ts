import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import {
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { hashOf } from '../../../infra/plugin/stored-tokens.js';
import { toItem } from '../../../lib/aws/message-item.ts';
import { toQuarantineItem } from '../../../lib/aws/quarantine-item.ts';
import { deadLetterQueueName, queueName } from '../../../lib/forwarding/subscriber.ts';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import type { DeployedSubscriber } from '../../../tools/shared/subscriber-outputs.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { someEntry } from '../../fixtures/quarantined.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { startMoto } from './moto.ts';
import { publishedAt } from './stored-messages.ts';

export interface MotoStack extends AsyncDisposable {
  readonly endpoint: string;
  readonly tableName: string;
  readonly topicArn: string;
  /** Of the subscriber `team`, of the kind `email`. */
  readonly teamTopicArn: string;
  /** Stores a message. */
  store(changes: Parameters<typeof someRecord>[0]): Promise<void>;
  /** Keeps a refused message. */
  quarantine(changes: Parameters<typeof someEntry>[0]): Promise<void>;
  /** Stores and publishes a message, as the deployed function does. */
  accept(message: { readonly from: string; readonly message_id: string }): Promise<void>;
  /** Creates a queue and subscribes it to the topic. */
  subscribeQueue(name: string, tags?: Record<string, string>): Promise<void>;
  /** Deploys the webhook's function with these tokens. */
  deployTokens(...tokens: readonly string[]): Promise<void>;
  /** Writes a line of the webhook's log. */
  log(at: number, line: object): Promise<void>;
  /** Puts a message into the dead-letter queue of a subscriber. */
  die(subscriber: string, body: string): Promise<void>;
}

/** The parts of what is deployed that the commands look at, in Moto, and a webhook that accepts. */
export async function startMotoStack(name: string, region: string): Promise<MotoStack> {
  await using started = new AsyncDisposableStack();
  const { endpoint } = started.use(await startMoto());
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  const client = <C extends { destroy(): void }>(Client: new (config: object) => C): C =>
    started.adopt(new Client({ endpoint, region, credentials }), async (made) => made.destroy());
  const [cloudformation, dynamodb] = [client(CloudFormationClient), client(DynamoDBClient)];
  const [sns, sqs] = [client(SNSClient), client(SQSClient)];

  const webhook = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const isPost = request.method === 'POST';
    if (isPost) await accept(Object.fromEntries(form) as { from: string; message_id: string });
    response.writeHead(isPost ? 200 : 405).end();
  });
  const webhookUrl = `http://localhost:${await listen(webhook)}/sms`;
  started.defer(() => hangUp(webhook));

  // Moto makes no subscription of a template: the subscribers have this one.
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'elsewhere' }));
  const endpointOf = { Protocol: 'https', Endpoint: 'https://elsewhere.example' };
  const { SubscriptionArn = '' } = await sns.send(
    new SubscribeCommand({ TopicArn, ...endpointOf }),
  );
  const TemplateBody = await templateOf(name, webhookUrl, SubscriptionArn);
  await cloudformation.send(new CreateStackCommand({ StackName: name, TemplateBody }));
  const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: name }));
  const output = (key: string) =>
    Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? '';
  const [tableName, topicArn] = [output('MessagesTableName'), output('MessagesTopicArn')];

  const teamTopicArn: string = JSON.parse(output('SubscriberTeam')).topic;

  async function store(changes: Parameters<typeof someRecord>[0]): Promise<void> {
    const Item = toItem(someRecord(changes));
    await dynamodb.send(new PutItemCommand({ TableName: tableName, Item }));
  }

  async function quarantine(changes: Parameters<typeof someEntry>[0]): Promise<void> {
    const Item = toQuarantineItem(someEntry(changes));
    await dynamodb.send(new PutItemCommand({ TableName: tableName, Item }));
  }

  async function accept({ from, message_id }: { from: string; message_id: string }) {
    const now = Date.now();
    const changes = { from, message_id, received_at: now, ...publishedAt(now) };
    await store(changes);
    const MessageAttributes = {
      from: { DataType: 'String', StringValue: from },
      message_id: { DataType: 'String', StringValue: message_id },
    };
    const { message: Message } = notificationsIn('inbound-sms')(someRecord(changes));
    await sns.send(new PublishCommand({ TopicArn: topicArn, Message, MessageAttributes }));
  }

  async function subscribeQueue(queue: string, tags: Record<string, string> = {}): Promise<void> {
    await sqs.send(new CreateQueueCommand({ QueueName: queue, tags }));
    const Endpoint = topicArn.replace(':sns:', ':sqs:').replace(/[^:]+$/, queue);
    await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint }));
  }

  async function die(subscriber: string, MessageBody: string): Promise<void> {
    const QueueName = deadLetterQueueName(name, subscriber);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  }

  const [lambda, logs] = [client(LambdaClient), client(CloudWatchLogsClient)];
  async function deployTokens(...tokens: readonly string[]): Promise<void> {
    const Variables = { WEBHOOK_TOKEN_HASHES: tokens.map(hashOf).join(',') };
    const FunctionName = `${name}-receiveSms`;
    await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }),
    );
  }

  const logGroupName = `/aws/lambda/${name}-receiveSms`;
  async function log(timestamp: number, line: object): Promise<void> {
    // A stream each: Moto wants the events of one in order.
    const place = { logGroupName, logStreamName: randomUUID() };
    await logs.send(new CreateLogStreamCommand(place));
    const logEvents = [{ timestamp, message: JSON.stringify(line) }];
    await logs.send(new PutLogEventsCommand({ ...place, logEvents }));
  }

  const running = started.move();
  return {
    ...{ endpoint, tableName, topicArn, teamTopicArn, store, quarantine },
    ...{ accept, subscribeQueue, die, deployTokens, log },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function templateOf(name: string, webhookUrl: string, subscription: string): Promise<string> {
  const file = join(packageDir(), 'cloudformation-template-update-stack.json');
  const { Resources, Outputs } = JSON.parse(await readFile(file, 'utf8'));
  const { MessagesTable, MessagesTopic, AlarmTopic, ReceiveSmsLogGroup } = Resources;
  const ForwardMessageLogGroup = {
    Type: 'AWS::Logs::LogGroup',
    Properties: { LogGroupName: `/aws/lambda/${name}-forwardMessage` },
  };
  const { MessagesTableName, MessagesTopicArn, AlarmTopicArn, MessageFormat } = Outputs;
  const { AllowedSmsNumbers, LogRetentionDays, RetentionDays } = Outputs;
  // As on a stage whose data is protected.
  MessagesTable.DeletionPolicy = 'Retain';
  ReceiveSmsLogGroup.Properties.LogGroupName = `/aws/lambda/${name}-receiveSms`;
  const ReceiveSmsRole = {
    Type: 'AWS::IAM::Role',
    Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] } },
  };
  const ReceiveSmsLambdaFunction = {
    Type: 'AWS::Lambda::Function',
    Properties: {
      ...{ FunctionName: `${name}-receiveSms`, Runtime: 'nodejs22.x', Handler: 'index.handler' },
      ...{ Role: { 'Fn::GetAtt': ['ReceiveSmsRole', 'Arn'] }, Code: { ZipFile: 'export {};' } },
    },
  };
  const subscribers = [
    subscriber(name, { name: 'crm', kind: 'https', secret: 'CRM_SECRET', subscription }),
    subscriber(name, { name: 'jobs', kind: 'queue', subscription }),
    subscriber(name, { name: 'team', kind: 'email', subscription }),
  ];
  return JSON.stringify({
    Resources: {
      ...{ MessagesTable, MessagesTopic, AlarmTopic, ReceiveSmsLogGroup, ForwardMessageLogGroup },
      ...{ ReceiveSmsRole, ReceiveSmsLambdaFunction },
      ...Object.assign({}, ...subscribers.map(({ resources }) => resources)),
    },
    Outputs: {
      ...Object.assign({}, ...subscribers.map(({ outputs }) => outputs)),
      ...{ MessagesTableName, MessagesTopicArn, AlarmTopicArn, MessageFormat, AllowedSmsNumbers },
      ...{ LogRetentionDays, RetentionDays },
      WebhookBaseUrl: { Value: webhookUrl },
    },
  });
}

/** What infra/subscribers.js makes for a subscriber, as far as the commands look at it. */
function subscriber(
  stack: string,
  facts: Pick<DeployedSubscriber, 'name' | 'kind' | 'secret' | 'subscription'>,
) {
  const { name } = facts;
  const id = `Subscriber${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const queue = (QueueName: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName } });
  const topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: queueName(stack, name) } };
  const described = {
    ...facts,
    queue: `\${${id}Queue}`,
    deadLetters: `\${${id}DeadLetters}`,
    ...(facts.kind === 'email' && { topic: `\${${id}Topic}` }),
  };
  return {
    resources: {
      [`${id}Queue`]: queue(queueName(stack, name)),
      [`${id}DeadLetters`]: queue(deadLetterQueueName(stack, name)),
      ...(facts.kind === 'email' && { [`${id}Topic`]: topic }),
    },
    outputs: { [id]: { Value: { 'Fn::Sub': JSON.stringify(described) } } },
  };
}
