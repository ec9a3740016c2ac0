import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSNSClient } from '../../../lib/aws/aws-clients.ts';
import { emailPublisher } from '../../../lib/aws/email-topic.ts';
import { createSQSClient, createSSMClient } from '../../../lib/aws/forwarder-clients.ts';
import { parameterSecrets } from '../../../lib/aws/parameter-secrets.ts';
import { SQSSubscriberQueue } from '../../../lib/aws/subscriber-queue.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { failure, subscribed } from '../../helpers/sns-query.ts';

interface Request {
  readonly target: string | undefined;
  readonly body: string;
}

/** AWS's answer to each request; `undefined` for none. */
let answer: { readonly status: number; readonly body: string } | undefined;
const requests: Request[] = [];
let server: Server;
let clients: { readonly sns: SNSClient; readonly sqs: SQSClient; readonly ssm: SSMClient };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const target = request.headers['x-amz-target'] as string | undefined;
    requests.push({ target, body: await text(request) });
    if (answer) response.writeHead(answer.status).end(answer.body);
  });
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${await listen(server)}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_PROFILE', undefined);
  clients = { sns: createSNSClient(), sqs: createSQSClient(), ssm: createSSMClient() };
});
beforeEach(() => {
  requests.length = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const client of Object.values(clients)) client.destroy();
  await hangUp(server);
});

const never = new AbortController().signal;
const json = (status: number, value: unknown) => ({ status, body: JSON.stringify(value) });
const error = (status: number, __type: string) => json(status, { __type, message: 'of AWS' });

describe('a secret', () => {
  const read = () => parameterSecrets(clients.ssm, 'inbound-sms', 'prod')('CRM_SECRET', never);

  it('is read from the stage’s parameter, decrypted', async () => {
    answer = json(200, { Parameter: { Value: 'whsec_abc' } });
    expect(await read()).toEqual({ secret: 'whsec_abc' });
    expect(requests).toEqual([
      {
        target: 'AmazonSSM.GetParameter',
        body: JSON.stringify({ Name: '/inbound-sms/prod/CRM_SECRET', WithDecryption: true }),
      },
    ]);
  });

  it.each([
    [400, 'ParameterNotFound', 'secret missing', 1],
    [400, 'AccessDeniedException', 'secret not readable', 1],
    [400, 'InvalidKeyId', 'secret not readable', 1],
    [500, 'InternalServerError', 'secret unavailable', 3],
    [400, 'ThrottlingException', 'secret unavailable', 3],
  ])('%d %s: %s, after %d calls', async (status, type, reason, calls) => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    answer = error(status, type);
    expect(await read()).toMatchObject({ reason });
    expect(requests).toHaveLength(calls);
    random.mockRestore();
  });

  it('is unavailable as soon as the deadline aborts', async () => {
    answer = undefined;
    const controller = new AbortController();
    const reading = parameterSecrets(clients.ssm, 's', 'prod')('NAME', controller.signal);
    controller.abort(new Error('time is up'));
    expect(await reading).toMatchObject({ reason: 'secret unavailable' });
  });
});

describe('a pause', () => {
  const pause = (arn: string) =>
    new SQSSubscriberQueue(clients.sqs, arn).pause('handle', 90, never);

  it.each([
    ['aws:sqs:ap-southeast-2', 'sqs.ap-southeast-2.amazonaws.com'],
    ['aws-cn:sqs:cn-north-1', 'sqs.cn-north-1.amazonaws.com.cn'],
    ['aws-us-gov:sqs:us-gov-west-1', 'sqs.us-gov-west-1.amazonaws.com'],
  ])('sets the visibility timeout of the message in the queue of arn:%s', async (place, host) => {
    answer = json(200, {});
    await pause(`arn:${place}:123456789012:inbound-sms-prod-to-crm.fifo`);
    expect(requests).toEqual([
      {
        target: 'AmazonSQS.ChangeMessageVisibility',
        body: JSON.stringify({
          QueueUrl: `https://${host}/123456789012/inbound-sms-prod-to-crm.fifo`,
          ReceiptHandle: 'handle',
          VisibilityTimeout: 90,
        }),
      },
    ]);
  });

  it('fails if the queue refuses', async () => {
    answer = error(400, 'com.amazonaws.sqs#ReceiptHandleIsInvalid');
    await expect(pause('arn:aws:sqs:us-east-1:123456789012:q')).rejects.toThrow('of AWS');
  });
});

describe('an e-mail', () => {
  const topicArn = 'arn:aws:sns:us-east-1:123456789012:inbound-sms-prod-email-team';
  const outgoing = { kind: 'publish', topicArn, subject: 'SMS', text: 'Hello' } as const;
  const publish = (deadline = never) => emailPublisher(clients.sns, Date.now)(outgoing, deadline);
  const confirmed = (count: number) => ({ status: 200, body: subscribed(count).xml });
  const calls = () => requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

  it('takes long enough that two in parallel stay below SNS’s ten a second', async () => {
    answer = confirmed(1);
    const begun = performance.now();
    await publish();
    expect(performance.now() - begun).toBeGreaterThan(2_000 / 10);
  });

  it('is published to its subscriber’s topic', async () => {
    answer = confirmed(1);
    expect(await publish()).toEqual({ status: 200 });
    expect(calls()).toMatchObject([
      { Action: 'GetTopicAttributes', TopicArn: topicArn },
      { Action: 'Publish', TopicArn: topicArn, Subject: 'SMS', Message: 'Hello' },
    ]);
  });

  it('is published only after its subscription is confirmed', async () => {
    const publishAgain = emailPublisher(clients.sns, Date.now);
    for (const count of [0, 0]) {
      answer = confirmed(count);
      expect(await publishAgain(outgoing, never)).toEqual({ fault: 'e-mail not confirmed' });
    }
    answer = confirmed(1);
    expect(await publishAgain(outgoing, never)).toEqual({ status: 200 });
    const actions = calls().map(({ Action }) => Action);
    expect(actions).toEqual([...Array(3).fill('GetTopicAttributes'), 'Publish']);
  });

  it('fails within a minute after its address has unsubscribed', async () => {
    let now = 0;
    const publishAgain = emailPublisher(clients.sns, () => now);
    answer = confirmed(1);
    await publishAgain(outgoing, never);
    answer = confirmed(0);
    now = 59_999;
    expect(await publishAgain(outgoing, never)).toEqual({ status: 200 });
    const other = { ...outgoing, topicArn: `${topicArn}-2` };
    expect(await publishAgain(other, never)).toEqual({ fault: 'e-mail not confirmed' });
    now = 60_000;
    expect(await publishAgain(outgoing, never)).toEqual({ fault: 'e-mail not confirmed' });
  });

  it('fails with the name of SNS’s error', async () => {
    answer = { status: 404, body: failure(404, 'NotFound').xml };
    expect(await publish()).toEqual({ fault: 'SNS NotFoundException' });
  });

  it('times out as soon as the deadline aborts', async () => {
    answer = undefined;
    expect(await publish(AbortSignal.timeout(1))).toEqual({ fault: 'timeout' });
  });
});
