import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OTHER_TOKEN, readFields, readSent, SENT, TOKEN } from '../../helpers/read-form.ts';

describe('the token', () => {
  it.each([
    ['webhook_url', `https://x/sms/${TOKEN}`, 'https://x/sms/REDACTED'],
    ['webhook_url', `https://x/dev/sms/${TOKEN}?a=b#c`, 'https://x/dev/sms/REDACTED?a=b#c'],
    ['webhook_url', 'https://x/sms/some-other-token', 'https://x/sms/REDACTED'],
    ['webhook_url', `https://x/?t=${TOKEN}`, 'https://x/?t=REDACTED'],
    ['webhook_url', `https://x/%61${TOKEN.slice(1)}`, 'REDACTED'],
    ['webhook_url', `https://x/%2561${TOKEN.slice(1)}`, 'REDACTED'],
    ['webhook_url_fallback', `${TOKEN}@example.com`, 'REDACTED@example.com'],
    ['callback', `https://y/${TOKEN}`, 'https://y/REDACTED'],
    ['callback', `https%3A%2F%2Fy%2F%61${TOKEN.slice(1)}`, 'REDACTED'],
  ])('is redacted in %s %s', (field, value, expected) => {
    expect(readFields({ [field]: value }).extra[field]).toBe(expected);
  });

  it('is redacted in a name, without merging two fields', () => {
    const { extra } = readFields({ [TOKEN]: '1', REDACTED: '2' });
    expect(Object.values(extra)).toEqual(['1', '2']);
    expect(JSON.stringify(extra)).not.toContain(TOKEN);
  });

  it('of the local stack is an ordinary word, except in a webhook URL', () => {
    const { extra } = readFields({ note: 'a test', url: 'http://x/sms/test' }, 'test');
    expect({ ...extra }).toEqual({ note: 'a test', url: 'http://x/sms/REDACTED' });
  });

  it('never remains in the extra fields', () => {
    const secretive = fc
      .array(fc.oneof(fc.constant(TOKEN), fc.constantFrom('/sms/', '%', '%61', 'a', '/', '?')))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(secretive, secretive, (webhook_url, other) => {
        const json = JSON.stringify(readFields({ webhook_url, other, [`x${other}`]: '' }).extra);
        expect(json).not.toContain(TOKEN);
      }),
    );
  });

  it.each(['body', 'from', 'sms_number', 'service_id', 'other', 'webhook_url'])(
    'is redacted in %s, whichever of the valid ones it is',
    (field) => {
      for (const token of [TOKEN, OTHER_TOKEN]) {
        const message = readFields({ [field]: `see ${token}.`, [token]: '' });
        expect(JSON.stringify(message)).toContain('see REDACTED.');
        expect(JSON.stringify(message)).not.toContain(token);
      }
    },
  );

  it.each([TOKEN, `x${TOKEN}x`, OTHER_TOKEN, `%61${TOKEN.slice(1)}`, `%61${OTHER_TOKEN.slice(1)}`])(
    'is refused in a message_id: %s',
    (message_id) => {
      expect(() => readFields({ message_id })).toThrow(
        expect.objectContaining({
          faults: [{ field: 'message_id', reason: 'holds a token of the webhook’s URL' }],
        }),
      );
    },
  );

  it('may be a message_id if it is short', () => {
    expect(readFields({ message_id: 'test' }, 'test').message_id).toBe('test');
  });

  it('causes a warning wherever it was found, except in webhook_url', () => {
    const form = `${SENT}+${OTHER_TOKEN}&webhook_url=/sms/${TOKEN}&a=${TOKEN}&${TOKEN}=`;
    expect(readSent(form).warnings).toEqual([
      ['TokenRedacted', 'body held a token'],
      ['TokenRedacted', 'another field held a token'],
      ['TokenRedacted', 'another field held a token'],
    ]);
  });
});
