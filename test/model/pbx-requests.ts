/** The fields of a request, besides `timestamp`. */
export interface PbxRequest {
  readonly message_id?: string;
  readonly from: string;
  readonly sms_number?: string;
  /** The text, which tells what a publication came from. */
  readonly body: string;
}

/** A number that is always allowed. */
export const LISTED = '+61400000002';
/** A number that is not allowed until the settings change. */
export const UNLISTED = '+61400000009';

/** Two texts share the id `a`, two share `d`, and two ids share a conversation. */
export const REQUESTS = {
  first: { message_id: 'a', from: '+61400000000', sms_number: LISTED, body: 'first' },
  conflicting: { message_id: 'a', from: '+61400000000', sms_number: LISTED, body: 'conflicting' },
  next: { message_id: 'b', from: '+61400000000', sms_number: LISTED, body: 'next' },
  other: { message_id: 'c', from: '+61400000001', sms_number: LISTED, body: 'other' },
  unlisted: { message_id: 'd', from: '+61400000001', sms_number: UNLISTED, body: 'unlisted' },
  twin: { message_id: 'd', from: '+61400000001', sms_number: LISTED, body: 'twin' },
  incomplete: { message_id: 'e', from: '+61400000001', body: 'incomplete' },
  nameless: { from: '+61400000001', sms_number: LISTED, body: 'nameless' },
} as const satisfies Record<string, PbxRequest>;

export type RequestName = keyof typeof REQUESTS;

const MENDED = ', mended';

/** The text that an operator sets instead of this one. */
export const mended = (body: string): string => `${originOf(body)}${MENDED}`;

/** The text as the PBX has sent it. */
export function originOf(body: string): string {
  return body.endsWith(MENDED) ? body.slice(0, -MENDED.length) : body;
}
