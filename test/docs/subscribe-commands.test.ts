import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf } from '../../tools/local/aws.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { codeOf, headings } from '../helpers/guide.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';
import { type RecordedAws, recordAws } from '../helpers/recorded-aws.ts';
import { has, Shell } from '../helpers/shell.ts';

/** The first one finds the topic on AWS. */
const [onAws = '', onLocalStack = ''] = codeOf('', 'sh');

/** Redirects calls that no emulator here supports. */
const detour = (url: string) => `eval "$(declare -f aws | sed '1s/aws/emulated/')"
aws() {
  case "$1" in
    lambda | cloudformation) command aws --endpoint-url ${url} "$@" ;;
    *) emulated "$@" ;;
  esac
}`;

/** In the guide's order. A test runs a section's commands and checks the result. */
describe.skipIf(!has('aws') || !has('bash'))('the commands of', { timeout: 120_000 }, () => {
  const run = new Set<string>();
  let stack: LocalStack;
  let others: RecordedAws;
  let shell: Shell;
  let sqs: SQSClient;
  let sns: SNSClient;
  let dynamodb: DynamoDBClient;
  beforeAll(async () => {
    stack = await startTestStack();
    const { PATH, HOME } = process.env;
    const none = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
    shell = await Shell.start({ PATH, HOME, ...none });
    const portOf = (endpoint: string) => new URL(endpoint).port;
    await shell.run(
      onLocalStack
        .replace('4566', portOf(stack.snsEndpoint))
        .replace('8000', portOf(stack.dynamodbEndpoint)),
    );
    others = await recordAws({ key: 'MessagesTopicArn', value: 'what it is on AWS' });
    await shell.run(detour(others.url));
    sqs = new SQSClient(clientOf(stack.snsEndpoint));
    sns = new SNSClient(clientOf(stack.snsEndpoint));
    dynamodb = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  });
  afterAll(async () => {
    for (const client of [sqs, sns, dynamodb]) client?.destroy();
    await others?.[Symbol.asyncDispose]();
    await shell?.[Symbol.asyncDispose]();
    await stack?.close();
  });

  const runSection = async (heading: string) => {
    run.add(heading);
    for (const block of codeOf(heading, 'sh')) await shell.run(block);
  };
  const variable = async (name: string) => (await shell.run(`echo "$${name}"`)).trim();
  const subscriptionTo = async (endpoint: string) => {
    const { Subscriptions = [] } = await sns.send(
      new ListSubscriptionsByTopicCommand({ TopicArn: stack.topicArn }),
    );
    const { SubscriptionArn } =
      Subscriptions.find(({ Endpoint }) => Endpoint === endpoint) ??
      expect.unreachable(`Nothing subscribes ${endpoint}`);
    return (await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes;
  };
  const post = async (fields: Record<string, string>) =>
    expect((await postForm(stack.webhookUrl, fields)).status).toBe(200);
  /** A queue's next message. Its visibility timeout is 0. */
  const receive = async (queue: string): Promise<Message | undefined> => {
    const QueueUrl = await variable(queue);
    const options = { VisibilityTimeout: 0, MessageAttributeNames: ['All'] };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...options }));
    return Messages[0];
  };
  /** Reads a message as the guide says. */
  const messageIn = (received: Message | undefined) =>
    JSON.parse(JSON.parse(received?.Body ?? '').Message);

  it('the introduction find the topic', async () => {
    run.add('');
    expect(await variable('TOPIC_ARN')).toBe(stack.topicArn);
    await shell.run(onAws.replace('export TOPIC_ARN', 'FOUND'));
    expect(await variable('FOUND')).toBe('what it is on AWS');
    expect(others.calls[0]?.body).toContain('StackName=inbound-sms-prod');
  });

  it('the first two sections make a queue, and a dead-letter queue for what fails', async () => {
    await runSection('A dead-letter queue');
    await runSection('A queue');
    const fields = someForm();
    await post(fields);
    for (let time = 1; time <= 5; time++) {
      expect(messageIn(await receive('QUEUE_URL'))).toMatchObject(fields);
    }
    expect(await receive('QUEUE_URL')).toBeUndefined();
    expect(messageIn(await receive('DEAD_URL'))).toMatchObject(fields);

    const subscription = await subscriptionTo(await variable('QUEUE_ARN'));
    expect(JSON.parse(subscription?.RedrivePolicy ?? '')).toEqual({
      deadLetterTargetArn: await variable('DEAD_ARN'),
    });
  });

  it.each(['QUEUE_URL', 'DEAD_URL'])('them let the topic send to %s', async (queue) => {
    const AttributeNames = ['Policy' as const];
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: await variable(queue), AttributeNames }),
    );
    expect(JSON.parse(Attributes?.Policy ?? '')).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'sns.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: '*',
          Condition: { ArnEquals: { 'aws:SourceArn': stack.topicArn } },
        },
      ],
    });
  });

  it('a subscription without a dead-letter queue give it one', async () => {
    const arn = await variable('SUBSCRIPTION_ARN');
    const none = new SetSubscriptionAttributesCommand({
      ...{ SubscriptionArn: arn, AttributeName: 'RedrivePolicy', AttributeValue: '{}' },
    });
    await sns.send(none);
    await runSection('A subscription without a dead-letter queue');
    const { RedrivePolicy = '' } = (await subscriptionTo(await variable('QUEUE_ARN'))) ?? {};
    expect(JSON.parse(RedrivePolicy)).toEqual({ deadLetterTargetArn: await variable('DEAD_ARN') });
  });

  it('A Lambda function make a table, and let the topic call the function', async () => {
    others.calls.length = 0;
    await runSection('A Lambda function');
    const arn = await variable('FUNCTION_ARN');
    expect(others.calls.map(({ request, body }) => [request, JSON.parse(body)])).toEqual([
      [
        `POST /2015-03-31/functions/${arn}/policy`,
        {
          StatementId: 'inbound-sms',
          Action: 'lambda:InvokeFunction',
          Principal: 'sns.amazonaws.com',
          SourceArn: stack.topicArn,
        },
      ],
      [
        `PUT /2019-09-25/functions/${arn}/event-invoke-config`,
        { DestinationConfig: { OnFailure: { Destination: await variable('DEAD_ARN') } } },
      ],
    ]);
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: 'sms-inbox' }));
    expect(Table?.KeySchema).toEqual([{ AttributeName: 'message_id', KeyType: 'HASH' }]);
    const subscription = await subscriptionTo(arn);
    expect(subscription).toMatchObject({ Protocol: 'lambda', RedrivePolicy: expect.any(String) });
  });

  it('An HTTPS endpoint subscribe it', async () => {
    await runSection('An HTTPS endpoint');
    const subscription = await subscriptionTo('https://example.com/sms');
    const policy = JSON.parse(subscription?.DeliveryPolicy ?? '').healthyRetryPolicy;
    // SNS's limit for all retries together.
    expect(policy.numRetries * policy.maxDelayTarget).toBeLessThanOrEqual(3_600);
    expect(JSON.parse(subscription?.RedrivePolicy ?? '')).toEqual({
      deadLetterTargetArn: await variable('DEAD_ARN'),
    });
  });

  it('An e-mail address subscribe and confirm it', async () => {
    const [subscribe = '', confirm = ''] = codeOf('An e-mail address', 'sh');
    run.add('An e-mail address');
    // The emulator accepts this as a token.
    const { SubscriptionArn } = JSON.parse(await shell.run(subscribe));
    await shell.run(`TOKEN=${SubscriptionArn}\n${confirm}`);
    expect(await subscriptionTo('you@example.com')).toMatchObject({
      PendingConfirmation: 'false',
      RedrivePolicy: expect.any(String),
    });
  });

  it('Only some messages filter', async () => {
    const [byAttribute = '', byText = ''] = codeOf('Only some messages', 'sh');
    run.add('Only some messages');
    await shell.run(byAttribute);
    await post(someForm({ sms_number: '+61400000009' }));
    expect(await receive('QUEUE_URL')).toBeUndefined();
    await shell.run(byText);
    const fields = someForm({ body: 'Stop', sms_number: '+61400000009' });
    await post(fields);
    expect(messageIn(await receive('QUEUE_URL'))).toMatchObject(fields);
  });

  it('Without SNS’s envelope take it away', async () => {
    await shell.run('aws sqs purge-queue --queue-url "$QUEUE_URL"');
    await runSection("Without SNS's envelope");
    const fields = someForm({ body: 'STOP' });
    await post(fields);
    const received = await receive('QUEUE_URL');
    expect(JSON.parse(received?.Body ?? '')).toMatchObject(fields);
    expect(received?.MessageAttributes?.from?.StringValue).toBe(fields.from);
  });

  it('every section have been run', () => {
    expect([...run]).toEqual(headings().filter((heading) => codeOf(heading, 'sh').length > 0));
  });
});
