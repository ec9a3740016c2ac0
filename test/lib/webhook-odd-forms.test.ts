import { beforeEach, describe, expect, it } from 'vitest';
import type { FakeService } from '../fakes/fake-service.ts';
import { type EventOptions, someForm, webhookEvent } from '../fixtures/webhook-event.ts';
import {
  CURRENT,
  fingerprint,
  GOOD_SETTINGS,
  OLD,
  postTo,
  serviceInRotation,
} from '../helpers/token-rotation.ts';

let service: FakeService;
beforeEach(() => {
  service = serviceInRotation();
});

const post = (fields?: Record<string, string>, request?: EventOptions) =>
  postTo(service, fields, request);

describe('an odd form', () => {
  it('is delivered, and the log names the oddity once, without a value', async () => {
    const odd = 'timestamp=secret&=secret&secret=%E9&secret=1&secret=2';
    const form = `${new URLSearchParams(someForm(GOOD_SETTINGS))}&${odd}`;
    const event = webhookEvent(form, { token: CURRENT, contentType: 'text/secret' });
    expect((await service.post(event)).statusCode).toBe(200);
    expect(service.lastLine).toMatchObject({
      level: 'WARN',
      outcome: 'published',
      warnings: [
        'the content type is not that of a form',
        'another field was read as windows-1252',
        'a field has no name',
        'another field is there more than once',
        'timestamp is malformed',
      ].join('; '),
    });
    expect(JSON.stringify(service.lastLine)).not.toContain('secret');
  });

  it('causes a warning even if it is refused', async () => {
    await post({ ...someForm(GOOD_SETTINGS), from: '\n' }, { contentType: 'text/plain' });
    expect(service.lastLine).toMatchObject({
      outcome: 'invalid',
      warnings: 'the content type is not that of a form',
    });
  });

  it('shows nothing of its content type to the log, and no token to the caller', async () => {
    const contentType = `text/${OLD}-${CURRENT}-said-by-the-sender; charset=said-by-the-sender`;
    const { status, body } = await post({ a: '1' }, { contentType });
    expect(status).toBe(415);
    expect(JSON.parse(body).detail).toContain('text/REDACTED-REDACTED-said-by-the-sender');
    expect(service.lastLine).toMatchObject({ reason: 'The body is not a form' });
    expect(JSON.stringify(service.lastLine)).not.toMatch(/said-by-the-sender|token-of/);
  });
});

describe('a sender who withholds the number', () => {
  it('is accepted: from is stored and published as an empty text, without its attribute', async () => {
    const fields = someForm({ from: '' });
    expect((await post(fields)).status).toBe(200);
    expect(service.store.records.get(fields.message_id)?.from).toBe('');
    const [{ message = '', attributes = {}, subject = '' } = {}] = service.topic.published;
    expect(JSON.parse(message).from).toBe('');
    expect(attributes).not.toHaveProperty('from');
    expect(subject).toBe('SMS from (withheld) to +61400000002');
  });

  it('is on no allow list', async () => {
    expect((await post(someForm({ sms_number: '' }))).status).toBe(403);
  });
});

it('two texts that look alike once decoded are a conflict, and each has its own duplicate', async () => {
  const form = String(new URLSearchParams(someForm({ body: 'Zürich, Genève, BODY' })));
  const send = async (bytes: string) => {
    const event = webhookEvent(form.replace('BODY', bytes), { token: CURRENT });
    return (await service.post(event)).statusCode;
  };
  expect(await send('%FF')).toBe(200);
  expect(await send('%FE')).toBe(409);
  expect(await send('%EF%BF%BD')).toBe(409);
  expect(await send('%ff')).toBe(200);
  expect(service.topic.published).toHaveLength(1);
});

describe('the token', () => {
  it.each([
    [OLD, 1],
    [CURRENT, undefined],
  ])('%s is logged by its fingerprint, and counted if it is not the last', async (token, old) => {
    await post(someForm(), { token });
    expect(service.lastLine.token_fingerprint).toBe(fingerprint(token));
    expect(service.lastLine.OldTokenUsed).toBe(old);
  });

  it('counts as used for a refused POST, but not for another method', async () => {
    await post({}, { token: OLD });
    expect(service.lastLine).toMatchObject({ outcome: 'invalid', OldTokenUsed: 1 });
    await post({}, { token: OLD, method: 'GET' });
    expect(service.lastLine).not.toHaveProperty('OldTokenUsed');
  });

  it('is in no log line', async () => {
    for (const token of [OLD, CURRENT, 'wrong-token-of-the-webhook']) {
      await post(someForm(GOOD_SETTINGS), { token });
      await post(someForm({ webhook_url: token, [token]: token }), { token });
      await post({ [token]: '', from: token }, { token });
    }
    expect(service.lines).toHaveLength(9);
    expect(JSON.stringify(service.lines)).not.toContain('token-of-the-webhook');
  });

  it.each([
    [OLD, CURRENT],
    [CURRENT, OLD],
    [CURRENT, CURRENT],
  ])('posted to %s, %s is nowhere, in any field', async (token, held) => {
    const texts = { body: held, from: held, sms_number: '+61400000002', service_id: held };
    await post(someForm({ ...texts, [held]: held, webhook_url: held }), { token });
    await post(someForm({ message_id: held }), { token });
    await post(someForm({ message_id: `x-${held}` }), { token });
    const { records } = service.store;
    expect(records.size).toBe(1);
    const kept = JSON.stringify([[...records.values()], service.topic.published, service.lines]);
    expect(kept).not.toContain('token-of-the-webhook');
    expect(kept).toContain('REDACTED');
    expect(service.lastLine.faults).toBe('message_id holds a token of the webhook’s URL');
  });

  it('is not shown to a sender who uses it as an id', async () => {
    const { status, body } = await post(someForm({ message_id: OLD }));
    expect(status).toBe(400);
    expect(JSON.parse(body).errors).toEqual([
      { field: 'message_id', reason: 'holds a token of the webhook’s URL' },
    ]);
    expect(body).not.toContain(OLD);
  });
});
