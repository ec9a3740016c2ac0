import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { toItem } from '../../../lib/aws/message-item.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { startMoto } from './moto.ts';
import { publishedAt } from './stored-messages.ts';

export interface MotoStack extends AsyncDisposable {
  readonly endpoint: string;
  readonly tableName: string;
  readonly topicArn: string;
  /** Stores a message. */
  store(changes: Parameters<typeof someRecord>[0]): Promise<void>;
  /** Stores and publishes a message, as the deployed function does. */
  accept(message: { readonly from: string; readonly message_id: string }): Promise<void>;
  /** Creates a queue and subscribes it to the topic. */
  subscribeQueue(name: string, tags?: Record<string, string>): Promise<void>;
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

  const TemplateBody = await templateOf(name, webhookUrl);
  await cloudformation.send(new CreateStackCommand({ StackName: name, TemplateBody }));
  const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: name }));
  const output = (key: string) =>
    Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? '';
  const [tableName, topicArn] = [output('MessagesTableName'), output('MessagesTopicArn')];

  async function store(changes: Parameters<typeof someRecord>[0]): Promise<void> {
    const Item = toItem(someRecord(changes));
    await dynamodb.send(new PutItemCommand({ TableName: tableName, Item }));
  }

  async function accept({ from, message_id }: { from: string; message_id: string }) {
    await store({ from, message_id, received_at: Date.now(), ...publishedAt(Date.now()) });
    const MessageAttributes = {
      from: { DataType: 'String', StringValue: from },
      message_id: { DataType: 'String', StringValue: message_id },
    };
    const Message = JSON.stringify({ message_id });
    await sns.send(new PublishCommand({ TopicArn: topicArn, Message, MessageAttributes }));
  }

  async function subscribeQueue(queue: string, tags: Record<string, string> = {}): Promise<void> {
    await sqs.send(new CreateQueueCommand({ QueueName: queue, tags }));
    const Endpoint = topicArn.replace(':sns:', ':sqs:').replace(/[^:]+$/, queue);
    await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint }));
  }

  const running = started.move();
  return {
    ...{ endpoint, tableName, topicArn, store, accept, subscribeQueue },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function templateOf(name: string, webhookUrl: string): Promise<string> {
  const file = join(packageDir(), 'cloudformation-template-update-stack.json');
  const { Resources, Outputs } = JSON.parse(await readFile(file, 'utf8'));
  const { MessagesTable, MessagesTopic, AlarmTopic, ReceiveSmsLogGroup } = Resources;
  const { MessagesTableName, MessagesTopicArn, AlarmTopicArn, MessageFormat } = Outputs;
  const { AllowedSmsNumbers } = Outputs;
  // As on a stage whose data is protected.
  MessagesTable.DeletionPolicy = 'Retain';
  ReceiveSmsLogGroup.Properties.LogGroupName = `/aws/lambda/${name}-receiveSms`;
  return JSON.stringify({
    Resources: { MessagesTable, MessagesTopic, AlarmTopic, ReceiveSmsLogGroup },
    Outputs: {
      ...{ MessagesTableName, MessagesTopicArn, AlarmTopicArn, MessageFormat, AllowedSmsNumbers },
      WebhookBaseUrl: { Value: webhookUrl },
    },
  });
}
