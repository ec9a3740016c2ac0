import { createHash } from 'node:crypto';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { WebhookSettings } from '../../lib/config.ts';
import { anyAllowed } from '../../lib/http/allow-lists.ts';
import { answerErrors } from '../../lib/http/answers.ts';
import { Tokens } from '../../lib/http/tokens.ts';
import { notificationsIn } from '../../lib/messages/notification.ts';
import { keepRefusedIn } from '../../lib/messages/quarantine.ts';
import { scheduledSweep } from '../../lib/scheduled-sweep.ts';
import { type ObservedContext, observe } from '../../lib/telemetry/observability.ts';
import { webhook } from '../../lib/webhook.ts';
import { MemoryMessageStore } from './memory-message-store.ts';
import { MemoryMessageTopic } from './memory-message-topic.ts';
import { MemoryQuarantineStore } from './memory-quarantine-store.ts';

export type LogLine = Readonly<Record<string, unknown>>;

interface FakeServiceOptions
  extends Pick<WebhookSettings, 'isSourceAllowed' | 'isNumberAllowed' | 'edgeDomainName'> {
  /** Tokens of the webhook's URL: the last one is the current one. */
  readonly tokens: readonly string[];
  /** The edge's secrets. If none, there is no edge. */
  readonly edgeSecrets?: readonly string[];
}

/** Accepts messages from any source to any number. */
export const OPEN: FakeServiceOptions = {
  tokens: ['token'],
  isSourceAllowed: anyAllowed,
  isNumberAllowed: anyAllowed,
};

/** Both functions as functions/ wires them, with a fake store and topic and a stopped clock. */
export class FakeService {
  static readonly NOW = 1_700_000_000_000;
  static readonly DIMENSIONS = { service: 'inbound-sms', stage: 'test' };

  readonly store = new MemoryMessageStore();
  readonly topic = new MemoryMessageTopic();
  readonly quarantine = new MemoryQuarantineStore();
  /** The functions' log lines. */
  readonly lines: LogLine[] = [];
  readonly #options: FakeServiceOptions;
  readonly #keepRefused = keepRefusedIn({
    store: this.quarantine,
    now: () => FakeService.NOW,
    quarantineMs: 1_000,
  });
  #requests = 0;

  constructor(options: FakeServiceOptions = OPEN) {
    this.#options = options;
  }

  /** @throws {Error} If nothing was logged, because a test must not search an absent line. */
  get lastLine(): LogLine {
    const line = this.lines.at(-1);
    if (!line) throw new Error('Nothing was logged');
    return line;
  }

  post(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
    const { tokens, edgeSecrets = [], ...options } = this.#options;
    const hash = (secret: string) => ({
      hash: createHash('sha256').update(secret).digest(),
      length: secret.length,
    });
    const settings = {
      ...options,
      tokens: new Tokens(tokens.map(hash)),
      edgeSecrets: edgeSecrets.length > 0 ? new Tokens(edgeSecrets.map(hash)) : undefined,
    };
    const handler = middy<
      APIGatewayProxyEventV2,
      APIGatewayProxyStructuredResultV2,
      Error,
      ObservedContext
    >()
      .use(this.#observe('Duration'))
      .use(answerErrors())
      .handler(webhook(settings, { ...this.#dependencies(), keepRefused: this.#keepRefused }));
    return handler(event, { ...context(), awsRequestId: `r-${++this.#requests}` });
  }

  /** @param remainingMs The function's remaining time. */
  sweep(remainingMs?: number): Promise<void> {
    const handler = middy<unknown, void, Error, ObservedContext>()
      .use(this.#observe('SweepDuration'))
      .handler(scheduledSweep({ ...this.#dependencies(), graceMs: 60_000, concurrency: 8 }));
    return handler({}, context(remainingMs));
  }

  #observe(durationMetric: 'Duration' | 'SweepDuration') {
    const write = (line: string) => void this.lines.push(JSON.parse(line));
    return observe({ ...FakeService.DIMENSIONS, durationMetric, write });
  }

  #dependencies() {
    return {
      store: this.store,
      topic: this.topic,
      toNotification: notificationsIn('inbound-sms'),
      now: () => FakeService.NOW,
      newOwner: () => crypto.randomUUID(),
      leaseMs: 30_000,
      retentionMs: 1_000,
    };
  }
}

function context(remainingMs = 55_000): ObservedContext {
  return {
    awsRequestId: 'r-1',
    functionName: 'f',
    getRemainingTimeInMillis: () => remainingMs,
  } as ObservedContext;
}
