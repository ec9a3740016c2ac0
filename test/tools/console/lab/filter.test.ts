import { randomUUID } from 'node:crypto';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FilterResult, SubscriberMessage } from '../../../../tools/console/lab-protocol.ts';
import type { Problem } from '../../../../tools/console/protocol.ts';
import { clientOf } from '../../../../tools/local/aws.ts';
import { postForm } from '../../../helpers/local-stack.ts';
import { ConsoleStack } from './console-stack.ts';

let service: ConsoleStack;
const [landline, mobile, name] = [randomUUID(), randomUUID(), randomUUID()];
let replay: string;

beforeAll(async () => {
  service = await ConsoleStack.start();
  for (const [message_id, from, sms_number] of [
    [landline, '+61290000001', '+61491570156'],
    [mobile, '+61491570006', '+61491570156'],
    [name, 'Dentist', '+61491570157'],
  ] as const) {
    const form = { message_id, from, sms_number, body: 'Hello', service_id: '7' };
    expect((await postForm(service.stack.webhookUrl, form)).status).toBe(200);
    await service.arrived(message_id);
  }
  ({ replay } = await service.post<{ replay: string }>('replay', { message_ids: [mobile] }));
  await service.arrived(mobile, 2);
});
afterAll(() => service?.[Symbol.asyncDispose]());

/** What would get through, the first that arrived first; `again` is the replay of `mobile`. */
async function through(policy: unknown): Promise<string[]> {
  const { matching, others } = await service.post<FilterResult>('filter', {
    policy: JSON.stringify(policy),
  });
  const arrived = await service.get<SubscriberMessage[]>('subscriber');
  expect([...matching, ...others].toSorted()).toEqual(arrived.map(({ id }) => id).toSorted());
  return arrived
    .toReversed()
    .filter(({ id }) => matching.includes(id))
    .map(({ message_id, attributes }) => (attributes.replay ? 'again' : nameOf(message_id)));
}

function nameOf(messageId: string): string {
  return { [landline]: 'landline', [mobile]: 'mobile', [name]: 'name' }[messageId] ?? messageId;
}

describe('a filter policy lets through', () => {
  it.each<[string, unknown, string[]]>([
    ['everything, if it is empty', {}, ['landline', 'mobile', 'name', 'again']],
    ['a prefix', { from: [{ prefix: '+614' }] }, ['mobile', 'again']],
    ['any of several', { from: ['Dentist', { prefix: '+612' }] }, ['landline', 'name']],
    [
      'what two attributes say',
      { from: [{ prefix: '+61' }], replay: [{ exists: false }] },
      ['landline', 'mobile'],
    ],
    ['replays only', { replay: [{ exists: true }] }, ['again']],
    ['all but one', { sms_number: [{ 'anything-but': '+61491570156' }] }, ['name']],
    ['all but a prefix', { from: [{ 'anything-but': { prefix: '+61' } }] }, ['name']],
    [
      'either of two',
      { $or: [{ from: ['Dentist'] }, { replay: [{ exists: true }] }] },
      ['name', 'again'],
    ],
    ['nothing, if no message has the attribute', { colour: ['red'] }, []],
  ])('%s', async (_, policy, expected) => {
    expect(await through(policy)).toEqual(expected);
  });

  it('one message by its id', async () => {
    expect(await through({ message_id: [landline] })).toEqual(['landline']);
  });

  it('one run of replays', async () => {
    expect(await through({ replay: [replay] })).toEqual(['again']);
  });

  it('its own messages, whatever is tried at the same time', async () => {
    const policies = [{ from: ['Dentist'] }, { from: [{ prefix: '+612' }] }, { replay: [replay] }];
    expect(await Promise.all(policies.map(through))).toEqual([['name'], ['landline'], ['again']]);
  });
});

describe('a filter policy is refused, saying why', () => {
  it.each([
    ['{"from": ', /^The policy is no JSON: /],
    ['[]', 'The policy must be a JSON object.'],
    ['"from"', 'The policy must be a JSON object.'],
    ['{"from": "a"}', '"from" must be a list of what may match, such as ["a", "b"].'],
    ['{"from": []}', '"from" must be a list of what may match, such as ["a", "b"].'],
    ['{"from": [["a"]]}', '"from": ["a"] is a list in a list.'],
    ['{"from": [7]}', /^"from": 7 is for numbers: .*; write it in quotes\.$/],
    ['{"from": [{"numeric": ["=", 7]}]}', /is for numbers/],
    ['{"from": [{"prefix": 7}]}', '"from": {"prefix":7} must be followed by a text.'],
    ['{"from": [{"exists": "yes"}]}', '"from": {"exists":"yes"} must be true or false.'],
    ['{"from": [{"begins": "a"}]}', /^"from": {"begins":"a"} must have exactly one of prefix, /],
    ['{"from": [{"toString": "a"}]}', /must have exactly one of prefix, /],
    ['{"from": [{"prefix": "a", "suffix": "b"}]}', /must have exactly one of prefix, /],
    ['{"from": [{"anything-but": [7]}]}', /must be followed by a text, or a list of texts/],
    ['{"from": [{"anything-but": {"cidr": "a"}}]}', /may have a prefix, a suffix or a wildcard/],
    ['{"$or": [{"from": ["a"]}]}', '"$or" must be a list of two or more objects.'],
    ['{"$or": [{"from": ["a"]}, {"from": "a"}]}', /^"from" must be a list/],
    // SNS's own limit.
    [
      JSON.stringify(Object.fromEntries([...'abcdef'].map((key) => [key, ['x']]))),
      /^SNS refuses the policy: .*too complex/,
    ],
  ])('%s', async (policy, message) => {
    const answer = await service.ask('POST', 'filter', { policy });
    expect(answer.status).toBe(400);
    const { title, detail = title } = (await answer.json()) as Problem;
    expect(detail).toMatch(message);
  });
});

it('leaves nothing behind in SNS and SQS', async () => {
  const sns = new SNSClient(clientOf(service.stack.snsEndpoint));
  const sqs = new SQSClient(clientOf(service.stack.snsEndpoint));
  const all = async () => ({
    topics: (await sns.send(new ListTopicsCommand({}))).Topics,
    queues: (await sqs.send(new ListQueuesCommand({}))).QueueUrls,
  });
  try {
    const before = await all();
    await through({ from: ['Dentist'] });
    const tooLong = JSON.stringify({ from: Array(151).fill('x') });
    expect((await service.ask('POST', 'filter', { policy: tooLong })).status).toBe(400);
    expect(await all()).toEqual(before);
    expect(before.queues?.filter((url) => url.includes('console-filter'))).toEqual([]);
  } finally {
    sns.destroy();
    sqs.destroy();
  }
});
