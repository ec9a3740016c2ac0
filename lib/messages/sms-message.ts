import { hash } from 'node:crypto';

/** An SMS as the PBX posts it, under the provider's own field names. */
export interface SmsMessage {
  /** 1 to 128 visible ASCII characters, unique a message; a UUID is in lower case. */
  readonly message_id: string;
  readonly service_id?: string;
  /** The name or number that sent it; empty if it was withheld. */
  readonly from: string;
  /** The customer's own number that it was sent to; may be empty. */
  readonly sms_number: string;
  /** The text as sent; may be empty. */
  readonly body: string;
  /** When the PBX received it, epoch seconds. */
  readonly timestamp?: number;
  /** What else the form held, without the URL's token: see extra.ts. Has no prototype. */
  readonly extra: Readonly<Record<string, string>>;
  /** Tells apart two messages under one id: see {@link fingerprint}. */
  readonly fingerprint: string;
}

/** A field whose text does not tell all of its bytes, which are in hex. */
export interface Undecoded {
  readonly bytes: string;
}

/**
 * What tells two messages under one id apart: SHA-256 (hex) over sender, recipient and text, as they
 * were sent. Not the timestamp: a sender that stamps each attempt anew must not look like a conflict.
 * In the JSON, the bytes of a field are an object, which no text equals.
 */
export function fingerprint(
  message: Readonly<Record<'from' | 'sms_number' | 'body', string | Undecoded>>,
): string {
  const { from, sms_number, body } = message;
  return hash('sha256', JSON.stringify([from, sms_number, body]));
}
