import { HttpError } from './http-error.ts';
import { readChaos, readFilter, readQuery, readReplay, readSend } from './inputs.ts';
import type { ConsoleLab, ConsoleSource } from './source.ts';

/** A request to the API, read but not looked at. */
export interface ApiRequest {
  readonly source: ConsoleSource;
  /** What follows the path; empty where nothing may. */
  readonly parameter: string;
  readonly query: URLSearchParams;
  /** Any JSON; nothing, if there was no body. */
  readonly body: unknown;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** @returns JSON, or nothing to say. */
export type Answerer = (request: ApiRequest) => Promise<unknown>;

/** By their methods. */
export type Answerers = Partial<Record<'GET' | 'POST' | 'PUT', Answerer>>;

/** What there is, by its path; one that ends with a slash has a parameter after it. */
export const ROUTES: Readonly<Record<string, Answerers>> = {
  stack: { GET: async ({ source }) => source.info },
  messages: { GET: ({ source, query, signal }) => source.list(readQuery(query), signal) },
  'messages/': { GET: detail },
  attempts: { GET: ({ source, signal }) => source.attempts(signal) },
  // Answered by the hub: see api.ts.
  events: { GET: async () => undefined },
  replay: { POST: replay },
  send: { POST: lab((each, { body }) => each.send(readSend(body))) },
  deliveries: { GET: lab((each) => each.deliveries()) },
  outbox: { GET: lab((each) => each.outbox()) },
  chaos: { GET: lab((each) => each.chaos()), PUT: lab(setChaos) },
  sweep: { POST: lab((each) => each.sweep()) },
  counters: { GET: lab((each) => each.counters()) },
  subscriber: { GET: lab((each) => each.subscriber()) },
  filter: { POST: lab((each, { body }) => each.filter(readFilter(body))) },
};

async function detail({ source, parameter, signal }: ApiRequest): Promise<unknown> {
  const found = await source.detail(parameter, signal);
  if (found) return found;
  throw new HttpError(404, 'There is no such message', 'It was never stored, or deleted since.');
}

async function replay({ source, body, signal }: ApiRequest): Promise<unknown> {
  if (!source.replay) {
    throw new HttpError(
      403,
      'This console is read-only',
      'Start it with --allow-replay to publish messages again.',
    );
  }
  return source.replay(readReplay(body), signal);
}

function setChaos(each: ConsoleLab, { body }: ApiRequest): unknown {
  each.setChaos(readChaos(body));
  return each.chaos();
}

/** What only the local stack can do. */
function lab(answer: (lab: ConsoleLab, request: ApiRequest) => unknown): Answerer {
  return async (request) => {
    if (request.source.lab) return answer(request.source.lab, request);
    throw new HttpError(404, 'This stack has none', 'Only the local stack of `npm start` has it.');
  };
}
