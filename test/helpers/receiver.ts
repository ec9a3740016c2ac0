import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { hangUp, LOOPBACK_NAME, listen } from '../../tools/local/listen.ts';

/** A request that a receiver got. */
export interface Received {
  /** The first segment of its path: the subscriber's name. */
  readonly name: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** `Date.now()` */
  readonly at: number;
}

/** A status to answer, a function that answers, or no answer. */
export type Answer =
  | number
  | ((response: ServerResponse, received: Received) => void | Promise<void>);

/** The subscribers' receiver: an HTTP server of the test, with a path for each subscriber. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  /** The requests to a subscriber. */
  of(name: string): Received[];
  /** Sets a subscriber's answer from now on. Default: 204. */
  answer(name: string, answer: Answer): void;
}

/** @param wanted A port that was free a moment ago. Default: any free one. */
export async function startReceiver(wanted = 0): Promise<Receiver> {
  const received: Received[] = [];
  const answers = new Map<string, Answer>();
  const server = createServer(async (request, response) => {
    const [, name = ''] = request.url?.split('/') ?? [];
    const body = await text(request);
    const one = { name, headers: request.headers, body, at: Date.now() };
    received.push(one);
    const answer = answers.get(name) ?? 204;
    if (typeof answer === 'number') response.writeHead(answer).end();
    else await answer(response, one);
  });
  const port = await listen(server, wanted);
  return {
    url: `http://${LOOPBACK_NAME}:${port}`,
    received,
    of: (name) => received.filter((one) => one.name === name),
    answer: (name, answer) => void answers.set(name, answer),
    [Symbol.asyncDispose]: () => hangUp(server),
  };
}
