import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { StandardRetryStrategy } from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { callAbort, pauseCall } from './call-within.ts';
import { Connections } from './connections.ts';
import { rehearsedAgent, rehearsedUntil } from './rehearsal.ts';
import { leanClient } from './sdk/lean-client.ts';
import { noticeReuse, sendAgainIfStale } from './stale-connections.ts';

/**
 * A webhook has seconds, so a call gets three short attempts. The SDK has no request timeout by default,
 * and `requestTimeout` alone only warns.
 */
const MAX_ATTEMPTS = 3;
const REQUEST_TIMEOUT_MS = 1_500;
const LIMITS = { requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true };
const AGENT = { keepAlive: true, maxSockets: 50 };

/** Base of the pauses between attempts. The SDK has the same for each service. */
const RETRY_BASE_MS = { dynamodb: 25, sns: 50, sqs: 50, ssm: 50 };
const THROTTLED_BASE_MS = 1_000;

/**
 * Ends a request when its call ends. The SDK can do this with a signal in the options of `send`, but then
 * it builds its middleware again for each call.
 *
 * A request that failed on a stale connection is sent again at once and does not count as an attempt.
 */
class CallHttpHandler extends NodeHttpHandler {
  /** For rehearsed calls. */
  readonly #rehearsed: NodeHttpHandler;

  constructor() {
    const [httpAgent, httpsAgent] = [new HttpAgent(AGENT), new HttpsAgent(AGENT)];
    super({ ...LIMITS, httpAgent: noticeReuse(httpAgent), httpsAgent: noticeReuse(httpsAgent) });
    this.#rehearsed = new NodeHttpHandler({
      ...LIMITS,
      httpAgent: rehearsedAgent(new HttpAgent(AGENT), new Connections(httpAgent)),
      httpsAgent: rehearsedAgent(new HttpsAgent(AGENT), new Connections(httpsAgent)),
    });
  }

  override async handle(...[request, options]: Parameters<NodeHttpHandler['handle']>) {
    const rehearsalEnd = rehearsedUntil();
    const abortSignal = rehearsalEnd ?? callAbort();
    const withAbort = abortSignal ? { ...options, abortSignal } : options;
    if (rehearsalEnd) return this.#rehearsed.handle(request, withAbort);
    return sendAgainIfStale(() => super.handle(request, withAbort));
  }
}

/** Ends the pause before another attempt at the call's deadline. The SDK's own pause cannot be ended. */
class CallRetryStrategy extends StandardRetryStrategy {
  readonly #baseMs: number;

  constructor(baseMs: number) {
    super({
      maxAttempts: MAX_ATTEMPTS,
      baseDelay: baseMs,
      backoff: { computeNextBackoffDelay: () => 0, setDelayBase: () => {} },
    });
    this.#baseMs = baseMs;
  }

  override async refreshRetryTokenForRetry(
    ...[token, info]: Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>
  ) {
    // Drops the service's hint, for which the SDK would pause up to five seconds.
    const { retryAfterHint: _, ...error } = info;
    const next = await super.refreshRetryTokenForRetry(token, error);
    const base = info.errorType === 'THROTTLING' ? THROTTLED_BASE_MS : this.#baseMs;
    await pauseCall(Math.random() * base * 2 ** token.getRetryCount());
    return next;
  }
}

/** The settings of a service's client. */
export const clientSettings = (service: keyof typeof RETRY_BASE_MS) => ({
  maxAttempts: MAX_ATTEMPTS,
  retryStrategy: new CallRetryStrategy(RETRY_BASE_MS[service]),
  cacheMiddleware: true,
  // Lambda's credentials. The default is a chain that infra/bundle leaves out.
  credentials: fromEnv(),
  requestHandler: new CallHttpHandler(),
});

export const createDynamoDBClient = (): DynamoDBClient =>
  leanClient(new DynamoDBClient(clientSettings('dynamodb')));
export const createSNSClient = (): SNSClient => leanClient(new SNSClient(clientSettings('sns')));
