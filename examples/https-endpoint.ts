import type { IncomingMessage, RequestListener } from 'node:http';
import { type Agent, get } from 'node:https';
import SnsPayloadValidator from 'sns-payload-validator';
import type { InboundSmsMessage } from '../lib/messages/notification.ts';

/** More than an SNS message of 256 KB makes, envelope and escapes included. */
const MAX_CHARACTERS = 2_000_000;

interface EndpointOptions {
  /** The only topic that is listened to. */
  readonly topicArn: string;
  /** What rejects is delivered again. */
  readonly handle: (message: InboundSmsMessage) => Promise<void>;
  /** For requests to SNS, such as one that goes through a proxy. */
  readonly agent?: Agent;
}

/**
 * An HTTPS endpoint that is subscribed to the topic: `createServer(snsEndpoint({ ... })).listen(8080)`,
 * behind whatever ends TLS. It confirms the subscription by itself.
 */
export function snsEndpoint({ topicArn, handle, agent }: EndpointOptions): RequestListener {
  // Checks that the certificate's URL is one of SNS, fetches it, and verifies the signature with it. Its
  // cache would keep an error page in place of a certificate, and refuse all that follows.
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
      // SNS takes a 4xx as final. A 5xx it tries again, and it may be its certificate that was out of reach.
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

/** The signature covers the URL: it is SNS's own. */
function visit(url = '', agent?: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent, signal: AbortSignal.timeout(10_000) }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`SNS answered ${response.statusCode}`));
    }).on('error', reject);
  });
}
