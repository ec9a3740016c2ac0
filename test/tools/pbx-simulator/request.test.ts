import { beforeEach, expect, it } from 'vitest';
import { anyAllowed } from '../../../lib/http/allow-lists.ts';
import {
  formRequest,
  MALFORMED,
  MALFORMED_KINDS,
  type PbxRequest,
  pbxFields,
} from '../../../tools/pbx-simulator/request.ts';
import { FakeService } from '../../fakes/fake-service.ts';
import { webhookEvent } from '../../fixtures/webhook-event.ts';

const request = formRequest(pbxFields('https://endpoint/sms/test', { message_id: 'm-1' }));

let service: FakeService;
beforeEach(() => {
  service = new FakeService({
    tokens: ['test'],
    isSourceAllowed: anyAllowed,
    isNumberAllowed: anyAllowed,
  });
});

async function statusOf({ method, headers, body }: PbxRequest): Promise<number | undefined> {
  const contentType = headers['content-type'] ?? null;
  return (await service.post(webhookEvent(body ?? '', { method, contentType }))).statusCode;
}

it.each(MALFORMED_KINDS)('%s is refused, and only because of its alteration', async (kind) => {
  const { alter, status } = MALFORMED[kind];
  expect(await statusOf(alter(request))).toBe(status);
  expect(service.store.records.size).toBe(0);
  expect(await statusOf(request)).toBe(200);
});

it('makes up only the missing fields of each message', () => {
  const [one, other] = [pbxFields('u'), pbxFields('u', { body: '', colour: 'red' })];
  expect(one.message_id).not.toBe(other.message_id);
  expect(other).toMatchObject({ body: '', colour: 'red', webhook_url: 'u' });
});
