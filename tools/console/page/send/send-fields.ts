import type { SendRequest } from '../../lab-protocol.ts';

/** The initial values of the form. ACMA reserves these numbers for fiction. */
export const EMPTY_FIELDS = {
  from: '+61491570006',
  sms_number: '+61491570156',
  body: 'Hello, are you open on Sunday?',
  message_id: '',
  copies: 1,
  retryDelayMs: '1000',
};

/** The values of the form, as typed. */
export type SendFields = Readonly<typeof EMPTY_FIELDS>;

export type FieldErrors = { readonly [Field in keyof SendFields]?: string };

/** The request to the server. The webhook itself checks the text. */
export function requestOf({ message_id, retryDelayMs, ...fields }: SendFields): SendRequest {
  const id = message_id.trim();
  return { ...fields, ...(id && { message_id: id }), retryDelayMs: Number(retryDelayMs) };
}

/** The faults that prevent sending the form. */
export function errorsOf({ retryDelayMs }: SendFields): FieldErrors {
  return /^\d{1,6}$/.test(retryDelayMs.trim())
    ? {}
    : { retryDelayMs: 'Give whole milliseconds, such as 1000.' };
}

/** The field that a refusal of the server names first. */
export function fieldOf(refusal: string): keyof SendFields | undefined {
  const names = Object.keys(EMPTY_FIELDS) as (keyof SendFields)[];
  const [first] = refusal.match(new RegExp(`\\b(${names.join('|')})\\b`)) ?? [];
  return names.find((name) => name === first);
}
