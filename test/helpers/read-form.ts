import { createHash } from 'node:crypto';
import { decodeForm } from '../../lib/http/form.ts';
import { readSmsMessage } from '../../lib/http/read-sms-message.ts';
import { redactorOf } from '../../lib/http/redact.ts';
import type { Warning } from '../../lib/http/warnings.ts';

/** The token of the request's URL, and another valid one, as in a rotation. */
export const TOKEN = 'a-token-of-twenty-two-characters';
export const OTHER_TOKEN = 'another-token-in-a-rotation';
const OTHERS = [
  { hash: createHash('sha256').update(OTHER_TOKEN).digest(), length: OTHER_TOKEN.length },
];

export const VALID = {
  message_id: '297abf7f-99d9-4b7d-9c46-1d7c13687b11',
  from: '+61400000001',
  sms_number: '+61400000002',
  body: 'Hello',
};
/** A valid form. */
export const SENT = 'message_id=m1&from=1&sms_number=2&body=x';

type Changes = Readonly<Record<string, string | undefined>>;

/** Reads a valid form with changed fields. */
export function readFields(changes: Changes = {}, token = TOKEN) {
  const fields = Object.entries({ ...VALID, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const form = { fields: new Map(fields), repeated: [], inexact: [], isCharsetKnown: true };
  return readSmsMessage(form, { redactor: redactorOf(token, OTHERS), warn: () => {} });
}

/** Reads a form. */
export function readSent(form: string, token = TOKEN) {
  const warnings: Warning[] = [];
  const message = readSmsMessage(decodeForm(Buffer.from(form)), {
    redactor: redactorOf(token, OTHERS),
    warn: (warning) => warnings.push(warning),
  });
  return { message, warnings: warnings.map(({ metric, warning }) => [metric, warning]) };
}
