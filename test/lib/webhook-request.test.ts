import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  authenticate,
  MAX_BODY_BYTES,
  parseTokenHashes,
  readForm,
} from '../../lib/webhook-request.ts';
import { PROVIDER_FORM, webhookEvent } from '../fixtures/webhook-event.ts';

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const outcomeOf = (action: () => unknown) => {
  try {
    action();
    return 'accepted';
  } catch (error) {
    return (error as { outcome?: string }).outcome ?? error;
  }
};

describe('the token', () => {
  const hashes = parseTokenHashes(['old', 'new'].map(sha256).join(','));

  it.each([
    ['old', 0],
    ['new', 1],
  ])('%s is ours, and which one', (token, tokenIndex) => {
    expect(authenticate(webhookEvent('', { token }), hashes)).toEqual({ token, tokenIndex });
  });

  it.each(['', 'OLD', 'old ', sha256('old'), '__proto__', 'é'.repeat(9_999)])(
    '%j is not',
    (token) => {
      const attempt = () => authenticate(webhookEvent('', { token }), hashes);
      expect(outcomeOf(attempt)).toBe('unknown-token');
    },
  );

  it('may be missing altogether', () => {
    expect(outcomeOf(() => authenticate({} as never, hashes))).toBe('unknown-token');
  });

  it.each(['', 'abc', sha256('a').toUpperCase(), `${sha256('a')},`])(
    'is not configured by %j',
    (value) => {
      expect(() => parseTokenHashes(value)).toThrow('SHA-256');
    },
  );
});

describe('the form', () => {
  it('comes in base64 or plain', () => {
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
    null,
    '',
  ])('comes as %j', (contentType) => {
    expect(readForm(webhookEvent(PROVIDER_FORM, { contentType })).fields.size).toBe(8);
  });

  it('is decoded as its charset says', () => {
    const contentType = 'application/x-www-form-urlencoded; charset=ISO-8859-1';
    expect(readForm(webhookEvent('a=%C3%A9', { contentType })).fields.get('a')).toBe('Ã©');
  });

  it.each(['text/plain', 'application/json', 'multipart/form-data; boundary=x', 'x'.repeat(9_999)])(
    'does not come as %s',
    (contentType) => {
      expect(outcomeOf(() => readForm(webhookEvent(PROVIDER_FORM, { contentType })))).toBe(
        'not-a-form',
      );
    },
  );

  it.each(['', 'hello', '{"message_id":"1"}', 'from=1&body=2'])(
    'is not %j without a content type',
    (body) => {
      expect(outcomeOf(() => readForm(webhookEvent(body, { contentType: null })))).toBe(
        'not-a-form',
      );
    },
  );

  it('has 64 KiB at most, whatever the encoding', () => {
    const fill = (size: number) => `a=${'x'.repeat(size - 2)}`;
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

  it('may be strange without anything but a refusal', () => {
    expect(outcomeOf(() => readForm({} as never))).toBe('method-not-allowed');
    const broken = { ...webhookEvent(), body: '!!!not base64!!!' };
    expect(['accepted', 'invalid']).toContain(outcomeOf(() => readForm(broken)));
    const { body: _, ...empty } = webhookEvent();
    expect(readForm(empty as never).fields.size).toBe(0);
  });
});
