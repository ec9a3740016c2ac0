import { describe, expect, it } from 'vitest';
import { readForwarded } from '../../../lib/forwarding/read-forwarded.ts';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { someRecord } from '../../fixtures/messages.ts';

const { message_id, from, sms_number, body, timestamp, received_at } = someRecord();
const MESSAGE = { message_id, from, sms_number, body, timestamp };
const { message: INBOUND } = notificationsIn('inbound-sms')(someRecord());
const { message: AWS } = notificationsIn('aws-two-way-sms')(someRecord());
const changed = (json: string, fields: object) =>
  JSON.stringify({ ...JSON.parse(json), ...fields });

describe('a message as it was published', () => {
  it('is read in the format inbound-sms', () => {
    expect(readForwarded(INBOUND, {})).toEqual({
      ...{ ...MESSAGE, received_at, schema: 'inbound-sms/1', json: INBOUND, isCanary: false },
    });
  });

  it('is read in the format aws-two-way-sms', () => {
    expect(readForwarded(AWS, {})).toEqual({
      ...{ ...MESSAGE, schema: 'aws-two-way-sms', json: AWS, isCanary: false },
    });
  });

  it('may have no sender, no recipient, no text and no time', () => {
    const empty = { from: '', sms_number: '', body: '', timestamp: undefined };
    const read = readForwarded(changed(INBOUND, empty), {});
    expect(read).toMatchObject({ message_id, from: '', sms_number: '', body: '' });
    expect(read).not.toHaveProperty('timestamp');
  });

  it.each([1e300, '1576391654', null])('has no time if it is %j', (time) => {
    const read = readForwarded(changed(INBOUND, { timestamp: time, received_at: time }), {});
    expect(read).toMatchObject({ message_id });
    expect(read).not.toHaveProperty('timestamp');
    expect(read).not.toHaveProperty('received_at');
  });

  it('has a time that a Date can hold: seconds since 1970, or milliseconds', () => {
    const last = { timestamp: 8.64e12, received_at: 8.64e15 };
    expect(readForwarded(changed(INBOUND, last), {})).toMatchObject(last);
    const later = { timestamp: last.timestamp + 1, received_at: last.received_at + 1 };
    const read = readForwarded(changed(INBOUND, later), {});
    expect(read).not.toHaveProperty('timestamp');
    expect(read).not.toHaveProperty('received_at');
  });

  it('is a replay or a canary by its attributes', () => {
    const attribute = (stringValue: string) => ({ stringValue });
    expect(readForwarded(AWS, { replay: attribute('run-1') })).toMatchObject({ replay: 'run-1' });
    expect(readForwarded(AWS, { canary: attribute('test') })).toMatchObject({ isCanary: true });
    expect(readForwarded(AWS, {})).not.toHaveProperty('replay');
  });
});

it.each([INBOUND, AWS])('reads a message in SNS’s envelope as without it: %#', (json) => {
  const envelope = JSON.stringify({
    ...{ Type: 'Notification', MessageId: 'of-sns', Message: json },
    MessageAttributes: { replay: { Type: 'String', Value: 'run-1' } },
  });
  expect(readForwarded(envelope, {})).toEqual(
    readForwarded(json, { replay: { stringValue: 'run-1' } }),
  );
});

it.each([
  '',
  'no JSON',
  'null',
  '"text"',
  '[]',
  '{}',
  JSON.stringify({ Type: 'Notification', Message: '{}' }),
  JSON.stringify({ Type: 'SubscriptionConfirmation', Message: INBOUND }),
  changed(INBOUND, { schema: 'inbound-sms/2' }),
  changed(INBOUND, { message_id: '' }),
  ...['message_id', 'from', 'sms_number', 'body'].map((name) => changed(INBOUND, { [name]: 1 })),
  ...['inboundMessageId', 'originationNumber', 'destinationNumber', 'messageBody'].map((name) =>
    changed(AWS, { [name]: undefined }),
  ),
])('reads nothing else: %s', (text) => {
  expect(readForwarded(text, {})).toBeUndefined();
});
