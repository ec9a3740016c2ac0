import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../../../lib/forwarding/forwarding-ports.ts';
import type { MessageFormat } from '../../../lib/messages/notification.ts';
import { type Attempt, type Changes, type Post, TestMessages } from './test-messages.ts';

/** A limit of requests says nothing about a promise: the request is sent again, this many times. */
const MAX_BUSY = 3;
const MAX_PAUSE_MS = 30_000;

/** What a receiver must do with a request. */
const EXPECTATIONS = {
  answered: 'an answer within 10 seconds',
  accepted: '2xx',
  refused: '4xx',
} as const;

/** One request, and the answer of the receiver. */
export interface Exchange {
  readonly message_id: string;
  /** What the request tests. */
  readonly sent: string;
  readonly expected: keyof typeof EXPECTATIONS;
  /** The HTTP status, or the reason why there was none. */
  readonly came: string;
  readonly ms: number;
  readonly isRight: boolean;
}

/** Posts once, as the forwarder does. */
export type SendOnce = (request: Post) => Promise<Answer>;

/** The receiver under test. Sends requests, and records the answers. */
export class Receiver {
  readonly messages: TestMessages;
  readonly exchanges: Exchange[] = [];
  readonly #send: SendOnce;
  readonly #pause: (ms: number) => Promise<void>;

  /** @param pause Waits for a receiver that limits its requests. */
  constructor(
    url: string,
    secret: string,
    format: MessageFormat,
    send: SendOnce,
    pause: (ms: number) => Promise<void> = (ms) => delay(ms),
  ) {
    this.messages = new TestMessages(url, secret, format);
    this.#send = send;
    this.#pause = pause;
  }

  /** A request with a new message. */
  request(changes?: Changes, attempt?: Attempt): Post {
    return this.messages.request(this.messages.message(changes), attempt);
  }

  /** Sends a request that must get any answer. */
  answers = (sent: string, request: Post) => this.#exchange(sent, request, 'answered');

  /** Sends a request that must be accepted. */
  accepts = (sent: string, request: Post) => this.#exchange(sent, request, 'accepted');

  /** Sends a request that must be refused. */
  refuses = (sent: string, request: Post) => this.#exchange(sent, request, 'refused');

  /**
   * Sends copies at the same time. A copy that is refused while another is in progress is sent again, as the
   * forwarder does, so no message is lost.
   */
  async acceptsTogether(copies: number, request: Post): Promise<void> {
    const firsts = await Promise.all(Array.from({ length: copies }, () => this.#post(request)));
    for (const [index, first] of firsts.entries()) {
      const sent = `copy ${index + 1} of ${copies} at the same time`;
      if (meets(first.answer, 'accepted')) this.#note(sent, request, 'accepted', first);
      else await this.accepts(`${sent}, again after ${cameText(first.answer)}`, request);
    }
  }

  async #exchange(sent: string, request: Post, expected: Exchange['expected']): Promise<void> {
    this.#note(sent, request, expected, await this.#post(request));
  }

  async #post(request: Post): Promise<{ readonly answer: Answer; readonly ms: number }> {
    for (let left = MAX_BUSY; ; left--) {
      const start = performance.now();
      const answer = await this.#send(request);
      const ms = Math.round(performance.now() - start);
      const isBusy = 'status' in answer && answer.status === 429;
      if (!isBusy || left === 0) return { answer, ms };
      await this.#pause(pauseAfter(answer.retryAfter));
    }
  }

  #note(
    sent: string,
    { headers }: Post,
    expected: Exchange['expected'],
    { answer, ms }: { readonly answer: Answer; readonly ms: number },
  ): void {
    const came = cameText(answer);
    const isRight = meets(answer, expected);
    const message_id = headers['webhook-id'] ?? '';
    this.exchanges.push({ message_id, sent, expected, came, ms, isRight });
  }
}

/** @param retryAfter Seconds, or a date. */
function pauseAfter(retryAfter = ''): number {
  const seconds = Number(retryAfter);
  const ms = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1_000;
  return Math.min(MAX_PAUSE_MS, Math.max(1_000, ms || 0));
}

function meets(answer: Answer, expected: Exchange['expected']): boolean {
  // A receiver that limits its requests has judged none.
  if ('fault' in answer || answer.status === 429) return false;
  const kind = Math.floor(answer.status / 100);
  return expected === 'answered' || kind === (expected === 'accepted' ? 2 : 4);
}

const cameText = (answer: Answer) => ('fault' in answer ? answer.fault : String(answer.status));

/** What was wrong with an answer, for people. */
export function faultText({ message_id, sent, expected, came, ms }: Exchange): string {
  return `${sent} (${message_id}): expected ${EXPECTATIONS[expected]}, got ${came} after ${ms} ms`;
}
