import type { ForwardedMessage } from './outgoing.ts';

/**
 * The first line for a person, such as `SMS from +61400000000 to +61491570156`. It says if the message is a
 * replay or a test.
 */
export function titleOf({ from, sms_number, replay, isCanary }: ForwardedMessage): string {
  const title = `SMS from ${senderOf(from)} to ${recipientOf(sms_number)}`;
  if (isCanary) return `Test: ${title}`;
  return replay === undefined ? title : `Sent again: ${title}`;
}

export const senderOf = (from: string) => nameOf(from) || '(withheld)';
export const recipientOf = (smsNumber: string) => nameOf(smsNumber) || '(unknown)';

/** The text in readable form. Never blank, because Slack refuses a blank block. */
export function textOf({ body }: ForwardedMessage): string {
  const text = readable(body);
  return isBlank(text) ? '(no text)' : text;
}

/** Whether no character of it is visible. */
export const isBlank = (text: string) => /^[\s\p{Default_Ignorable_Code_Point}]*$/u.test(text);

/** When the PBX received it. If unknown, when this service received it. */
export function timeOf({ timestamp, received_at }: ForwardedMessage): Date | undefined {
  const time = timestamp === undefined ? received_at : timestamp * 1_000;
  return time === undefined ? undefined : new Date(time);
}

/**
 * Replaces lone surrogates and control characters, which receivers refuse, with U+FFFD. Line ends become
 * LF.
 */
function readable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, '\ufffd');
}

/**
 * A name on one line; empty if no character is visible. Replaces direction marks, which could turn the
 * words around it.
 */
function nameOf(name: string): string {
  const line = readable(name)
    .replace(/[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd')
    .replace(/\s+/g, ' ')
    .trim();
  return isBlank(line) ? '' : line;
}
