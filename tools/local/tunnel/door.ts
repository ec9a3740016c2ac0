import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Gateway } from '../gateway.ts';
import { NOT_FOUND } from '../gateway-payload.ts';
import { jsonAnswer, send } from '../http-answer.ts';
import { hangUp, listen } from '../listen.ts';

/** `/sms/TOKEN`, with a query or none. A token has no other characters, and `..` would be none. */
const WEBHOOK = /^\/sms\/(?!\.{1,2}(\?|$))[A-Za-z0-9._~-]+(\?|$)/;

/** A question that only this process can answer. Disposed of, it is answered no more. */
export interface Challenge extends Disposable {
  readonly path: string;
  readonly answer: string;
}

/** A port of 127.0.0.1 that leads to the webhook and to nothing else: for a tunnel. */
export interface Door extends AsyncDisposable {
  readonly port: number;
  /** By this one finds out whether a URL leads here. */
  challenge(): Challenge;
}

/**
 * Opens a door to the webhook. Every other path is answered 404, as API Gateway does: nothing tells that there
 * is a console. No header of a request counts, since a stranger wrote them all.
 *
 * @param onMisdirected A request was posted to another path, as with a URL that was not pasted as a whole.
 */
export async function openDoor(
  gateway: Pick<Gateway, 'handle'>,
  onMisdirected?: () => void,
): Promise<Door> {
  const challenges = new Map<string, string>();
  const server = createServer((request, response) => {
    const { url = '' } = request;
    const answer = request.method === 'GET' ? challenges.get(url) : undefined;
    if (answer !== undefined) send(response, jsonAnswer(200, answer));
    else if (WEBHOOK.test(url)) void gateway.handle(request, response);
    else {
      send(response, NOT_FOUND);
      if (request.method === 'POST') onMisdirected?.();
    }
  });
  const port = await listen(server, 0, () => 'everybody');
  return {
    port,
    challenge() {
      const path = `/sms/${random()}`;
      const answer = random();
      challenges.set(path, answer);
      return { path, answer, [Symbol.dispose]: () => void challenges.delete(path) };
    },
    [Symbol.asyncDispose]: () => hangUp(server),
  };
}

function random(): string {
  return randomBytes(24).toString('base64url');
}
