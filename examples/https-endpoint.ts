import type { IncomingMessage, RequestListener } from 'node:http';
import { type Agent, get } from 'node:https';
import SnsPayloadValidator from 'sns-payload-validator';
import type { InboundSmsMessage } from '../lib/messages/notification.ts';

/** More than the JSON of a 256 KB SNS message, with its envelope and escapes. */
const MAX_CHARACTERS = 2_000_000;

interface EndpointOptions {
  /** The only accepted topic. */
  readonly topicArn: string;
  /** If it rejects, SNS delivers the message again. */
  readonly handle: (message: InboundSmsMessage) => Promise<void>;
  /** For requests to SNS, for example through a proxy. */
  readonly agent?: Agent;
}

/**
 * An HTTPS endpoint that subscribes to the topic: `createServer(snsEndpoint({ ... })).listen(8080)`, behind
 * a proxy that ends TLS. It confirms its subscription.
 */
export function snsEndpoint({ topicArn, handle, agent }: EndpointOptions): RequestListener {
  // Checks that the certificate's URL belongs to SNS, fetches it, and verifies the signature. The
  // validator's cache is off, because it could keep an error page instead of a certificate and refuse all
  // later messages.
  const validator = new SnsPayloadValidator({
    useCache: false,
    ...(agent && { requestAgent: agent }),
  });

  async function statusOf(request: IncomingMessage): Promise<number> {
    const payload = await validator.validate(await textOf(request));
    if (payload.TopicArn !== topicArn) return 403;
    if (payload.Type === 'Notification') await handle(JSON.parse(payload.Message));
    if (payload.Type === 'SubscriptionConfirmation') await visit(payload.SubscribeURL, agent);
    return 200;
  }

  return (request, response) => {
    statusOf(request)
      // SNS does not retry after a 4xx. It retries after a 5xx, and perhaps only the certificate was out of
      // reach.
      .catch(() => 500)
      .then((status) => response.writeHead(status).end());
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_CHARACTERS) throw new Error('This is no message of SNS');
  }
  return text;
}

/** The signature covers the URL, so it is SNS's own. */
function visit(url = '', agent?: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent, signal: AbortSignal.timeout(10_000) }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`SNS answered ${response.statusCode}`));
    }).on('error', reject);
  });
}
