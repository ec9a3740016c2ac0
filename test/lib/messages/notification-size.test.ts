import { describe, expect, it } from 'vitest';
import { fitExtra } from '../../../lib/http/extra.ts';
import {
  MAX_NOTIFICATION_BYTES,
  MESSAGE_FORMATS,
  notificationBytes,
  notificationsIn,
  replayOf,
} from '../../../lib/messages/notification.ts';
import { someRecord } from '../../fixtures/messages.ts';

describe('the size', () => {
  const empty = {
    message_id: 'not counted',
    conversation: 'not counted',
    message: '',
    subject: '',
    attributes: {},
  };

  it.each([
    ['the message in UTF-8', { message: '€😀' }, 7],
    ['the subject', { subject: 'abc' }, 3],
    ['name, type and value of each attribute', { attributes: { a: '€', bc: 'd' } }, 10 + 9],
  ])('counts %s', (_, part, bytes) => {
    expect(notificationBytes({ ...empty, ...part })).toBe(bytes);
  });

  it('counts escapes as they are sent', () => {
    const bytesOf = (body: string) =>
      notificationBytes(notificationsIn('inbound-sms')(someRecord({ body })));
    expect(bytesOf('\uFFFF') - bytesOf('')).toBe(6);
  });

  it.each(MESSAGE_FORMATS)('is far below SNS’s limit, at its largest, in %s', (format) => {
    // Each of these takes six bytes in JSON. A field is limited in characters, extra in bytes.
    const number = '\u{10FFFF}'.repeat(256);
    const { extra } = fitExtra([['\uFFFF', '\uFFFF'.repeat(5_000)]]);
    const record = someRecord({
      ...{ message_id: '"'.repeat(128), from: number, sms_number: number, service_id: number },
      ...{ timestamp: 253_402_300_799, received_at: Number.MAX_SAFE_INTEGER, extra },
    });
    const sizes = ['\0', '\uFFFF', '\u{10FFFF}', '"'].map((char) => {
      const notification = notificationsIn(format)({ ...record, body: char.repeat(10_000) });
      return notificationBytes(replayOf(notification, 'x'.repeat(64)));
    });
    expect(Math.max(...sizes)).toBeGreaterThan(60_000);
    expect(Math.max(...sizes)).toBeLessThan(MAX_NOTIFICATION_BYTES / 2);
  });
});
