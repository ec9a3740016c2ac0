import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/**
 * Posts a form under another host's name, as if it had come to that host.
 *
 * @returns The status.
 */
export async function postForm(url: string, host: string, body: string): Promise<number> {
  const headers = {
    host,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
  };
  const sent = request(url, { method: 'POST', headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'close');
  return response.statusCode ?? 0;
}
