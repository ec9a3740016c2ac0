import type { SendRequest } from '../../lab-protocol.ts';

/** What is in the form at first. Nobody has these numbers: ACMA keeps them for fiction. */
export const EMPTY_FIELDS = {
  from: '+61491570006',
  sms_number: '+61491570156',
  body: 'Hello, are you open on Sunday?',
  message_id: '',
  copies: 1,
  retryDelayMs: '1000',
};

/** What is in the form, as it was typed. */
export type SendFields = Readonly<typeof EMPTY_FIELDS>;

export type FieldErrors = { readonly [Field in keyof SendFields]?: string };

/** What is asked of the server. What is wrong with a text is for the webhook to say. */
export function requestOf({ message_id, retryDelayMs, ...fields }: SendFields): SendRequest {
  const id = message_id.trim();
  return { ...fields, ...(id && { message_id: id }), retryDelayMs: Number(retryDelayMs) };
}

/** What keeps the form from being sent at all. */
export function errorsOf({ retryDelayMs }: SendFields): FieldErrors {
  return /^\d{1,6}$/.test(retryDelayMs.trim())
    ? {}
    : { retryDelayMs: 'Give whole milliseconds, such as 1000.' };
}

/** The field that a refusal of the server is about: the first that it names. */
export function fieldOf(refusal: string): keyof SendFields | undefined {
  const names = Object.keys(EMPTY_FIELDS) as (keyof SendFields)[];
  const [first] = refusal.match(new RegExp(`\\b(${names.join('|')})\\b`)) ?? [];
  return names.find((name) => name === first);
}
