import type { IncomingMessage } from 'node:http';
import { badInput, HttpError } from './http-error.ts';

/** No request of the page is larger. */
const MAX_BYTES = 64 * 1024;

/** @throws {HttpError} If the body is no JSON, or too large. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new HttpError(415, 'The body is no JSON', 'Its content-type must be application/json.');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Read to the end all the same: a client that is cut off while it sends sees no answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes <= MAX_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BYTES) {
    throw new HttpError(413, 'The body is too large', `It may have ${MAX_BYTES} bytes.`);
  }
  try {
    return JSON.parse(String(Buffer.concat(chunks)));
  } catch {
    throw badInput('The body is no JSON.');
  }
}
