import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseSmsNumbers, parseSourceCidrs } from '../../lib/http/allow-lists.ts';
import {
  type Attempt,
  QUARANTINE_REASONS,
  type RefusedRequest,
  UNITS_A_DAY,
} from '../../lib/messages/quarantine.ts';
import { fingerprint } from '../../lib/messages/sms-message.ts';
import { FakeService } from '../fakes/fake-service.ts';
import { type EventOptions, someForm, webhookEvent } from '../fixtures/webhook-event.ts';
import { CURRENT, postTo, serviceInRotation } from '../helpers/token-rotation.ts';

const STRANGER = '198.51.100.77';
const encode = (fields: Record<string, string>) => String(new URLSearchParams(fields));

let service: FakeService;
beforeEach(() => {
  service = serviceInRotation();
});

const post = async (body: string | Uint8Array, request: EventOptions = {}) =>
  (await service.post(webhookEvent(body, { token: CURRENT, ...request }))).statusCode;
const entries = () => [...service.quarantine.entries.values()];

/** For each reason, a request that is refused for it. */
const REFUSED: Record<(typeof QUARANTINE_REASONS)[number], () => Promise<number | undefined>> = {
  invalid: () => post(encode({ ...someForm(), from: '\n' })),
  'not-a-form': () => post('{"body":"Hello"}', { contentType: 'application/json' }),
  'too-large': () => post(encode(someForm({ body: 'a'.repeat(70_000) }))),
  'source-not-allowed': () => post(encode(someForm()), { sourceIp: STRANGER }),
  'number-not-allowed': () => post(encode(someForm({ sms_number: '+61455566677' }))),
  conflict: async () => {
    const fields = someForm();
    await post(encode(fields));
    return post(encode({ ...fields, body: 'Another text' }));
  },
};
const STATUS = {
  invalid: 400,
  'not-a-form': 415,
  'too-large': 413,
  'source-not-allowed': 403,
  'number-not-allowed': 403,
  conflict: 409,
};

describe.each(QUARANTINE_REASONS)('a request that is refused as %s', (reason) => {
  it('is answered as before, and is kept', async () => {
    expect(await REFUSED[reason]()).toBe(STATUS[reason]);
    expect(entries()).toMatchObject([{ reason, requests: 1, received_at: FakeService.NOW }]);
    expect(service.lastLine).toMatchObject({
      outcome: reason,
      level: 'WARN',
      quarantined: true,
      quarantine_id: entries()[0]?.quarantine_id,
    });
    expect(service.lastLine.faults).toBe(entries()[0]?.faults);
  });

  it('leaves no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await REFUSED[reason]();
    expect(entries()).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is answered the same if it cannot be kept, and the log says why', async () => {
    service.quarantine.keep = () => Promise.reject(new RangeError('with a +61400000001 in it'));
    expect(await REFUSED[reason]()).toBe(STATUS[reason]);
    expect(service.lastLine).toMatchObject({
      outcome: reason,
      level: 'WARN',
      quarantined: false,
      quarantine_fault: 'RangeError',
    });
    expect(service.lastLine).not.toHaveProperty('quarantine_id');
    expect(JSON.stringify(service.lastLine)).not.toContain('61400000001');
  });

  it('is answered the same over the day’s limit', async () => {
    service.quarantine.taken.set('2023-11-14', UNITS_A_DAY);
    expect(await REFUSED[reason]()).toBe(STATUS[reason]);
    expect(entries()).toEqual([]);
    expect(service.lastLine).toMatchObject({
      quarantined: false,
      quarantine_fault: 'over the day’s limit',
    });
  });

  it('is answered within two seconds if the table does not answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    service.quarantine.keep = (_: RefusedRequest, __: Attempt, deadline?: AbortSignal) =>
      new Promise<number>((_, reject) => {
        deadline?.addEventListener('abort', () => reject(deadline.reason));
      });
    let status: number | undefined;
    const posting = REFUSED[reason]().then((answer) => {
      status = answer;
    });
    await vi.advanceTimersByTimeAsync(1_999);
    expect(status).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await posting;
    expect(status).toBe(STATUS[reason]);
    expect(service.lastLine).toMatchObject({
      quarantined: false,
      quarantine_fault: 'TimeoutError',
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the PBX’s ten attempts', () => {
  it.each<[string, Record<string, string>, EventOptions]>([
    ['a message', { sms_number: '+61455566677' }, {}],
    ['a message with a fault', { body: 'a'.repeat(10_001) }, {}],
    ['too large a message', { body: 'a'.repeat(70_000) }, {}],
    ['a message from elsewhere', {}, { sourceIp: STRANGER }],
  ])(
    'to deliver %s are one entry, though each has another timestamp',
    async (_, changes, request) => {
      const fields = someForm(changes);
      for (let timestamp = 1_700_000_000; timestamp < 1_700_000_010; timestamp++) {
        await post(encode({ ...fields, timestamp: String(timestamp), a: 'b' }), request);
      }
      expect(entries()).toMatchObject([{ requests: 10, last_request: 'r-10' }]);
    },
  );

  it('are one entry, also if the reasons differ', async () => {
    const fields = someForm({ sms_number: '+61455566677' });
    await post(encode(fields), { sourceIp: STRANGER });
    await post(encode(fields));
    expect(entries()).toMatchObject([{ requests: 2, reason: 'number-not-allowed' }]);
    expect(entries()[0]?.fingerprint).toBe(fingerprint(fields));
  });
});

it('two messages are two entries, even with one message_id', async () => {
  const fields = someForm({ sms_number: '+61455566677' });
  await post(encode(fields));
  await post(encode({ ...fields, body: 'Another text' }));
  // A text with an unescaped `&`.
  await post(`${encode(fields)}&body=1`);
  await post(`${encode(fields)}&body=2`);
  const large = 'a'.repeat(70_000);
  await post(encode({ ...fields, body: `${large}1` }));
  await post(encode({ ...fields, body: `${large}2` }));
  await post('message_id=&body=1');
  await post('message_id=&body=2');
  expect(entries().map(({ requests }) => requests)).toEqual(Array(8).fill(1));
});

describe('nothing is kept', () => {
  it.each<[string, () => Promise<unknown>]>([
    [
      'of a message that is delivered, or delivered again',
      async () => {
        const form = encode(someForm());
        await post(form);
        await post(form);
      },
    ],
    ['of a browser’s GET', () => post('', { method: 'GET' })],
    ['of a GET from elsewhere', () => post('', { method: 'GET', sourceIp: STRANGER })],
    ['of a stranger', () => post(encode(someForm({ from: '\n' })), { token: 'wrong' })],
    [
      'of a message that could not be published',
      () => {
        service.topic.isDown = true;
        return post(encode(someForm()));
      },
    ],
  ])('%s', async (_, request) => {
    await request();
    expect(entries()).toEqual([]);
    expect(service.quarantine.taken.size).toBe(0);
    for (const line of service.lines) expect(line).not.toHaveProperty('quarantined');
  });

  it('of a request past the edge', async () => {
    service = new FakeService({
      tokens: [CURRENT],
      edgeSecrets: ['secret-of-the-edge'],
      isSourceAllowed: parseSourceCidrs('192.0.2.0/24'),
      isNumberAllowed: parseSmsNumbers('+61400000002'),
    });
    expect((await postTo(service, { nonsense: '' })).status).toBe(404);
    expect(entries()).toEqual([]);
  });
});
