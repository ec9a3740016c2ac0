import { randomUUID } from 'node:crypto';
import { type Agent, request } from 'node:http';

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

/**
 * Posts a form. Not by `fetch`, which does not let a request name its host.
 *
 * @returns The status; 0 if the connection broke before the end of the answer.
 */
export function postForm(
  url: string,
  form: Readonly<Record<string, string>>,
  agent?: Agent,
): Promise<number> {
  const body = formBody(form);
  const headers = {
    host: HOST,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
  };
  const options = { method: 'POST', headers, ...(agent && { agent }) };
  return new Promise((resolve) => {
    const sent = request(url, options, (response) => {
      response.resume();
      response.once('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 0));
    });
    sent.once('error', () => resolve(0));
    sent.end(body);
  });
}

/** Posts a form to a service that must take it. @throws {Error} If it is not answered 200. */
export async function deliverForm(url: string, form: Readonly<Record<string, string>>) {
  const status = await postForm(url, form);
  if (status !== 200) throw new Error(`A message was answered ${status}`);
}
