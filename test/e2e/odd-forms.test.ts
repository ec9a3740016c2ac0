import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { fromItem } from '../../lib/aws/message-item.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { type FaultyStack, startFaultyStack } from '../helpers/faulty-stack.ts';
import { postForm, subscribeQueue } from '../helpers/local-stack.ts';

let service: FaultyStack;
beforeAll(async () => {
  service = await startFaultyStack();
});
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(() => service.reset());

/** Posts a form, and returns what is published and stored. */
async function deliver(form: string, message_id: string) {
  await using queue = await subscribeQueue(service.stack);
  const { status } = await postForm(service.stack.webhookUrl, form);
  const [notification] = status === 200 ? await queue.receive(1) : [];
  const item = await service.item(message_id);
  return {
    status,
    published: notification && JSON.parse(notification.message),
    attributes: notification?.attributes ?? {},
    stored: item && fromItem(item),
  };
}

it('an odd field does not cost the message, and is stored and published in extra', async () => {
  const fields = someForm({ timestamp: '1576391654123', service_id: '\x07' });
  const form = `${new URLSearchParams(fields)}&=nameless&webhook_url_fallback=a&webhook_url_fallback=b`;
  const { status, published, stored } = await deliver(form, fields.message_id);
  expect(status).toBe(200);
  const extra = {
    timestamp: '1576391654123',
    service_id: '\x07',
    webhook_url_fallback: 'a',
    webhook_url_fallback_: 'b',
    '': 'nameless',
  };
  expect(published).toMatchObject({ timestamp: 1_576_391_654, extra });
  expect(stored).toMatchObject({ timestamp: 1_576_391_654, extra });
});

it('a withheld number is stored and published as an empty text, without an attribute', async () => {
  const fields = someForm({ from: '' });
  const { published, attributes, stored } = await deliver(
    String(new URLSearchParams(fields)),
    fields.message_id,
  );
  expect(published.from).toBe('');
  expect(stored?.from).toBe('');
  expect(attributes).not.toHaveProperty('from');
  expect(attributes).toMatchObject({ sms_number: fields.sms_number });
});

it('a text that was cut inside a character stays readable, and its duplicate is a duplicate', async () => {
  const fields = someForm({ body: 'BODY' });
  const form = String(new URLSearchParams(fields)).replace('BODY', 'Gr%C3%BC%C3%9Fe+%F0%9F%98');
  const { published } = await deliver(form, fields.message_id);
  expect(published.body).toBe('Grüße \uFFFD');
  const again = await postForm(service.stack.webhookUrl, form);
  expect(await again.json()).toMatchObject({ outcome: 'duplicate' });
  const other = form.replace('%F0%9F%98', '%F0%9F%99');
  expect((await postForm(service.stack.webhookUrl, other)).status).toBe(409);
});

it('the other fields of a form are stored in 4 KB', async () => {
  const fields = someForm({ more: 'MORE' });
  const form = String(new URLSearchParams(fields)).replace('MORE', '\x01'.repeat(43_000));
  const { status, published } = await deliver(form, fields.message_id);
  expect(status).toBe(200);
  expect(published.extra.more).toMatch(/\x01\[CUT\]$/);
  const item = await service.item(fields.message_id);
  expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThan(10_000);
});
