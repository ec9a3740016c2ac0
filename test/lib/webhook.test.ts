import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Notification } from '../../lib/messages/notification.ts';
import type { FakeService } from '../fakes/fake-service.ts';
import { type EventOptions, someForm, webhookEvent } from '../fixtures/webhook-event.ts';
import {
  CURRENT,
  GOOD_SETTINGS,
  OLD,
  postTo,
  serviceInRotation,
} from '../helpers/token-rotation.ts';

const STRANGER = '198.51.100.77';
let service: FakeService;
beforeEach(() => {
  service = serviceInRotation();
});

const post = (fields?: Record<string, string>, request?: EventOptions) =>
  postTo(service, fields, request);

describe('a source that is not allowed', () => {
  it.each(['POST', 'GET'])(
    'is refused whatever it sends by %s, and nothing is read',
    async (method) => {
      const { status, body } = await post({ nonsense: '' }, { method, sourceIp: STRANGER });
      expect(status).toBe(403);
      expect(JSON.parse(body).detail).toContain('allowedSourceCidrs');
      expect(service.store.records.size).toBe(0);
    },
  );

  it('gets everybody’s answer if the token is wrong', async () => {
    const strangers = await post(someForm(), { token: 'wrong', sourceIp: STRANGER });
    expect(strangers).toEqual(await post(someForm(), { token: 'wrong' }));
    expect(strangers.status).toBe(404);
  });

  it('is neither logged nor shown its address', async () => {
    const { body } = await post(someForm(), { sourceIp: STRANGER });
    const { outcome, level, reason } = service.lastLine;
    expect({ outcome, level }).toEqual({ outcome: 'source-not-allowed', level: 'WARN' });
    expect(reason).toContain('allowedSourceCidrs');
    expect(body + JSON.stringify(service.lastLine)).not.toContain('198.51');
  });
});

describe('a number that is not allowed', () => {
  const fields = someForm({ sms_number: '+61455566677' });

  it('is refused and not stored, and the answer says what to configure', async () => {
    const { status, body } = await post(fields);
    expect(status).toBe(403);
    expect(JSON.parse(body).detail).toContain('allowedSmsNumbers');
    expect(service.store.records.size).toBe(0);
  });

  it('is neither logged nor shown', async () => {
    const { body } = await post(fields);
    expect(service.lastLine).toMatchObject({
      outcome: 'number-not-allowed',
      level: 'WARN',
      reason: expect.stringContaining('allowedSmsNumbers'),
      message_id: fields.message_id,
    });
    expect(body + JSON.stringify(service.lastLine)).not.toContain('555666');
  });

  it('is checked only after the form is valid', async () => {
    expect((await post({ ...fields, from: '\n' })).status).toBe(400);
  });

  it.each(['61400000002', ' 61400000002', '+61 400 000 002'])(
    'is not %j, which is another spelling',
    async (sms_number) => {
      expect((await post(someForm({ sms_number }))).status).toBe(200);
    },
  );
});

describe('the PBX’s settings', () => {
  it('cause no warning if they are right', async () => {
    await post(someForm(GOOD_SETTINGS));
    expect(service.lastLine).toMatchObject({ level: 'INFO', outcome: 'published' });
    expect(service.lastLine).not.toHaveProperty('warnings');
  });

  it('cause a warning for a fault in one field, with the level WARN and without a value', async () => {
    const { status } = await post(
      someForm({
        webhook_url: 'https://other.private.example/sms/secret',
        webhook_url_fallback: '',
      }),
    );
    expect(status).toBe(200);
    expect(service.lastLine).toMatchObject({
      level: 'WARN',
      outcome: 'published',
      warnings:
        'webhook_url has another host; webhook_url has another path; webhook_url_fallback is blank',
    });
    expect(JSON.stringify(service.lastLine)).not.toMatch(/private|secret/);
  });

  it('cause a warning even if the message is refused, and do not lower a failure’s level', async () => {
    await post({ from: '1' });
    expect(service.lastLine).toMatchObject({ outcome: 'invalid', warnings: expect.any(String) });
    service.topic.isDown = true;
    await post();
    expect(service.lastLine).toMatchObject({ level: 'ERROR', warnings: expect.any(String) });
  });

  it('may name any configured token', async () => {
    await post(someForm(GOOD_SETTINGS), { token: OLD });
    expect(service.lastLine).not.toHaveProperty('warnings');
    await post(someForm({ ...GOOD_SETTINGS, webhook_url: `https://endpoint/sms/${OLD}` }));
    expect(service.lines[1]).not.toHaveProperty('warnings');
  });

  it('do not change the answer if the host is unknown', async () => {
    const event = webhookEvent(String(new URLSearchParams(someForm(GOOD_SETTINGS))), {
      token: CURRENT,
    });
    const { domainName: _, ...requestContext } = event.requestContext;
    const answer = await service.post({ ...event, requestContext } as typeof event);
    expect(answer.statusCode).toBe(200);
    expect(service.lastLine.warnings).toBe('webhook_url has another host');
  });
});

it('a delivery ends three seconds before the function, and leaves no timer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  expect((await post()).status).toBe(200);
  expect(vi.getTimerCount()).toBe(0);

  service.topic.publish = (_: Notification, deadline?: AbortSignal) =>
    new Promise((_, reject) => {
      deadline?.addEventListener('abort', () => reject(deadline.reason));
    });
  let status: number | undefined;
  const posting = post().then((answer) => {
    status = answer.status;
  });
  await vi.advanceTimersByTimeAsync(51_999);
  expect(status).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  await posting;
  expect(status).toBe(503);
  expect(vi.getTimerCount()).toBe(0);
});

describe('the log', () => {
  it('names only the PBX’s fields that have faults, because a text may look like a field', async () => {
    const twice = ['from=1', 'webhook_url=u', 'webhook_url_fallback=f', 'Your+code=1234'];
    await service.post(webhookEvent([...twice, ...twice].join('&'), { token: CURRENT }));
    const isTwice = (field: string) => `${field} is there more than once`;
    expect(service.lastLine.faults).toContain(isTwice('from'));
    for (const field of ['webhook_url', 'webhook_url_fallback', 'another field']) {
      expect(service.lastLine.warnings).toContain(isTwice(field));
    }
    expect(JSON.stringify(service.lastLine)).not.toMatch(/code|1234/);
  });

  it('has the message’s id and attempts, and is a warning if it was not accepted', async () => {
    const fields = someForm(GOOD_SETTINGS);
    const { message_id } = fields;
    const { body } = await post(fields);
    expect(JSON.parse(body)).toEqual({ outcome: 'published', message_id });
    expect(service.lastLine).toMatchObject({
      ...{ level: 'INFO', message_id },
      ...{ requests: 1, attempts: 1 },
    });
    expect((await post({ ...fields, body: 'Other' })).status).toBe(409);
    expect(service.lastLine).toMatchObject({ level: 'WARN', outcome: 'conflict' });
    expect(service.lastLine).not.toHaveProperty('requests');

    const held = someForm(GOOD_SETTINGS);
    service.topic.isDown = true;
    service.store.release = async () => false;
    await post(held);
    expect((await post(held)).status).toBe(503);
    expect(service.lastLine).toMatchObject({
      ...{ level: 'WARN', outcome: 'in-flight' },
      ...{ requests: 1, attempts: 1 },
    });
  });

  it('tells which fields were not UTF-8, and how they were read', async () => {
    const form = String(new URLSearchParams(someForm({ ...GOOD_SETTINGS, body: 'BODY' })));
    const event = webhookEvent(`${form.replace('BODY', '%E9')}&a=%C3%A9%FF&b=%C3%A9`, {
      token: CURRENT,
    });
    await service.post(event);
    expect(service.lastLine).toMatchObject({
      outcome: 'published',
      warnings: 'body was read as windows-1252; another field has bytes that are not UTF-8',
    });
  });

  it('tells at which step a delivery failed, and why', async () => {
    service.store.putNew = () => Promise.reject(new RangeError('a quoted text'));
    expect((await post()).status).toBe(503);
    expect(service.lastLine).toMatchObject({ step: 'claim', error: 'RangeError' });
    expect(JSON.stringify(service.lastLine)).not.toContain('quoted');
  });
});
