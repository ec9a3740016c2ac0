import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SNSMessageTopic } from '../../lib/message-topic.ts';
import { someNotification } from '../fixtures/messages.ts';
import {
  attributesOf,
  batchAnswer,
  batchXml,
  entriesOf,
  failure,
  ok,
  type SnsAnswer,
} from '../helpers/sns-query.ts';

const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:messages';

const notifications = (count: number, bytes?: number) =>
  Array.from({ length: count }, (_, index) => someNotification(`m${index}`, bytes));

let server: Server;
let client: SNSClient;
let topic: SNSMessageTopic;
let fifoTopic: SNSMessageTopic;
let calls: URLSearchParams[];
let respond: (call: URLSearchParams) => SnsAnswer;

beforeEach(async () => {
  calls = [];
  respond = batchAnswer;
  server = createServer(async (request, response) => {
    const call = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    calls.push(call);
    const { status, xml } = respond(call);
    response.writeHead(status).end(xml);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new SNSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  topic = new SNSMessageTopic(client, TOPIC_ARN);
  fifoTopic = new SNSMessageTopic(client, `${TOPIC_ARN}.fifo`);
});

afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('publish', () => {
  const published = (id: string) =>
    ok(`<PublishResponse><PublishResult>${id}</PublishResult></PublishResponse>`);
  const message = '{"body":"é & <b>"}';
  const attributes = { from: '+61', schema: 's/1' };
  const notification = { ...someNotification('m1'), message, subject: 'SMS', attributes };

  it('sends message, subject and attributes, and resolves with the id that SNS gave', async () => {
    respond = () => published('<MessageId>sns-1</MessageId>');
    expect(await topic.publish(notification)).toBe('sns-1');
    const [call = new URLSearchParams()] = calls;
    const sent = { Action: 'Publish', TopicArn: TOPIC_ARN, Message: message, Subject: 'SMS' };
    expect(Object.fromEntries(call)).toMatchObject(sent);
    expect(attributesOf(call)).toEqual([
      ['from', 'String', '+61'],
      ['schema', 'String', 's/1'],
    ]);
  });

  it('rejects if SNS gives no id', async () => {
    respond = () => published('');
    await expect(topic.publish(notification)).rejects.toThrow('without a message id');
  });

  it.each([400, 500])('rejects on a %i', async (status) => {
    respond = () => failure(status, 'InvalidParameter');
    await expect(topic.publish(notification)).rejects.toThrow();
  });

  it('calls nobody once the time is up', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(topic.publish(notification, { signal })).rejects.toThrow('too late');
    expect(calls).toEqual([]);
  });
});

describe('publishBatch', () => {
  it('sends at most 10 a call, and gives the results in order', async () => {
    const results = await topic.publishBatch(notifications(23));
    expect(calls.map((call) => entriesOf(call).length)).toEqual([10, 10, 3]);
    expect(results).toEqual(
      Array.from({ length: 23 }, (_, index) => ({ sns_message_id: `sns-m${index}` })),
    );
  });

  it('sends at most 256 KB a call', async () => {
    await topic.publishBatch(notifications(5, 100_000));
    expect(calls.map((call) => entriesOf(call).length)).toEqual([2, 2, 1]);
  });

  it('sends subject and attributes with each entry', async () => {
    const other = { ...someNotification('m1'), subject: 'T', attributes: { schema: 's/1' } };
    await topic.publishBatch([someNotification('m0'), other]);
    const [call = new URLSearchParams()] = calls;
    const [first, second] = [1, 2].map((n) => `PublishBatchRequestEntries.member.${n}.`);
    expect(call.get('TopicArn')).toBe(TOPIC_ARN);
    expect([call.get(`${first}Subject`), call.get(`${second}Subject`)]).toEqual(['S', 'T']);
    expect(attributesOf(call, first)).toEqual([['from', 'String', '+61']]);
    expect(attributesOf(call, second)).toEqual([['schema', 'String', 's/1']]);
  });

  it('maps the failure of each entry: refused if it is the fault of the entry', async () => {
    respond = (call) =>
      batchAnswer(call, { m1: ['InvalidParameter', true], m2: ['InternalError', false] });
    expect(await topic.publishBatch(notifications(4))).toEqual([
      { sns_message_id: 'sns-m0' },
      { error: 'InvalidParameter', refused: true },
      { error: 'InternalError', refused: false },
      { sns_message_id: 'sns-m3' },
    ]);
    expect(calls).toHaveLength(1);
  });

  it('takes an entry that SNS forgot for one that may work later', async () => {
    respond = () => ok(batchXml());
    const [result] = await topic.publishBatch(notifications(1));
    expect(result).toEqual({ error: 'NoResult', refused: false });
  });

  const refusals = [
    'InvalidParameter',
    'ParameterValueInvalid',
    'BatchRequestTooLong',
    'ValidationError',
  ];
  it.each(refusals)(
    'sends a batch refused with %s one by one, and refuses only the bad entry',
    async (code) => {
      respond = (call) =>
        entriesOf(call).some(({ text }) => text === 'm1') ? failure(400, code) : batchAnswer(call);
      const results = await topic.publishBatch(notifications(3));
      expect(results).toEqual([
        { sns_message_id: 'sns-m0' },
        { error: expect.any(String), refused: true },
        { sns_message_id: 'sns-m2' },
      ]);
      expect(calls).toHaveLength(1 + 3);
    },
  );

  it.each([
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
    [400, 'Throttled'],
    [403, 'AuthorizationError'],
    [404, 'NotFound'],
    [400, 'KMSDisabled'],
  ])('refuses no entry of a batch that fails with %i %s', async (status, code) => {
    respond = () => failure(status, code);
    expect(await topic.publishBatch(notifications(2))).toEqual(
      Array(2).fill({ error: expect.stringContaining(code), refused: false }),
    );
    expect(calls).toHaveLength(1);
  });

  it('calls nobody once the time is up, and refuses nothing', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    const results = await topic.publishBatch(notifications(1), { signal });
    expect([results, calls]).toEqual([[{ error: 'Error', refused: false }], []]);
  });

  it('publishes the other batches when one fails', async () => {
    respond = (call) => (calls.length === 1 ? failure(500, 'InternalError') : batchAnswer(call));
    const results = await topic.publishBatch(notifications(11));
    expect(results).toHaveLength(11);
    expect(results.at(-1)).toEqual({ sns_message_id: 'sns-m10' });
  });
});

describe('a FIFO topic', () => {
  const groupOf = (call: URLSearchParams | undefined, prefix = '') => [
    call?.get(`${prefix}MessageGroupId`),
    call?.get(`${prefix}MessageDeduplicationId`),
  ];
  const entry = (n: number) => `PublishBatchRequestEntries.member.${n}.`;

  it('is known by its name, and keeps order', () => {
    const { keepsOrder } = new SNSMessageTopic(client, `${TOPIC_ARN}.fifo-no-more`);
    expect([topic.keepsOrder, fifoTopic.keepsOrder, keepsOrder]).toEqual([false, true, false]);
  });

  it('gets conversation and message id with each message, and all that another topic gets', async () => {
    respond = () => ok('<R><PublishResult><MessageId>sns-1</MessageId></PublishResult></R>');
    await fifoTopic.publish(someNotification('m0'));
    respond = batchAnswer;
    const ids = { conversation: 'with-another', deduplication_id: 'of-a-replay' };
    const other = { ...someNotification('m2'), ...ids };
    await fifoTopic.publishBatch([someNotification('m1'), other]);
    const [publish, batch] = calls;
    expect(groupOf(publish)).toEqual(['with-somebody', 'm0']);
    expect(groupOf(batch, entry(1))).toEqual(['with-somebody', 'm1']);
    expect(groupOf(batch, entry(2))).toEqual(['with-another', 'of-a-replay']);
    expect([publish?.get('Subject'), batch?.get(`${entry(1)}Subject`)]).toEqual(['S', 'S']);
  });

  it('alone gets them: to another topic they mean something else', async () => {
    respond = () => ok('<R><PublishResult><MessageId>sns-1</MessageId></PublishResult></R>');
    await topic.publish(someNotification('m0'));
    respond = batchAnswer;
    await topic.publishBatch([someNotification('m1')]);
    expect(groupOf(calls[0])).toEqual([null, null]);
    expect(groupOf(calls[1], entry(1))).toEqual([null, null]);
  });
});
