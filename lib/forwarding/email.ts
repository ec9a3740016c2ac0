import { asciiSubject } from '../messages/notification.ts';
import type { ForwardedMessage, Outgoing } from './outgoing.ts';
import { recipientOf, senderOf, textOf, timeOf, titleOf } from './readable.ts';
import type { Subscriber } from './subscriber.ts';

/**
 * Makes an e-mail for a person. The longest text of a message fits into SNS's 256 KB.
 *
 * @param timeZone An IANA name, such as `Australia/Sydney`.
 * @throws {RangeError} If there is no such time zone.
 */
export function toEmail(
  message: ForwardedMessage,
  subscriber: Extract<Subscriber, { kind: 'email' }>,
  { timeZone }: { readonly timeZone: string },
): Outgoing {
  const time = timeOf(message);
  const lines = [
    ...noteOf(message),
    `From ${senderOf(message.from)}`,
    `To ${recipientOf(message.sms_number)}`,
    ...(time ? [localTime(time, timeZone)] : []),
    '',
    textOf(message),
    '',
    `Message id: ${message.message_id}`,
  ];
  return {
    kind: 'publish',
    topicArn: subscriber.topicArn,
    subject: asciiSubject(titleOf(message)),
    text: `${lines.join('\n')}\n`,
  };
}

function noteOf({ isCanary, replay }: ForwardedMessage): string[] {
  if (isCanary) return ['Test: no SMS came.', ''];
  return replay === undefined ? [] : ['Sent again: you may have this message already.', ''];
}

/**
 * `Fri, 27 Nov 2026, 09:21:40 GMT+11 (Australia/Sydney)`. When clocks go back an hour, the offset tells
 * which hour it is.
 */
function localTime(time: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'shortOffset',
  });
  const local = format.format(time);
  return timeZone === 'UTC' ? local.replace(/GMT.*/, 'UTC') : `${local} (${timeZone})`;
}
