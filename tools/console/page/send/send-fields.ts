import type { SendRequest } from '../../protocol.ts';

/** What is in the form, as it was typed. */
export interface SendFields {
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  readonly message_id: string;
  readonly copies: 1 | 10;
  readonly retryDelayMs: string;
}

export type FieldErrors = { readonly [Field in keyof SendFields]?: string };

/** Numbers that ACMA keeps for fiction: nobody has them. */
export const EMPTY_FIELDS: SendFields = {
  from: '+61491570006',
  sms_number: '+61491570156',
  body: 'Hello, are you open on Sunday?',
  message_id: '',
  copies: 1,
  retryDelayMs: '1000',
};

/** What is asked of the server. What is wrong with a text is for the webhook to say. */
export function requestOf(fields: SendFields): SendRequest {
  const { from, sms_number, body, copies } = fields;
  const message_id = fields.message_id.trim();
  return {
    from,
    sms_number,
    body,
    ...(message_id && { message_id }),
    copies,
    retryDelayMs: Number(fields.retryDelayMs),
  };
}

/** What keeps the form from being sent at all. */
export function errorsOf({ retryDelayMs }: SendFields): FieldErrors {
  return /^\d{1,6}$/.test(retryDelayMs.trim())
    ? {}
    : { retryDelayMs: 'Give whole milliseconds, such as 1000.' };
}

const NAMES: readonly (keyof SendFields)[] = [
  'message_id',
  'sms_number',
  'retryDelayMs',
  'copies',
  'from',
  'body',
];

/** The field that a refusal of the server is about: the first that it names. */
export function fieldOf(refusal: string): keyof SendFields | undefined {
  const found = NAMES.map((name) => ({ name, at: refusal.search(new RegExp(`\\b${name}\\b`)) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  return found[0]?.name;
}
