import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { RequestRefused } from '../../../lib/http/outcomes.ts';
import { redactorOf } from '../../../lib/http/redact.ts';
import { Tokens } from '../../../lib/http/tokens.ts';
import {
  authenticate,
  MAX_BODY_BYTES,
  readForm as readFormOf,
  refuseOtherMethods,
} from '../../../lib/http/webhook-request.ts';
import { PROVIDER_FORM, webhookEvent } from '../../fixtures/webhook-event.ts';
import { watchCrypto } from '../../helpers/node-modules.ts';

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
/** The form of a request with the right token. */
const readForm = (event: APIGatewayProxyEventV2) => {
  const { token = 'none' } = event.pathParameters ?? {};
  const tokens = Tokens.parse(sha256(token));
  refuseOtherMethods(authenticate({ ...event, pathParameters: { token } }, tokens));
  return readFormOf(event, { redactor: redactorOf(token), warn: () => {} });
};
const refused = (action: () => unknown): RequestRefused => {
  try {
    action();
  } catch (error) {
    if (error instanceof RequestRefused) return error;
    throw error;
  }
  throw new Error('It was not refused');
};
const outcomeOf = (action: () => unknown) => {
  try {
    action();
    return 'accepted';
  } catch (error) {
    return (error as { outcome?: string }).outcome ?? error;
  }
};

describe('the token', () => {
  const tokens = Tokens.parse(['old', 'new'].map(sha256).join(','));

  it.each([
    ['old', 0, true],
    ['new', 1, false],
  ])('%s is accepted, and its index is known', (token, tokenIndex, isOldToken) => {
    const head = authenticate(webhookEvent('', { token }), tokens);
    expect(head).toEqual({ token, tokenIndex, isOldToken, isPost: true });
  });

  it.each(['', 'OLD', 'old ', sha256('old'), '__proto__', 'é'.repeat(9_999)])(
    '%j is not',
    (token) => {
      const attempt = () => authenticate(webhookEvent('', { token }), tokens);
      expect(outcomeOf(attempt)).toBe('unknown-token');
    },
  );

  it('may be missing', () => {
    expect(outcomeOf(() => authenticate({} as never, tokens))).toBe('unknown-token');
    const ofNothing = Tokens.parse(sha256(''));
    expect(outcomeOf(() => authenticate({} as never, ofNothing))).toBe('unknown-token');
  });

  it.each(['old', 'new', 'other'])('%s is compared with every hash, in constant time', (token) => {
    const compared = watchCrypto('timingSafeEqual');
    outcomeOf(() => authenticate(webhookEvent('', { token }), tokens));
    expect(compared.mock.calls.map(([hash]) => hash)).toEqual(
      tokens.hashes.map(({ hash }) => hash),
    );
  });

  it('is refused alike for any request, and before anything else is read', () => {
    const onlyThePath = new Proxy(webhookEvent('', { token: 'other' }), {
      get: (event, key) => {
        if (key !== 'pathParameters') throw new Error(`It read ${String(key)}`);
        return event.pathParameters;
      },
    });
    const error = refused(() => authenticate(onlyThePath, tokens));
    expect(error).toMatchObject({ outcome: 'unknown-token', faults: [] });
    expect(error.message).not.toContain('other');
    expect(refused(() => authenticate({} as never, tokens)).message).toBe(error.message);
  });

  it.each(['', 'abc', `${sha256('a')}0`, sha256('a').toUpperCase(), `${sha256('a')},`])(
    'is not configured by %j',
    (value) => {
      expect(() => Tokens.parse(value)).toThrow('SHA-256');
    },
  );
});

describe('the form', () => {
  it('may be sent in base64 or plain', () => {
    for (const isBase64Encoded of [true, false]) {
      const { fields } = readForm(webhookEvent(PROVIDER_FORM, { isBase64Encoded }));
      expect(Object.fromEntries(fields)).toEqual({
        service_id: 'YOUR_SERVICE_ID',
        from: 'YOUR_FROM_NUMBER',
        sms_number: 'YOUR_SMS_NUMBER',
        body: 'Test Message',
        message_id: '297abf7f-99d9-4b7d-9c46-1d7c13687b11',
        timestamp: '1576391654',
        webhook_url: 'https://ENDPOINT/sms/test',
        webhook_url_fallback: 'you@email.com',
      });
    }
  });

  it.each([
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-URLEncoded; Charset=UTF-8',
    ' application/x-www-form-urlencoded ;charset="utf-8";x=y',
    'application/x-www-form-urlencoded, application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded , text/plain; charset=utf-16',
    'application/x-www-form-urlencoded;charset=',
    '\tapplication/x-www-form-urlencoded;; =; charset = "UTF-8" ',
    null,
    '',
  ])('may be sent as %j', (contentType) => {
    expect(readForm(webhookEvent(PROVIDER_FORM, { contentType })).fields.size).toBe(8);
  });

  it('may have a header of any case', () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const withoutId = webhookEvent('a=1');
    expect(readForm({ ...withoutId, headers }).fields.size).toBe(1);
  });

  it('is decoded by its charset', () => {
    const contentType = 'application/x-www-form-urlencoded; Charset=ISO-8859-1';
    expect(readForm(webhookEvent('a=%C3%A9', { contentType })).fields.get('a')).toBe('Ã©');
  });

  it('is read as UTF-8 if it is plain and not escaped', () => {
    const { fields } = readForm(webhookEvent('a=é€', { isBase64Encoded: false }));
    expect(fields.get('a')).toBe('é€');
  });

  it('has 64 KiB at most, in any encoding', () => {
    expect(MAX_BODY_BYTES).toBe(64 * 1024);
    const fill = (size: number) => `a=é${'x'.repeat(size - 4)}`;
    for (const isBase64Encoded of [true, false]) {
      const read = (size: number) =>
        outcomeOf(() => readForm(webhookEvent(fill(size), { isBase64Encoded })));
      expect(read(MAX_BODY_BYTES)).toBe('accepted');
      expect(read(MAX_BODY_BYTES + 1)).toBe('too-large');
    }
  });

  it.each(['GET', 'HEAD', 'PUT', 'OPTIONS', 'post', ''])('is not read from a %s', (method) => {
    expect(outcomeOf(() => readForm(webhookEvent(PROVIDER_FORM, { method })))).toBe(
      'method-not-allowed',
    );
  });

  it('never causes more than a refusal', () => {
    expect(outcomeOf(() => readForm({} as never))).toBe('method-not-allowed');
    const { body: _, ...empty } = webhookEvent();
    expect(readForm(empty as never).fields.size).toBe(0);
    expect(readForm({ ...empty, body: null } as never).fields.size).toBe(0);
    expect(outcomeOf(() => readForm({ ...empty, headers: null } as never))).toBe('not-a-form');
  });

  it.each(['!!!not base64!!!', 'YT0x!YmI9Mg==', 'a=1', 'A'])(
    'is not read from %j, which only claims to be base64',
    (body) => {
      expect(outcomeOf(() => readForm({ ...webhookEvent(), body }))).toBe('not-a-form');
    },
  );

  it('is refused for the first of method, size and format', () => {
    const [get, json] = [{ method: 'GET' }, { contentType: 'application/json' }];
    const huge = `a=1&a=${'x'.repeat(MAX_BODY_BYTES)}`;
    const read = (body: string, changes = {}) =>
      outcomeOf(() => readForm(webhookEvent(body, changes)));
    expect(read(huge, { ...get, ...json })).toBe('method-not-allowed');
    expect(read(huge, json)).toBe('too-large');
    expect(read('a=1&a=2', json)).toBe('not-a-form');
    expect(read('a=1&a=2')).toBe('accepted');
  });

  it('is refused with a hint at what to do instead', () => {
    const refusal = (changes: object) =>
      refused(() => readForm(webhookEvent('hello', changes))).detail;
    expect(refusal({ method: 'GET' })).toContain('Paste it into the Web Hook URL field');
    for (const contentType of ['application/json', 'multipart/form-data; boundary=x', '']) {
      expect(refusal({ contentType })).toContain('application/x-www-form-urlencoded');
    }
    expect(refusal({ contentType: 'Te\txt/é; x' })).toContain('not as Te\\u0009xt/\\u00e9');
  });

  it('is refused with a reason that holds nothing of the request', () => {
    const refusal = (changes: object) =>
      refused(() => readForm(webhookEvent('hello', changes))).reason;
    expect(refusal({ contentType: 'text/said-by-the-sender' })).toBe('The body is not a form');
    expect(refusal({ method: 'SAID' })).toBe('The method is not POST');
  });

  it('is refused without showing the token', () => {
    const token = 'a-token-of-twenty-two-characters';
    const event = webhookEvent('a=1', { token, contentType: `x/${token}` });
    const { detail } = refused(() => readForm(event));
    expect(detail).toContain('not as x/REDACTED');
    expect(detail).not.toContain(token);
  });
});
