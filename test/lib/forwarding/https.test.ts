import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { SecretMalformed, toHttps } from '../../../lib/forwarding/https.ts';
import type { ForwardedMessage } from '../../../lib/forwarding/outgoing.ts';
import { someForwarded } from '../../fixtures/forwarded-message.ts';
import { strangeText } from '../../fixtures/strange-text.ts';

const subscriber = {
  name: 'crm',
  kind: 'https',
  url: 'https://crm.example.com/hooks/sms',
  secret: 'CRM_SECRET',
} as const;

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
const OTHER = secretOf(24);

function postOf(
  changes: Partial<ForwardedMessage> = {},
  { secret = SECRET, now = Date.now() } = {},
) {
  const outgoing = toHttps(someForwarded(changes), subscriber, secret, now);
  if (outgoing.kind !== 'post') return expect.unreachable();
  return outgoing;
}

const verify = ({ body, headers }: ReturnType<typeof postOf>, secret = SECRET) =>
  new Webhook(secret).verify(body, { ...headers });

it('a request has the published message and the headers of Standard Webhooks', () => {
  const message = someForwarded();
  const request = postOf({}, { now: 1_795_731_700_999 });
  const signed = `${message.message_id}.1795731700.${message.json}`;
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  expect(request).toEqual({
    kind: 'post',
    url: 'https://crm.example.com/hooks/sms',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'inbound-sms',
      'webhook-id': message.message_id,
      'webhook-timestamp': '1795731700',
      'webhook-signature': `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    },
    body: message.json,
  });
});

it('a replay’s request names its run', () => {
  expect(postOf({ replay: 'run-1' }).headers['x-inbound-sms-replay']).toBe('run-1');
});

it('the library verifies and reads any message', () => {
  fc.assert(
    fc.property(strangeText, strangeText, (from, body) => {
      const request = postOf({ from, body });
      expect(verify(request)).toEqual(JSON.parse(request.body));
    }),
  );
});

describe('the library refuses', () => {
  /** Texts that differ from this one in one character. */
  const changed = (text: string) =>
    fc.nat(text.length - 1).map((at) => {
      const other = text[at] === '0' ? '1' : '0';
      return text.slice(0, at) + other + text.slice(at + 1);
    });
  const refused = (request: ReturnType<typeof postOf>, secret = SECRET) => {
    expect(() => verify(request, secret)).toThrow(WebhookVerificationError);
  };

  it('a request with one changed byte in the body', () => {
    const request = postOf();
    fc.assert(fc.property(changed(request.body), (body) => refused({ ...request, body })));
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'a request whose %s differs in one byte',
    (name) => {
      const request = postOf();
      const { headers } = request;
      fc.assert(
        fc.property(changed(headers[name] ?? ''), (value) =>
          refused({ ...request, headers: { ...headers, [name]: value } }),
        ),
      );
    },
  );

  it('another secret', () => {
    refused(postOf(), OTHER);
  });

  it('a request that is older than five minutes', () => {
    refused(postOf({}, { now: Date.now() - 5 * 60_000 - 2_000 }));
  });
});

describe('a secret', () => {
  it('may be without whsec_', () => {
    expect(verify(postOf({}, { secret: SECRET.slice('whsec_'.length) }))).toBeDefined();
  });

  it.each([24, 64])('may have %d bytes', (bytes) => {
    const secret = secretOf(bytes);
    expect(verify(postOf({}, { secret }), secret)).toBeDefined();
  });

  it('may have white space around it', () => {
    expect(verify(postOf({}, { secret: ` ${SECRET}\n` }))).toBeDefined();
  });

  it('may be several, and a receiver with any of them accepts the message', () => {
    const request = postOf({}, { secret: `${SECRET} ${OTHER}` });
    expect(request.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    expect(verify(request, SECRET)).toBeDefined();
    expect(verify(request, OTHER)).toBeDefined();
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['a prefix', 'whsec_'],
    ['one character', 'A'],
    ['a text', 'not base64!'],
    ['a URL', 'https://example.com/'],
    ['base64 for URLs', '-_-_-_-_'],
    ['of 23 bytes', secretOf(23)],
    ['of 65 bytes', secretOf(65)],
    ['one that is right and one that is short', `${SECRET} ${secretOf(3)}`],
    ['one that is right and one that is not', `${SECRET} whsec_?`],
  ])('is malformed if it is %s, and the error does not quote it', (_, secret) => {
    expect(() => postOf({}, { secret })).toThrow(
      expect.toSatisfy(
        (error) =>
          error instanceof SecretMalformed &&
          error.message === 'secret malformed' &&
          error.cause === undefined,
      ),
    );
  });
});
