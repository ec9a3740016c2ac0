import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Filtered, filterOf } from '../../../tools/archive/filter-policy.ts';
import { clientOf, type Emulator } from '../../../tools/local/aws.ts';
import { startSns } from '../../../tools/local/sns.ts';

const body = (message: object): Filtered => ({
  message: JSON.stringify(message),
  attributes: { schema: 'inbound-sms/1' },
});
const attributes = (named: Readonly<Record<string, string>>): Filtered => ({
  message: '{}',
  attributes: named,
});

/** The published messages, by the names in the policies below. */
const MESSAGES: Readonly<Record<string, Filtered>> = {
  mobile: attributes({ from: '+61491570156', sms_number: '+61400000002' }),
  abroad: attributes({ from: '+14255550182', sms_number: '+61400000002' }),
  bank: attributes({ from: 'MyBank', sms_number: '+61400000003', replay: 'run' }),
  withheld: attributes({ sms_number: '+61400000003' }),
  address: attributes({ from: '10.0.0.255' }),
  address6: attributes({ from: '2001:db8::1' }),
  digits: attributes({ from: '100' }),
  stop: body({ from: '+61491570156', body: 'STOP', timestamp: 100, extra: { colour: 'red' } }),
  join: body({ from: 'MyBank', body: 'Join us', timestamp: 100.5, extra: { colour: 'blue' } }),
  lines: body({ from: '', body: 'first\nlast', timestamp: 500, extra: {} }),
  lists: body({ body: ['a', 'STOP'], flag: true, none: null, extra: { deep: { word: 'in' } } }),
  texts: body({ body: '100', flag: 'true' }),
  parts: body({ extra: { parts: [{ word: 'one' }, { word: 'two' }] } }),
};

type Row = readonly [policy: object, passing: readonly string[], fauxqsIsWrong?: string];

const BY_ATTRIBUTES: readonly Row[] = [
  [{ from: ['+61491570156', 'MyBank'] }, ['mobile', 'bank']],
  [{ from: ['mybank'] }, []],
  [{ from: [{ prefix: '+61' }] }, ['mobile']],
  [{ from: [{ suffix: 'Bank' }] }, ['bank']],
  [{ from: [{ 'equals-ignore-case': 'mybank' }] }, ['bank']],
  [{ from: [{ wildcard: '+6149*56' }] }, ['mobile']],
  [{ from: [{ wildcard: '*.0.*' }] }, ['address']],
  [{ from: [{ cidr: '10.0.0.0/24' }] }, ['address']],
  [{ from: [{ cidr: '2001:db8::/32' }] }, ['address6']],
  [{ from: [{ 'anything-but': 'MyBank' }] }, ['mobile', 'abroad', 'address', 'address6', 'digits']],
  [{ from: [{ 'anything-but': ['MyBank', '100'] }] }, ['mobile', 'abroad', 'address', 'address6']],
  [{ from: [{ 'anything-but': { prefix: '+' } }] }, ['bank', 'address', 'address6', 'digits']],
  [
    { from: [{ 'anything-but': { prefix: ['+61', '+1'] } }] },
    ['bank', 'address', 'address6', 'digits'],
    'it takes one prefix only',
  ],
  [
    { from: [{ 'anything-but': { suffix: '1' } }] },
    ['mobile', 'abroad', 'bank', 'address', 'digits'],
  ],
  [{ from: [{ 'anything-but': { wildcard: '*0*' } }] }, ['bank']],
  [
    { from: [{ 'anything-but': { 'equals-ignore-case': ['MYBANK', 'nobody'] } }] },
    ['mobile', 'abroad', 'address', 'address6', 'digits'],
    'it does not know the operator',
  ],
  [{ from: [{ exists: true }] }, ['mobile', 'abroad', 'bank', 'address', 'address6', 'digits']],
  [{ from: [{ exists: false }], sms_number: [{ exists: true }] }, ['withheld']],
  [{ from: [{ exists: false }, 'MyBank'], sms_number: [{ prefix: '+' }] }, ['bank', 'withheld']],
  [{ replay: [{ exists: false }], from: [{ prefix: 'My' }] }, []],
  [{ sms_number: ['+61400000003'], from: ['MyBank'] }, ['bank']],
  [{ $or: [{ from: ['MyBank'] }, { sms_number: ['+61400000002'] }] }, ['mobile', 'abroad', 'bank']],
  [
    { from: [{ prefix: '+' }], $or: [{ from: [{ suffix: '56' }] }, { sms_number: ['none'] }] },
    ['mobile'],
  ],
  [{ from: [{ numeric: ['=', 100] }] }, [], 'it takes a text of digits for a number'],
  [{ from: [{ numeric: ['>', 50] }] }, [], 'it takes a text of digits for a number'],
  [{ from: [100] }, [], 'it takes a text of digits for a number'],
];

const BY_BODY: readonly Row[] = [
  [{ body: ['STOP'] }, ['stop', 'lists'], 'it does not look into lists'],
  [{ body: [{ 'equals-ignore-case': 'join US' }] }, ['join']],
  [{ body: [{ wildcard: 'f*t' }] }, ['lines'], 'its * ends with a line'],
  [{ body: [{ prefix: 'Join' }], from: ['MyBank'] }, ['join']],
  [{ timestamp: [100] }, ['stop']],
  [{ timestamp: [{ numeric: ['>', 100, '<=', 500] }] }, ['join', 'lines']],
  [{ timestamp: [{ numeric: ['<', 100.5] }] }, ['stop']],
  [{ timestamp: [{ numeric: ['>=', 500] }] }, ['lines']],
  [{ timestamp: [{ 'anything-but': [100, 500] }] }, ['join']],
  [{ body: [{ 'anything-but': ['STOP', '100', 'a'] }] }, ['join', 'lines']],
  [
    { body: [{ 'anything-but': ['STOP'] }] },
    ['join', 'lines', 'lists', 'texts'],
    'it does not look into lists',
  ],
  [{ extra: { colour: ['red', 'green'] } }, ['stop']],
  [{ extra: { deep: { word: [{ prefix: 'i' }] } } }, ['lists']],
  [{ extra: { parts: { word: ['two'] } } }, ['parts'], 'it does not look into lists'],
  [{ extra: { constructor: [{ exists: true }] } }, []],
  [{ extra: { colour: [{ exists: false }] }, timestamp: [{ exists: true }] }, ['lines']],
  [{ $or: [{ extra: { colour: ['red'] } }, { from: ['MyBank'] }] }, ['stop', 'join']],
  [{ from: [{ exists: true }] }, ['stop', 'join'], 'an empty text counts as there'],
  [{ flag: [true] }, ['lists'], 'it takes a text for a boolean'],
  [{ none: [null] }, ['lists'], 'it takes a missing property for null'],
  [{ extra: [{ exists: true }] }, []],
];

const POLICIES = (
  [
    ['MessageAttributes', BY_ATTRIBUTES],
    ['MessageBody', BY_BODY],
  ] as const
).flatMap(([scope, rows]) =>
  rows.map(([policy, passing, wrong]) => [scope, JSON.stringify(policy), passing, wrong] as const),
);
/** The messages for policies of this scope. */
const namesOf = (scope: string) =>
  Object.entries(MESSAGES)
    .filter(([, { message }]) => (message === '{}') === (scope === 'MessageAttributes'))
    .map(([name]) => name);

describe('a filter policy matches as AWS documents:', () => {
  it.each(POLICIES)('%s %s', (scope, policy, passing) => {
    const accepts = filterOf({ policy, scope });
    const names = namesOf(scope).filter((name) => accepts(MESSAGES[name] as Filtered));
    expect(names).toEqual(passing);
  });

  it.each([{}, { policy: '' }, { policy: '{}' }])('everything, if it is %j', (filter) => {
    expect(Object.values(MESSAGES).every(filterOf(filter))).toBe(true);
  });

  it('by attributes, unless the scope says otherwise', () => {
    const accepts = filterOf({ policy: '{"body":["STOP"]}' });
    expect(Object.values(MESSAGES).some(accepts)).toBe(false);
  });

  it.each(['not json', '[1]', '"text"'])('nothing of a body that is %s', (message) => {
    const accepts = filterOf({ policy: '{"body":[{"exists":false}]}', scope: 'MessageBody' });
    expect(accepts({ message, attributes: {} })).toBe(false);
  });

  it('no message without any property, if one must not exist', () => {
    const accepts = filterOf({ policy: '{"from":[{"exists":false}]}' });
    expect(accepts({ message: '{}', attributes: {} })).toBe(false);
    expect(accepts({ message: '{}', attributes: { schema: 'any' } })).toBe(true);
  });
});

describe('the emulator', () => {
  let emulator: Emulator;
  let sns: SNS;
  let sqs: SQS;
  beforeAll(async () => {
    emulator = await startSns(0);
    sns = new SNS(clientOf(emulator.endpoint));
    sqs = new SQS(clientOf(emulator.endpoint));
  });
  afterAll(async () => {
    sns?.destroy();
    sqs?.destroy();
    await emulator?.[Symbol.asyncDispose]();
  });

  /** The names of the messages that reach a queue with this filter. */
  async function delivered(scope: string, FilterPolicy: string): Promise<string[]> {
    const Name = `topic-${crypto.randomUUID()}`;
    const { TopicArn = '' } = await sns.createTopic({ Name });
    const { QueueUrl } = await sqs.createQueue({ QueueName: Name });
    await sns.subscribe({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: TopicArn.replace(':sns:', ':sqs:'),
      Attributes: {
        RawMessageDelivery: 'true',
        FilterPolicy,
        FilterPolicyScope: scope,
      },
    });
    const names = namesOf(scope);
    for (const name of names) {
      const { message, attributes: named } = MESSAGES[name] as Filtered;
      const texts = Object.entries(named);
      await sns.publish({
        TopicArn,
        Message: message,
        MessageAttributes: Object.fromEntries(
          // The message's name, because raw delivery passes attributes on.
          [...texts, ['name', name] as const].map(([key, StringValue]) => [
            key,
            { DataType: 'String', StringValue },
          ]),
        ),
      });
    }
    const found = new Set<string | undefined>();
    for (;;) {
      const { Messages = [] } = await sqs.receiveMessage({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['name'],
      });
      if (Messages.length === 0) return names.filter((name) => found.has(name));
      for (const each of Messages) found.add(each.MessageAttributes?.name?.StringValue);
    }
  }

  it.each(POLICIES)(
    'agrees on %s %s, with known exceptions',
    async (scope, policy, passing, wrong) => {
      const names = await delivered(scope, policy);
      // When the emulator is fixed, remove the exception.
      if (wrong) expect(names).not.toEqual(passing);
      else expect(names).toEqual(passing);
    },
  );
});
