import { hash } from 'node:crypto';

/** An SMS as the PBX posts it, with the provider's field names. */
export interface SmsMessage {
  /** 1 to 128 visible ASCII characters, unique for each message. A UUID is in lower case. */
  readonly message_id: string;
  readonly service_id?: string;
  /** The sender's name or number; empty if withheld. */
  readonly from: string;
  /** The customer's number that it was sent to; may be empty. */
  readonly sms_number: string;
  /** The text as sent; may be empty. */
  readonly body: string;
  /** When the PBX received it, epoch seconds. */
  readonly timestamp?: number;
  /** The form's other fields, without the URL's token: see extra.ts. Has no prototype. */
  readonly extra: Readonly<Record<string, string>>;
  /** Tells apart two messages with one id: see {@link fingerprint}. */
  readonly fingerprint: string;
}

/** The bytes in hex of a field that its text does not fully represent. */
export interface Undecoded {
  readonly bytes: string;
}

/**
 * Tells two messages with one id apart: SHA-256 (hex) over sender, recipient and text, as they were sent.
 * The timestamp is not part of it, because a sender may change it with each attempt. In the JSON, the bytes
 * of a field are an object, which no text equals.
 */
export function fingerprint(
  message: Readonly<Record<'from' | 'sms_number' | 'body', string | Undecoded>>,
): string {
  const { from, sms_number, body } = message;
  return hash('sha256', JSON.stringify([from, sms_number, body]));
}
