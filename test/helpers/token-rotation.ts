import { createHash } from 'node:crypto';
import { parseSmsNumbers, parseSourceCidrs } from '../../lib/http/allow-lists.ts';
import { FakeService } from '../fakes/fake-service.ts';
import { type EventOptions, someForm, webhookEvent } from '../fixtures/webhook-event.ts';

/** Both are valid, as during a rotation. */
export const [OLD, CURRENT] = ['old-token-of-the-webhook', 'new-token-of-the-webhook'] as const;

/** A token's fingerprint in the log. */
export const fingerprint = (token: string) =>
  createHash('sha256').update(token).digest('hex').slice(0, 8);

/** Fields that cause no warning. */
export const GOOD_SETTINGS = {
  webhook_url: `https://endpoint/sms/${CURRENT}`,
  webhook_url_fallback: 'somebody@private.example',
};

/** A service with both tokens, for one network and one number. */
export function serviceInRotation(): FakeService {
  return new FakeService({
    tokens: [OLD, CURRENT],
    isSourceAllowed: parseSourceCidrs('192.0.2.0/24'),
    isNumberAllowed: parseSmsNumbers('+61400000002'),
  });
}

/** Posts a form to the current token. Returns status and body. */
export async function postTo(
  service: FakeService,
  fields: Record<string, string> = someForm(),
  request: EventOptions = {},
) {
  const body = String(new URLSearchParams(fields));
  const answer = await service.post(webhookEvent(body, { token: CURRENT, ...request }));
  return { status: answer.statusCode, body: answer.body ?? '' };
}
