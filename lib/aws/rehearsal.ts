import { AsyncLocalStorage } from 'node:async_hooks';
import type { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import type { Connections } from './connections.ts';

interface Rehearsal {
  readonly until: AbortSignal;
  readonly connecting: Promise<void>[];
}

const current = new AsyncLocalStorage<Rehearsal | undefined>();

/** The signal that ends the rehearsal of the current call, even after that end. Undefined in a real call. */
export function rehearsedUntil(): AbortSignal | undefined {
  return current.getStore()?.until;
}

/**
 * Runs code whose AWS calls get canned answers and never leave the process. Meanwhile, it opens connections
 * to the calls' real destinations.
 *
 * @param until Gives up on calls and connections when it aborts.
 * @returns When both are done.
 */
export async function rehearse(until: AbortSignal, run: () => Promise<unknown>): Promise<void> {
  const rehearsal: Rehearsal = { until, connecting: [] };
  await current.run(rehearsal, run);
  await Promise.all(rehearsal.connecting);
}

/**
 * Turns an agent into one for rehearsed calls.
 *
 * @param real The connections of the agent for real calls.
 */
export function rehearsedAgent<A extends Agent>(agent: A, real: Connections): A {
  agent.createConnection = (options) => {
    const rehearsal = current.getStore();
    if (rehearsal) {
      // Outside of the rehearsal, because real calls will use the connection.
      const connecting = current.run(undefined, () => real.openAhead(options, rehearsal.until));
      // An unhandled rejection would end the process.
      rehearsal.connecting.push(connecting.catch(() => {}));
    }
    return new CannedAnswers();
  };
  return agent;
}

/** Stands in for a socket. Answers one request as AWS would, then closes. */
class CannedAnswers extends Duplex {
  #request = '';

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#request += chunk.toString('latin1');
    done();
    const end = this.#request.indexOf('\r\n\r\n');
    // The SDK writes the body together with the head.
    if (end < 0) return;
    // In a later turn, as a network would. Meanwhile the connections make progress.
    setImmediate(() => {
      this.push(answerTo(this.#request.slice(0, end)));
      this.push(null);
    });
  }

  /** The SDK and Node's agent may call this on a socket. */
  setKeepAlive(): this {
    return this;
  }
}

const ID = '00000000-0000-4000-8000-000000000000';
const PUBLISHED = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${ID}</MessageId></PublishResult><ResponseMetadata><RequestId>${ID}</RequestId></ResponseMetadata></PublishResponse>`;

/** Has no date, because the SDK would set its clock by it. */
function answerTo(head: string): string {
  const isDynamoDB = /^x-amz-target: DynamoDB/im.test(head);
  const body = isDynamoDB ? '{}' : PUBLISHED;
  return [
    'HTTP/1.1 200 OK',
    `x-amzn-requestid: ${ID}`,
    `content-type: ${isDynamoDB ? 'application/x-amz-json-1.0' : 'text/xml'}`,
    `content-length: ${body.length}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
