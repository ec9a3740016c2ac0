import { createHash, randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { rehearse } from './aws/rehearsal.ts';
import type { WebhookSettings } from './config.ts';
import { EDGE_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from './http/edge.ts';
import { Tokens } from './http/tokens.ts';
import type { DeliveryDependencies, DeliveryStore } from './messages/delivery.ts';
import type { ObservedContext } from './telemetry/observability.ts';

const WITHIN_MS = 500;

/**
 * Gets a function ready for its first message while it starts, when Lambda gives it a whole core: opens its
 * connections and runs its code once. Nothing is sent, stored or logged: docs/decisions/0057-getting-ready.md
 *
 * Never throws. Gives up after half a second.
 *
 * @param handle Handles something made up. It may throw.
 */
export async function getReady(handle: () => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const stopCatching = catchInEvents(() => end());
  const timer = setTimeout(end, WITHIN_MS);
  const rehearsed = rehearse(controller.signal, handle);
  await Promise.race([rehearsed, isOver]).catch(() => {});
  clearTimeout(timer);
  // Gives up what is not done, which ends in this turn of the event loop.
  controller.abort();
  await new Promise(setImmediate);
  stopCatching();
}

/** What Node throws in an event of a socket reaches no promise, and would end the process. */
function catchInEvents(onError: () => void): () => void {
  try {
    process.setUncaughtExceptionCaptureCallback(onError);
  } catch {
    // Something else has set its own, or has loaded Node's `domain`.
    return () => {};
  }
  return () => process.setUncaughtExceptionCaptureCallback(null);
}

type WebhookHandler = (
  event: APIGatewayProxyEventV2,
  context: ObservedContext,
  callback: () => void,
) => unknown;

/**
 * Handles a made-up message like one that the PBX posts, but does not mark it. The allow lists are asked, and
 * their answer is ignored. No other handler accepts its token.
 *
 * @param handlerOf Makes a webhook of these that logs nothing.
 */
export function madeUpMessage(
  { isSourceAllowed, isNumberAllowed, ...settings }: WebhookSettings,
  dependencies: DeliveryDependencies,
  handlerOf: (settings: WebhookSettings, dependencies: DeliveryDependencies) => WebhookHandler,
): () => Promise<unknown> {
  const token = randomUUID();
  const tokens = new Tokens([
    { hash: createHash('sha256').update(token).digest(), length: token.length },
  ]);
  const handler = handlerOf(
    {
      ...settings,
      tokens,
      edgeSecrets: settings.edgeSecrets && tokens,
      isSourceAllowed: (address) => isSourceAllowed(address) || true,
      isNumberAllowed: (number) => isNumberAllowed(number) || true,
    },
    { ...dependencies, store: withoutMark(dependencies.store) },
  );
  const event = eventOf(token, settings.edgeDomainName ?? 'sms.example.com');
  return async () => handler(event, CONTEXT, () => {});
}

/** The put has made most of what a mark needs: a mark would take the start more time than it saves the message. */
const withoutMark = (store: DeliveryStore): DeliveryStore => ({
  putNew: store.putNew.bind(store),
  takeOver: store.takeOver.bind(store),
  release: store.release.bind(store),
  markPublished: async () => true,
});

const FIELDS = {
  service_id: '0',
  from: '+61400000000',
  sms_number: '+61400000000',
  body: 'A message that is made up.',
  timestamp: '1576391654',
  webhook_url_fallback: 'nobody@example.com',
};

function eventOf(token: string, domainName: string): APIGatewayProxyEventV2 {
  const rawPath = `/sms/${token}`;
  const webhook_url = `https://${domainName}${rawPath}`;
  const form = new URLSearchParams({ ...FIELDS, message_id: randomUUID(), webhook_url });
  const event = {
    version: '2.0',
    rawPath,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      [EDGE_SECRET_HEADER]: token,
      [VIEWER_ADDRESS_HEADER]: '192.0.2.1:443',
    },
    pathParameters: { token },
    requestContext: { domainName, http: { method: 'POST', sourceIp: '192.0.2.1' } },
    body: Buffer.from(form.toString()).toString('base64'),
    isBase64Encoded: true,
  };
  return event as unknown as APIGatewayProxyEventV2;
}

/** What the handler reads of Lambda's context. */
const CONTEXT = {
  awsRequestId: '',
  functionName: '',
  getRemainingTimeInMillis: () => 4_000,
} as ObservedContext;
