import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { deadLetterQueueName, queueName } from '../../../lib/forwarding/subscriber.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { STACK_PATH, type StackDescription } from '../../../tools/local/stack-description.ts';
import type { DeployedSubscriber } from '../../../tools/shared/subscriber-outputs.ts';

type Made = Pick<DeployedSubscriber, 'name' | 'kind' | 'secret' | 'url'> & {
  readonly filterPolicy?: object;
  readonly filterScope?: 'MessageAttributes' | 'MessageBody';
};

/** Answers one call of a JSON protocol: the last part of its name, and its input. */
// biome-ignore lint/suspicious/noExplicitAny: what the SDK sends.
type Answer = (operation: string, input: any) => object;

interface Services {
  readonly sqs?: Answer;
  readonly ssm?: Answer;
  readonly cloudwatch?: Answer;
  readonly logs?: Answer;
}

export interface SubscriberStack extends AsyncDisposable {
  /** What `--local` takes. */
  readonly url: string;
  of(name: string): DeployedSubscriber;
  send(queueUrl: string, message: Omit<SendMessageCommandInput, 'QueueUrl'>): Promise<void>;
  /** Takes what there is. */
  take(queueUrl: string): Promise<Message[]>;
  deleteQueue(queueUrl: string): Promise<void>;
}

/** A local stack with subscribers that no forwarder works for: what is in their queues stays there. */
export async function withSubscribers(
  stack: LocalStack,
  subscribers: readonly Made[],
  services: Services = {},
): Promise<SubscriberStack> {
  await using started = new AsyncDisposableStack();
  const sns = started.adopt(new SNSClient(clientOf(stack.snsEndpoint)), async (c) => c.destroy());
  const sqs = started.adopt(new SQSClient(clientOf(stack.snsEndpoint)), async (c) => c.destroy());
  const isFifo = stack.topicArn.endsWith('.fifo');
  const prefix = `test-${randomUUID().slice(0, 8)}`;

  async function createQueue(name: string) {
    const QueueName = isFifo ? `${name}.fifo` : name;
    const Attributes = isFifo ? { FifoQueue: 'true' } : {};
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
    return { url: QueueUrl, arn: (await sqs.send(command)).Attributes?.QueueArn ?? '' };
  }

  async function create({ filterPolicy, filterScope, ...made }: Made): Promise<DeployedSubscriber> {
    const queue = await createQueue(queueName(prefix, made.name));
    const deadLetters = await createQueue(deadLetterQueueName(prefix, made.name));
    const command = new SubscribeCommand({
      TopicArn: stack.topicArn,
      Protocol: 'sqs',
      Endpoint: queue.arn,
      Attributes: {
        RawMessageDelivery: 'true',
        ...(filterPolicy && { FilterPolicy: JSON.stringify(filterPolicy) }),
        ...(filterScope && { FilterPolicyScope: filterScope }),
      },
    });
    const { SubscriptionArn = '' } = await sns.send(command);
    const own = { queue: queue.url, deadLetters: deadLetters.url, subscription: SubscriptionArn };
    if (made.kind !== 'email') return { ...made, ...own };
    const Name = `${queueName(prefix, made.name)}-topic`;
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name }));
    return { ...made, ...own, topic: TopicArn };
  }

  const deployed: DeployedSubscriber[] = [];
  for (const made of subscribers) deployed.push(await create(made));

  const answer = await fetch(stack.url + STACK_PATH);
  const description = (await answer.json()) as StackDescription;
  const server = createServer(async (request, response) => {
    const [service = ''] = (request.url ?? '').slice(1).split('/');
    if (`/${service}` === STACK_PATH) response.end(JSON.stringify(described()));
    else await answerCall(services[service as keyof Services], request, response);
  });
  const url = `http://localhost:${await listen(server)}`;
  started.defer(() => hangUp(server));

  function described() {
    const outputs = Object.fromEntries(
      deployed.map((subscriber, n) => [`SubscriberNo${n}`, JSON.stringify(subscriber)]),
    );
    const own = Object.keys(services).map((service) => [service, `${url}/${service}`]);
    return {
      ...description,
      outputs: { ...description.outputs, ...outputs },
      logGroups: { ...description.logGroups, forwardMessage: 'forwarder' },
      endpoints: { ...description.endpoints, ...Object.fromEntries(own) },
    };
  }

  async function take(QueueUrl: string): Promise<Message[]> {
    const taken: Message[] = [];
    for (;;) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      });
      const { Messages = [] } = await sqs.send(command);
      if (Messages.length === 0) return taken;
      taken.push(...Messages);
      for (const { ReceiptHandle } of Messages) {
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  const running = started.move();
  return {
    url,
    of: (name) => deployed.find((each) => each.name === name) ?? expectSubscriber(name),
    send: async (QueueUrl, message) =>
      void (await sqs.send(new SendMessageCommand({ QueueUrl, ...message }))),
    take,
    deleteQueue: async (QueueUrl) => void (await sqs.send(new DeleteQueueCommand({ QueueUrl }))),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function expectSubscriber(name: string): never {
  throw new Error(`The test has no subscriber ${name}`);
}

async function answerCall(
  answer: Answer | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
  const input = JSON.parse((await text(request)) || '{}');
  const body = answer?.(operation, input) ?? { __type: 'UnknownOperationException' };
  const status = '__type' in body ? 400 : 200;
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}
