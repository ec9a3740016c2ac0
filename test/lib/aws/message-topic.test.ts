import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SNSMessageTopic } from '../../../lib/aws/message-topic.ts';
import { faultOfCode } from '../../../lib/aws/publish-faults.ts';
import type { BatchEntryResult } from '../../../lib/messages/ports.ts';
import { someNotification } from '../../fixtures/messages.ts';
import {
  attributesOf,
  batchAnswer,
  batchXml,
  entriesOf,
  failure,
  ok,
  type SnsAnswer,
} from '../../helpers/sns-query.ts';

const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:messages';

const notifications = (count: number, bytes?: number) =>
  Array.from({ length: count }, (_, index) => someNotification(`m${index}`, bytes));

let server: Server;
let client: SNSClient;
let topic: SNSMessageTopic;
let fifoTopic: SNSMessageTopic;
let calls: URLSearchParams[];
let respond: (call: URLSearchParams) => SnsAnswer;
let hold: (call: URLSearchParams) => Promise<void> | undefined;

const results = (promises: readonly Promise<BatchEntryResult>[]) => Promise.all(promises);

beforeEach(async () => {
  calls = [];
  respond = batchAnswer;
  hold = () => undefined;
  server = createServer(async (request, response) => {
    const call = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    calls.push(call);
    await hold(call);
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

  it('sends message, subject and attributes, and resolves with SNS’s id', async () => {
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

  it('rejects if SNS returns no id', async () => {
    respond = () => published('');
    await expect(topic.publish(notification)).rejects.toThrow('without a message id');
  });

  it.each([400, 500])('rejects on a %i', async (status) => {
    respond = () => failure(status, 'InvalidParameter');
    await expect(topic.publish(notification)).rejects.toThrow();
  });

  it('makes no call after the deadline', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(topic.publish(notification, signal)).rejects.toThrow('too late');
    expect(calls).toEqual([]);
  });
});

describe('publishBatch', () => {
  it('sends at most 10 entries per call, and returns the results in order', async () => {
    const all = await results(topic.publishBatch(notifications(23)));
    expect(calls.map((call) => entriesOf(call).length).toSorted()).toEqual([10, 10, 3]);
    expect(all).toEqual(
      Array.from({ length: 23 }, (_, index) => ({ sns_message_id: `sns-m${index}` })),
    );
  });

  it('sends at most 256 KB per call', async () => {
    await results(topic.publishBatch(notifications(5, 100_000)));
    expect(calls.map((call) => entriesOf(call).length).toSorted()).toEqual([1, 2, 2]);
  });

  it('sends subject and attributes with each entry', async () => {
    const other = { ...someNotification('m1'), subject: 'T', attributes: { schema: 's/1' } };
    await results(topic.publishBatch([someNotification('m0'), other]));
    const [call = new URLSearchParams()] = calls;
    const [first, second] = [1, 2].map((n) => `PublishBatchRequestEntries.member.${n}.`);
    expect(call.get('TopicArn')).toBe(TOPIC_ARN);
    expect([call.get(`${first}Subject`), call.get(`${second}Subject`)]).toEqual(['S', 'T']);
    expect(attributesOf(call, first)).toEqual([['from', 'String', '+61']]);
    expect(attributesOf(call, second)).toEqual([['schema', 'String', 's/1']]);
  });

  it('returns each entry’s result, and ignores whom SNS blames', async () => {
    respond = (call) =>
      batchAnswer(call, {
        m1: ['InvalidParameter', true],
        m2: ['InternalError', false],
        m3: ['KMSThrottling', true],
        m4: ['Puzzling', true],
      });
    expect(await results(topic.publishBatch(notifications(6)))).toEqual([
      { sns_message_id: 'sns-m0' },
      { error: 'InvalidParameter', fault: 'entry' },
      { error: 'InternalError', fault: 'topic' },
      { error: 'KMSThrottling', fault: 'topic' },
      { error: 'Puzzling', fault: 'unknown' },
      { sns_message_id: 'sns-m5' },
    ]);
    expect(calls).toHaveLength(1);
  });

  it('counts an entry without a result as one that may work later', async () => {
    respond = () => ok(batchXml());
    const [result] = topic.publishBatch(notifications(1));
    expect(await result).toEqual({ error: 'NoResult', fault: 'unknown' });
  });

  it.each([
    ['InvalidParameter', 400, 'entry'],
    ['ParameterValueInvalid', 400, 'entry'],
    ['BatchRequestTooLong', 400, 'entry'],
    ['ValidationException', 400, 'entry'],
    ['ValidationError', 400, 'entry'],
    ['InvalidParameterValue', 400, 'entry'],
    ['Puzzling', 400, 'unknown'],
    ['InvalidBatchEntryId', 400, 'unknown'],
  ] as const)(
    'sends a batch refused with %s one by one, and only the bad entry fails',
    async (code, status, fault) => {
      respond = (call) =>
        entriesOf(call).some(({ text }) => text === 'm1')
          ? failure(status, code)
          : batchAnswer(call);
      expect(await results(topic.publishBatch(notifications(3)))).toEqual([
        { sns_message_id: 'sns-m0' },
        { error: expect.any(String), fault },
        { sns_message_id: 'sns-m2' },
      ]);
      expect(calls).toHaveLength(1 + 3);
    },
  );

  it.each([
    ['InternalError', 500],
    ['InternalFailure', 500],
    ['ValidationException', 500],
    ['ServiceUnavailable', 503],
    ['Throttled', 429],
    ['Throttling', 400],
    ['ThrottlingException', 400],
    ['AuthorizationError', 403],
    ['AccessDenied', 403],
    ['NotFound', 404],
    ['EndpointDisabled', 400],
    ['PlatformApplicationDisabled', 400],
    ['InvalidSecurity', 403],
    ['KMSAccessDenied', 400],
    ['KMSDisabled', 400],
    ['KMSInvalidState', 400],
    ['KMSNotFound', 400],
    ['KMSOptInRequired', 403],
    ['KMSThrottling', 400],
    ['ExpiredToken', 400],
    ['RequestLimitExceeded', 400],
    ['TooManyRequestsException', 400],
    ['SignatureDoesNotMatch', 403],
    ['Puzzling', 403],
    ['Puzzling', 429],
  ])(
    'does not send a batch one by one that fails with %s (%i): it is the topic’s',
    async (code, status) => {
      respond = () => failure(status, code);
      expect(await results(topic.publishBatch(notifications(2)))).toEqual(
        Array(2).fill({ error: expect.stringContaining(code), fault: 'topic' }),
      );
      expect(calls).toHaveLength(1);
    },
  );

  it('knows every error of the service’s model', async () => {
    for (const command of ['PublishCommand', 'PublishBatchCommand']) {
      const file = `@aws-sdk/client-sns/dist-types/commands/${command}.d.ts`;
      const types = await readFile(
        new URL(`../../../node_modules/${file}`, import.meta.url),
        'utf8',
      );
      const names = [...types.matchAll(/@throws \{@link (\w+)\} \(/g)].map(([, name = '']) => name);
      expect(names.length).toBeGreaterThan(10);
      const ours = ['BatchEntryIdsNotDistinct', 'EmptyBatchRequest', 'InvalidBatchEntryId'];
      const unknown = names.filter((name) => faultOfCode(name) === 'unknown');
      expect(unknown.map((name) => name.replace(/Exception$/, ''))).toEqual(
        command === 'PublishCommand' ? [] : [...ours, 'TooManyEntriesInBatchRequest'],
      );
    }
  });

  it('blames the topic if the service is unreachable', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const [result] = topic.publishBatch(notifications(1));
    expect(await result).toMatchObject({ fault: 'topic' });
  });

  it('makes no call after the deadline, and counts nothing as refused', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    const [result] = topic.publishBatch(notifications(1), signal);
    expect([await result, calls]).toEqual([{ error: 'Error', fault: 'topic' }, []]);
  });

  it('returns an entry’s result as soon as its own call is answered', async () => {
    const answer = Promise.withResolvers<void>();
    hold = (call) => (entriesOf(call).length === 1 ? answer.promise : undefined);
    const all = topic.publishBatch(notifications(11));
    expect(await all[0]).toEqual({ sns_message_id: 'sns-m0' });
    answer.resolve();
    expect(await all[10]).toEqual({ sns_message_id: 'sns-m10' });
  });

  it('publishes the other batches if one fails', async () => {
    respond = (call) =>
      entriesOf(call).length === 10 ? failure(500, 'InternalError') : batchAnswer(call);
    const all = await results(topic.publishBatch(notifications(11)));
    expect(all).toHaveLength(11);
    expect(all.filter((result) => 'error' in result)).toHaveLength(10);
    expect(all.at(-1)).toEqual({ sns_message_id: 'sns-m10' });
  });
});

describe('a FIFO topic', () => {
  const groupOf = (call: URLSearchParams | undefined, prefix = '') => [
    call?.get(`${prefix}MessageGroupId`),
    call?.get(`${prefix}MessageDeduplicationId`),
  ];
  const entry = (n: number) => `PublishBatchRequestEntries.member.${n}.`;

  it('is recognized by its name, and keeps order', () => {
    const { keepsOrder } = new SNSMessageTopic(client, `${TOPIC_ARN}.fifo-no-more`);
    expect([topic.keepsOrder, fifoTopic.keepsOrder, keepsOrder]).toEqual([false, true, false]);
  });

  it('gets group and deduplication id with each message, besides all else', async () => {
    respond = () => ok('<R><PublishResult><MessageId>sns-1</MessageId></PublishResult></R>');
    await fifoTopic.publish(someNotification('m0'));
    respond = batchAnswer;
    const ids = { conversation: 'with-another', deduplication_id: 'of-a-replay' };
    const other = { ...someNotification('m2'), ...ids };
    await results(fifoTopic.publishBatch([someNotification('m1'), other]));
    const [publish, batch] = calls;
    expect(groupOf(publish)).toEqual(['with-somebody', 'm0']);
    expect(groupOf(batch, entry(1))).toEqual(['with-somebody', 'm1']);
    expect(groupOf(batch, entry(2))).toEqual(['with-another', 'of-a-replay']);
    expect([publish?.get('Subject'), batch?.get(`${entry(1)}Subject`)]).toEqual(['S', 'S']);
  });

  it('alone gets them, because they mean something else to a standard topic', async () => {
    respond = () => ok('<R><PublishResult><MessageId>sns-1</MessageId></PublishResult></R>');
    await topic.publish(someNotification('m0'));
    respond = batchAnswer;
    await results(topic.publishBatch([someNotification('m1')]));
    expect(groupOf(calls[0])).toEqual([null, null]);
    expect(groupOf(calls[1], entry(1))).toEqual([null, null]);
  });
});
