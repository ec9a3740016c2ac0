import type { IncomingMessage, RequestListener } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { InboundSmsMessage } from '../lib/messages/notification.ts';

/** More than any message has. */
const MAX_CHARACTERS = 300_000;

interface ReceiverOptions {
  /** The signing secret: base64, with or without the prefix `whsec_`. */
  readonly secret: string;
  /**
   * Keeps a message once for each `webhook-id`, which is its `message_id`. A message can come twice, even
   * at the same time. If this rejects, the message comes again.
   */
  readonly keepOnce: (webhookId: string, message: InboundSmsMessage) => Promise<void>;
}

/**
 * Receives the messages of a subscriber of the kind `https`: `createServer(smsReceiver({ ...
 * })).listen(8080)`, behind a proxy that ends TLS. It answers 200 only after the message is kept.
 */
export function smsReceiver({ secret, keepOnce }: ReceiverOptions): RequestListener {
  const webhook = new Webhook(secret);

  async function statusOf(request: IncomingMessage): Promise<number> {
    const body = await textOf(request);
    const headers = request.headers as Record<string, string>;
    // Verify the body as it was sent: JSON that was parsed and written again may differ. Old requests are
    // refused, too.
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
