import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../../tools/local/stack.ts';
import type { StackDescription } from '../../../tools/local/stack-description.ts';
import { startTestStack } from '../../helpers/local-stack.ts';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.close());

it('describes every endpoint and name of the stack', async () => {
  const answer = await fetch(`${stack.url}/_stack`);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect((await answer.json()) as StackDescription).toEqual({
    stackName: 'inbound-sms-local',
    region: 'ap-southeast-2',
    outputs: {
      MessagesTableName: stack.tableName,
      MessagesTopicArn: stack.topicArn,
      WebhookBaseUrl: `${stack.url}/sms`,
      MessageFormat: 'inbound-sms',
      RetentionDays: '90',
      AllowedSmsNumbers: 'any',
      Version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    },
    webhookUrl: stack.webhookUrl,
    edgeHeaders: {},
    logGroups: {
      receiveSms: '/aws/lambda/inbound-sms-local-receiveSms',
      publishPending: '/aws/lambda/inbound-sms-local-publishPending',
    },
    endpoints: {
      dynamodb: stack.dynamodbEndpoint,
      sns: stack.snsEndpoint,
      sqs: stack.snsEndpoint,
      logs: `${stack.url}/_logs/`,
      ssm: `${stack.url}/_ssm/`,
      cloudwatch: `${stack.url}/_cloudwatch/`,
    },
  });
});

it('is no route of the API, so other paths there are not found', async () => {
  for (const path of ['/_stack/', '/_other', '/constructor']) {
    expect((await fetch(stack.url + path)).status).toBe(404);
  }
});
