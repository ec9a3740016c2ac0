import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEmail } from '../../../lib/forwarding/email.ts';
import type { ForwardedMessage } from '../../../lib/forwarding/outgoing.ts';
import { MAX_NOTIFICATION_BYTES } from '../../../lib/messages/notification.ts';
import { someForwarded } from '../../fixtures/forwarded-message.ts';
import { strangeText } from '../../fixtures/strange-text.ts';

const topicArn = 'arn:aws:sns:ap-southeast-2:123456789012:stack-to-team-mail';
const subscriber = { name: 'team', kind: 'email', topicArn } as const;

function emailOf(changes: Partial<ForwardedMessage>, timeZone = 'UTC') {
  const outgoing = toEmail(someForwarded(changes), subscriber, { timeZone });
  if (outgoing.kind !== 'publish') return expect.unreachable();
  return outgoing;
}

it('an e-mail has the sender, the number, the time and the text', () => {
  expect(
    emailOf({ body: 'Hello!\nIs it ready?', timestamp: 1_795_731_700 }, 'Australia/Sydney'),
  ).toEqual({
    kind: 'publish',
    topicArn,
    subject: 'SMS from +61400000001 to +61400000002',
    text: `From +61400000001
To +61400000002
Fri, 27 Nov 2026, 09:21:40 GMT+11 (Australia/Sydney)

Hello!
Is it ready?

Message id: 297abf7f-99d9-4b7d-9c46-1d7c13687b11
`,
  });
});

describe('the time in an e-mail', () => {
  it.each([
    ['UTC', 'Thu, 26 Nov 2026, 22:21:40 UTC'],
    ['Asia/Kathmandu', 'Fri, 27 Nov 2026, 04:06:40 GMT+5:45 (Asia/Kathmandu)'],
    ['America/New_York', 'Thu, 26 Nov 2026, 17:21:40 GMT-5 (America/New_York)'],
  ])('is local to %s', (timeZone, time) => {
    expect(emailOf({ timestamp: 1_795_731_700 }, timeZone).text).toContain(`\n${time}\n`);
  });

  it('tells the two hours at the end of summer time apart', () => {
    const [first, second] = [1_775_316_600, 1_775_320_200].map(
      (timestamp) => emailOf({ timestamp }, 'Australia/Sydney').text.split('\n')[2],
    );
    expect(first).toBe('Sun, 5 Apr 2026, 02:30:00 GMT+11 (Australia/Sydney)');
    expect(second).toBe('Sun, 5 Apr 2026, 02:30:00 GMT+10 (Australia/Sydney)');
  });

  it('is this service’s time of receipt if the PBX sends none', () => {
    const { timestamp: _, ...message } = someForwarded({ received_at: 1_795_731_700_123 });
    const email = toEmail(message, subscriber, { timeZone: 'UTC' });
    expect(email).toMatchObject({ text: expect.stringContaining('\nThu, 26 Nov 2026, 22:21:40 ') });
  });

  it('is left out if it is unknown', () => {
    const { timestamp: _, received_at: __, ...message } = someForwarded({ body: 'Hi' });
    const email = toEmail(message, subscriber, { timeZone: 'UTC' });
    expect(email).toMatchObject({ text: expect.stringContaining('To +61400000002\n\nHi\n') });
  });

  it('is refused in an unknown zone', () => {
    expect(() => emailOf({}, 'Mars/Olympus')).toThrow(RangeError);
  });
});

describe('an e-mail says', () => {
  it('that a replayed message is sent again', () => {
    const { subject, text } = emailOf({ replay: 'run-1' });
    expect(subject).toBe('Sent again: SMS from +61400000001 to +61400000002');
    expect(text).toMatch(/^Sent again: you may have this message already\.\n\nFrom /);
  });

  it('that a canary is a test', () => {
    const { subject, text } = emailOf({ isCanary: true });
    expect(subject).toBe('Test: SMS from +61400000001 to +61400000002');
    expect(text).toMatch(/^Test: no SMS came\.\n\nFrom /);
  });

  it('that a number is withheld or unknown', () => {
    const { subject, text } = emailOf({ from: '', sms_number: '' });
    expect(subject).toBe('SMS from (withheld) to (unknown)');
    expect(text).toMatch(/^From \(withheld\)\nTo \(unknown\)\n/);
  });

  it('that a message has no text', () => {
    expect(emailOf({ body: ' \n' }).text).toContain('\n\n(no text)\n\n');
  });
});

it('SNS accepts an e-mail with any names and text', () => {
  fc.assert(
    fc.property(strangeText, strangeText, strangeText, (from, sms_number, body) => {
      const { subject, text } = emailOf({ from, sms_number, body });
      // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
      expect(subject).toMatch(/^[A-Z][\x20-\x7e]{0,98}$/);
      expect(text).toMatch(/^[\t\n\x20-\x7e\xa0-\ufffd\u{10000}-\u{10ffff}]+$/u);
      expect(text.isWellFormed()).toBe(true);
      // A name cannot begin its own line.
      expect(text.split('\n', 3)[2]).toMatch(/ UTC$/);
    }),
  );
});

it('a name cannot turn the direction of the words around it', () => {
  const { text } = emailOf({ from: '\u202egnp\u2066.x', sms_number: 'a\u2028\u200fb' });
  expect(text).toMatch(/^From \ufffdgnp\ufffd\.x\nTo a\ufffd\ufffdb\n/);
});

it('an e-mail keeps a text except for its line ends', () => {
  const body = 'e\u0301 👩‍👩‍👧 שלום <b> *x* {{y}}\r\n\ttab  two  spaces';
  expect(emailOf({ body }).text).toContain(`\n\n${body.replace('\r', '')}\n\n`);
});

it('the longest text of a message fits into an e-mail', () => {
  const { text, subject } = emailOf({
    body: '👍'.repeat(10_000),
    from: '漢'.repeat(256),
    sms_number: '漢'.repeat(256),
    message_id: 'x'.repeat(128),
  });
  expect(Buffer.byteLength(text) + subject.length).toBeLessThan(MAX_NOTIFICATION_BYTES);
  expect(text).toContain('👍'.repeat(10_000));
});
