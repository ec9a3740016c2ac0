import type { Socket } from 'node:net';

type Done = () => void;

interface FastifyRequest {
  readonly raw: { readonly socket: Socket };
  readonly body: unknown;
}

/** The part of Fastify with access to each request and its answer. */
export interface FastifyHooks {
  addHook(
    name: 'preHandler',
    hook: (request: FastifyRequest, _: unknown, done: Done) => void,
  ): void;
  addHook(
    name: 'onSend',
    hook: (request: FastifyRequest, _: unknown, payload: unknown, done: Done) => void,
  ): void;
  inject(request: {
    readonly method: 'POST';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly payload: string;
  }): Promise<unknown>;
}

interface ChangeVisibility {
  readonly ReceiptHandle?: string;
  VisibilityTimeout?: number;
}

/** The shortest pause that fauxqs supports, in seconds. */
const NO_PAUSE_S = 0.001;

/** Makes fauxqs 2.4 do what SQS does. */
export function correctSqs(fastify: FastifyHooks): void {
  fastify.addHook('preHandler', ({ body }, _, done) => {
    pauseALittle(body);
    done();
  });
  fastify.addHook('onSend', ({ raw, body }, _, payload, done) => {
    if (raw.socket.destroyed && typeof payload === 'string') giveBack(fastify, body, payload);
    done();
  });
}

/**
 * Replaces a visibility timeout of 0. With a database, fauxqs fails to store it, and loses the message
 * until the next start.
 */
function pauseALittle(body: unknown): void {
  const { Entries } = (body ?? {}) as { Entries?: unknown };
  const inputs: ChangeVisibility[] = Array.isArray(Entries) ? Entries : [body ?? {}];
  for (const input of inputs) {
    if (input.ReceiptHandle && input.VisibilityTimeout === 0) input.VisibilityTimeout = NO_PAUSE_S;
  }
}

/**
 * Makes messages visible again that were meant for a client that has hung up. fauxqs continues its long
 * poll and takes the next message, although nobody gets it.
 */
function giveBack(fastify: FastifyHooks, body: unknown, payload: string): void {
  const { QueueUrl } = (body ?? {}) as { QueueUrl?: string };
  if (!payload.startsWith('{"Messages":')) return;
  const { Messages } = JSON.parse(payload) as { Messages: readonly { ReceiptHandle: string }[] };
  for (const { ReceiptHandle } of Messages) {
    // Fails if the emulator is closing.
    void fastify
      .inject({
        method: 'POST',
        url: '/',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'AmazonSQS.ChangeMessageVisibility',
        },
        payload: JSON.stringify({ QueueUrl, ReceiptHandle, VisibilityTimeout: NO_PAUSE_S }),
      })
      .catch(() => {});
  }
}
