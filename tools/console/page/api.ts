import { API_PATH, type Problem } from '../protocol.ts';
import { sessionHeaders } from './session.ts';

/** What the server refused, or why it could not be asked; the message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** 0 if there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly query?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the server: see protocol.ts.
 *
 * @param path Below {@link API_PATH}, each part of it encoded.
 * @throws {ApiError} The signal's reason instead, once it has aborted.
 */
export async function ask<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', query = {}, body, signal } = options;
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const texts = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  const search = String(new URLSearchParams(texts));
  const answer = await request(`${path}${search && `?${search}`}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    ...(signal && { signal }),
  });
  if (answer.status === 204) return undefined as Answer;
  return (await answer.json().catch(() => undefined)) as Answer;
}

/**
 * Asks for the server's events: the body of the answer.
 *
 * @throws {ApiError} The signal's reason instead, once it has aborted.
 */
export async function askForEvents(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const { body } = await request('events', { signal });
  if (!body) throw new ApiError(0, NO_ANSWER);
  return body;
}

const NO_ANSWER = 'The console’s server does not answer.';

interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** @throws {ApiError} If it is not answered, or refused. */
async function request(path: string, { signal, headers, ...options }: Request): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(API_PATH + path, {
      ...options,
      headers: { ...headers, ...sessionHeaders() },
      ...(signal && { signal }),
    });
  } catch {
    signal?.throwIfAborted();
    throw new ApiError(0, NO_ANSWER);
  }
  if (answer.ok) return answer;
  const document = await answer.json().catch(() => undefined);
  const { title = `The server answers ${answer.status}.`, detail } = (document ?? {}) as Problem;
  throw new ApiError(answer.status, detail ?? title);
}
