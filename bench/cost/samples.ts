import { randomUUID } from 'node:crypto';

/** An SMS whose cost is measured. */
export interface SampleMessage {
  readonly name: string;
  readonly text: string;
  /** Fields of the form that are not of a usual length. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** Of the lengths that matter: what is written is billed by the kilobyte. */
export const SAMPLES: readonly SampleMessage[] = [
  { name: 'typical: 100 characters', text: textOf('e', 100) },
  // Ten parts of 67 characters each, which is what a text outside GSM 7-bit is cut into.
  { name: 'longest in Chinese: 670 characters', text: textOf('短', 670) },
  { name: 'longest in English: 1,530 characters', text: textOf('e', 1_530) },
  { name: 'longest accepted: 10,000 characters', text: textOf('e', 10_000) },
];

/** A host as API Gateway names one: records keep it, and what is kept is billed. */
export const HOST = 'a1b2c3d4e5.execute-api.ap-southeast-2.amazonaws.com';

/**
 * All that the provider's guide says a form has, with values of a usual length.
 *
 * @param path Of the webhook's URL.
 */
export function formOf({ text, fields }: SampleMessage, path: string) {
  return {
    service_id: '1234567',
    from: '+61400000001',
    sms_number: '+61400000002',
    body: text,
    message_id: randomUUID(),
    timestamp: '1790000000',
    webhook_url: `https://${HOST}${path}`,
    webhook_url_fallback: 'someone@example.com',
    ...fields,
  };
}

/** The form's body: only ASCII is escaped, so that a form of the largest size holds the most text. */
export function formBody(form: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replace(/[\x00-\x7f]+/g, encodeURIComponent);
  return Object.entries(form)
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join('&');
}

function textOf(character: string, length: number): string {
  return character.repeat(length);
}
