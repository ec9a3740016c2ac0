import type { IncomingMessage, RequestListener } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { InboundSmsMessage } from '../lib/messages/notification.ts';

/** More than any message takes. */
const MAX_CHARACTERS = 300_000;

interface ReceiverOptions {
  /** The secret that signs: base64, with or without `whsec_`. */
  readonly secret: string;
  /**
   * Keeps a message once for each `webhook-id`, which is its `message_id`: a message can come twice, even
   * at the same time. If it rejects, the message comes again.
   */
  readonly keepOnce: (webhookId: string, message: InboundSmsMessage) => Promise<void>;
}

/**
 * Receives what a subscriber of the kind `https` gets: `createServer(smsReceiver({ ... })).listen(8080)`,
 * behind a proxy that ends TLS. It answers 200 only after the message is kept.
 */
export function smsReceiver({ secret, keepOnce }: ReceiverOptions): RequestListener {
  const webhook = new Webhook(secret);

  async function statusOf(request: IncomingMessage): Promise<number> {
    const body = await textOf(request);
    const headers = request.headers as Record<string, string>;
    // Of the body as it came: JSON that was read and written again may differ. Refuses old requests as well.
    webhook.verify(body, headers, { jsonParse: false });
    await keepOnce(headers['webhook-id'] ?? '', JSON.parse(body));
    return 200;
  }

  return (request, response) => {
    statusOf(request)
      .catch((error) => (error instanceof WebhookVerificationError ? 401 : 500))
      .then((status) => response.writeHead(status).end());
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_CHARACTERS) throw new Error('This is no message of inbound-sms');
  }
  return text;
}
