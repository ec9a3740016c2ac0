import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** An SMS, and the fields of its form that are not of a usual length. */
export interface Sms {
  readonly name: string;
  readonly text: string;
  readonly fields?: Readonly<Record<string, string>>;
}

export const TYPICAL: Sms = { name: 'typical: 100 characters', text: 'e'.repeat(100) };

/** A host as API Gateway names one: a form that names another one is reported. */
const HOST = 'a1b2c3d4e5.execute-api.ap-southeast-2.amazonaws.com';

/** All that the provider's guide says a form has, with values of a usual length. */
export function smsForm({ text, fields }: Sms, path: string) {
  return {
    ...{ service_id: '1234567', from: '+61400000001', sms_number: '+61400000002', body: text },
    ...{ message_id: randomUUID(), timestamp: '1790000000' },
    ...{ webhook_url: `https://${HOST}${path}`, webhook_url_fallback: 'someone@example.com' },
    ...fields,
  };
}

/** Only ASCII is escaped, so that a form of the largest size holds the most text. */
export function formBody(form: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replace(/[\x00-\x7f]+/g, encodeURIComponent);
  const fields = Object.entries(form).map(([name, value]) => `${name}=${escaped(value)}`);
  return fields.join('&');
}

/** Not `fetch`, which does not let a request name its host. */
export async function postForm(url: string, form: Readonly<Record<string, string>>): Promise<void> {
  const headers = { host: HOST, 'content-type': 'application/x-www-form-urlencoded' };
  const sent = request(url, { method: 'POST', headers }).end(formBody(form));
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (response?.resume().statusCode !== 200) throw new Error('A message was not answered 200');
}
