import type { Receiver } from './receiver.ts';
import type { Changes, Post } from './test-messages.ts';

/** A rule of the contract for receivers, and how to test it. */
export interface ContractPromise {
  readonly name: string;
  readonly meaning: string;
  /** The section of the documents. */
  readonly docs: string;
  /** If it is broken, the others cannot be tested. */
  readonly isBasic?: true;
  readonly play: (receiver: Receiver) => Promise<void>;
}

const HTTPS = 'docs/subscribers.md#https';
const SIGNATURE = 'docs/subscribers.md#verify-the-signature';
const FIELDS = 'docs/message-contract.md#inbound-sms';
const VERSIONS = 'docs/message-contract.md#versions';
const HOW_OFTEN = 'docs/message-contract.md#how-often';
const ORDER = 'docs/message-contract.md#in-which-order';

const HOUR_MS = 3_600_000;
/** The contract says five minutes. */
const STALE_MS = 6 * 60_000;
const COPIES = 5;

/** Sends new messages, each of which must be accepted. */
const eachAccepted =
  (...cases: readonly (readonly [sent: string, changes: Changes])[]) =>
  async (receiver: Receiver) => {
    for (const [sent, changes] of cases) await receiver.accepts(sent, receiver.request(changes));
  };

/** In the order of the test. Each name is in docs/cli.md. */
export const PROMISES: readonly ContractPromise[] = [
  {
    name: 'in-time',
    meaning: 'It answers within 10 seconds.',
    docs: HTTPS,
    isBasic: true,
    play: (receiver) => receiver.answers('an ordinary message', receiver.request()),
  },
  {
    name: 'genuine',
    meaning: 'It accepts an ordinary message.',
    docs: HTTPS,
    isBasic: true,
    play: eachAccepted(['an ordinary message', {}]),
  },
  {
    name: 'duplicate',
    meaning: 'It accepts a message that it has already.',
    docs: HOW_OFTEN,
    async play(receiver) {
      const message = receiver.messages.message();
      const first = receiver.messages.request(message);
      await receiver.accepts('a message', first);
      await receiver.accepts('the same request again', first);
      const later = receiver.messages.request(message, { offsetMs: 2_000 });
      await receiver.accepts('the message again, in a later attempt', later);
    },
  },
  {
    name: 'simultaneous',
    meaning: 'It accepts copies that come at the same time, at once or when they are sent again.',
    docs: HOW_OFTEN,
    play: (receiver) => receiver.acceptsTogether(COPIES, receiver.request()),
  },
  {
    name: 'replay',
    meaning: 'It accepts replays.',
    docs: HTTPS,
    async play(receiver) {
      const replay = `${receiver.messages.prefix}replay`;
      const message = receiver.messages.message();
      await receiver.accepts('a message', receiver.messages.request(message));
      await receiver.accepts('its replay', receiver.messages.request(message, { replay }));
      await receiver.accepts('a replay of a new message', receiver.request({}, { replay }));
    },
  },
  {
    name: 'forged',
    meaning: 'It refuses forged signatures.',
    docs: SIGNATURE,
    async play(receiver) {
      for (const [sent, forge] of FORGERIES) {
        await receiver.refuses(sent, forge(receiver.request()));
      }
      const { otherSecret: secret } = receiver.messages;
      await receiver.refuses('signed with another secret', receiver.request({}, { secret }));
      const known = receiver.request();
      await receiver.accepts('a message', known);
      await receiver.refuses('the message again, with another text', withOtherText(known));
    },
  },
  {
    name: 'unsigned',
    meaning: 'It refuses a request that lacks a header of the signature.',
    docs: SIGNATURE,
    async play(receiver) {
      for (const name of ['webhook-signature', 'webhook-timestamp', 'webhook-id']) {
        const request = receiver.request();
        const { [name]: _, ...headers } = request.headers;
        await receiver.refuses(`without ${name}`, { ...request, headers });
      }
    },
  },
  {
    name: 'stale',
    meaning: 'It refuses a signature that is more than five minutes off.',
    docs: SIGNATURE,
    async play(receiver) {
      const signed = (offsetMs: number) => receiver.request({}, { offsetMs });
      await receiver.refuses('signed six minutes ago', signed(-STALE_MS));
      await receiver.refuses('signed for six minutes from now', signed(STALE_MS));
    },
  },
  {
    name: 'two-signatures',
    meaning: 'It accepts two signatures, one of them its own, while the secret changes.',
    docs: 'docs/subscribers.md#the-secret',
    async play(receiver) {
      const { secret, otherSecret } = receiver.messages;
      const signed = (...secrets: string[]) => receiver.request({}, { secret: secrets.join(' ') });
      await receiver.accepts('its own signature first', signed(secret, otherSecret));
      await receiver.accepts('its own signature last', signed(otherSecret, secret));
    },
  },
  {
    name: 'raw-body',
    meaning: 'It verifies the received body, not JSON that it has written again.',
    docs: SIGNATURE,
    // The service escapes U+FFFE, which JSON.stringify does not.
    play: eachAccepted(['an escape that JSON does not need', { body: 'Not a character: \uFFFE' }]),
  },
  {
    name: 'sender',
    meaning: 'It accepts a name or a short code as the sender.',
    docs: FIELDS,
    play: eachAccepted(
      ['from MyShop', { from: 'MyShop' }],
      ['from a name with a space', { from: 'My Shop' }],
      ['from the short code 12345', { from: '12345' }],
    ),
  },
  {
    name: 'withheld',
    meaning: 'It accepts empty numbers.',
    docs: FIELDS,
    play: eachAccepted(
      ['from a withheld number', { from: '' }],
      ['to an unknown number', { sms_number: '' }],
    ),
  },
  {
    name: 'unicode',
    meaning: 'It accepts any text in UTF-8.',
    docs: FIELDS,
    play: eachAccepted(
      ['emoji', { body: 'Thanks 😀👩‍👩‍👧🇦🇺' }],
      ['Arabic', { body: 'هل طلبي جاهز؟' }],
      ['letters with accents, from a name with one', { body: 'Grüße, déjà vu', from: 'Café' }],
    ),
  },
  {
    name: 'long',
    meaning: 'It accepts 10,000 characters.',
    docs: FIELDS,
    play: eachAccepted(
      ['10,000 letters', { body: 'x'.repeat(10_000) }],
      ['10,000 emoji, 40 KB', { body: '😀'.repeat(10_000) }],
    ),
  },
  {
    name: 'empty-text',
    meaning: 'It accepts an empty text.',
    docs: FIELDS,
    play: eachAccepted(['an empty text', { body: '' }]),
  },
  {
    name: 'any-id',
    meaning: 'It accepts any message_id of 1 to 128 visible ASCII characters.',
    docs: 'docs/message.schema.json',
    async play(receiver) {
      const end = `/${'!"#%&\'()*+,.:;<=>?@[]^_`{|}~'}/`;
      const id = end.padEnd(128 - receiver.messages.prefix.length, 'x');
      await receiver.accepts('a message_id of 128 characters', receiver.request({ id }));
    },
  },
  {
    name: 'left-out',
    meaning: 'It accepts a message without the fields that may be absent.',
    docs: FIELDS,
    play: eachAccepted(
      ['without service_id', { omit: 'service_id' }],
      ['without timestamp', { omit: 'timestamp' }],
    ),
  },
  {
    name: 'unknown-fields',
    meaning: 'It ignores fields that it does not know.',
    docs: VERSIONS,
    play: eachAccepted(
      ['a new text field', { later: { conform_text: 'of a later version 1' } }],
      [
        'a new object and a new list',
        { later: { conform_object: { a: 1 }, conform_list: [null] } },
      ],
      ['unknown fields of the PBX in extra', { extra: { conform: 'yes', '': 'no name' } }],
    ),
  },
  {
    name: 'order',
    meaning: 'It accepts messages of a conversation in any order.',
    docs: ORDER,
    async play(receiver) {
      const at = (ms: number) =>
        receiver.request({ received_at: ms, timestamp: Math.floor(ms / 1_000) });
      const now = Date.now();
      await receiver.accepts('the later message first', at(now));
      await receiver.accepts('the earlier message after it', at(now - 60_000));
    },
  },
  {
    name: 'late',
    meaning: 'It accepts a message that has waited for weeks.',
    docs: 'docs/subscribers.md#when-a-subscriber-is-down',
    async play(receiver) {
      const received_at = Date.now() - 20 * 24 * HOUR_MS;
      const changes = { received_at, timestamp: Math.floor(received_at / 1_000) };
      await receiver.accepts('received 20 days ago, signed now', receiver.request(changes));
    },
  },
];

/** Requests with a wrong signature, made from genuine ones. */
const FORGERIES: readonly (readonly [sent: string, forge: (request: Post) => Post])[] = [
  ['another text after signing', withOtherText],
  [
    'another webhook-id after signing',
    (request) => withHeader(request, 'webhook-id', (id) => `${id}x`),
  ],
  [
    'another webhook-timestamp after signing',
    (request) => withHeader(request, 'webhook-timestamp', (seconds) => String(Number(seconds) + 1)),
  ],
  [
    'the first half of the signature',
    (request) => withHeader(request, 'webhook-signature', (text) => text.slice(0, 25)),
  ],
  ['an empty signature', (request) => withHeader(request, 'webhook-signature', () => 'v1,')],
];

function withHeader(request: Post, name: string, change: (value: string) => string): Post {
  const value = change(request.headers[name] ?? '');
  return { ...request, headers: { ...request.headers, [name]: value } };
}

function withOtherText(request: Post): Post {
  return { ...request, body: request.body.replace('Test of', 'Fake of') };
}
