import { API_PATH, type Problem } from '../protocol.ts';

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
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = String(new URLSearchParams(given.map(([name, value]) => [name, String(value)])));
  let answer: Response;
  try {
    answer = await fetch(`${API_PATH}${path}${search && `?${search}`}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      ...(signal && { signal }),
    });
  } catch {
    signal?.throwIfAborted();
    throw new ApiError(0, 'The console’s server does not answer.');
  }
  if (answer.status === 204) return undefined as Answer;
  const document = await answer.json().catch(() => undefined);
  if (answer.ok) return document as Answer;
  const { title = `The server answers ${answer.status}.`, detail } = (document ?? {}) as Problem;
  throw new ApiError(answer.status, detail ?? title);
}
