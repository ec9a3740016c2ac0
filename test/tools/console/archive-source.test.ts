import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Addressing } from '../../../tools/archive/deliveries.ts';
import { matcherOf } from '../../../tools/console/page/inbox/inbox-store.ts';
import type { ConsoleEvents, TimelineEvent } from '../../../tools/console/protocol.ts';
import type { ArchiveSourceOptions } from '../../../tools/console/server/archive-source.ts';
import { AttemptMemory } from '../../../tools/console/server/attempts.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { someRefusedRequest } from '../../fixtures/quarantine.ts';
import { archiveForEachTest, failures, sourceOver } from '../../helpers/console-archive.ts';
import { asStored, publishedAt } from '../cli/stored-messages.ts';

const given = archiveForEachTest();

const { signal } = new AbortController();
const NOW = Date.now();
const ID = '297abf7f-99d9-4b7d-9c46-1d7c13687b11';

const addressee = (name: string, addressing: Addressing) => ({
  name,
  kind: 'https' as const,
  addressing: () => addressing,
});

const sourceWith = (options: Partial<ArchiveSourceOptions> = {}) =>
  sourceOver(given.stored, { attempts: given.attempts, ...options });

it('says what it is: another session each time, replay only with a topic', () => {
  const { info } = sourceWith();
  expect(info).toEqual({
    session: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'a-stack',
    region: 'nowhere',
    isLocal: false,
    messageFormat: 'inbound-sms',
    country: 'AU',
    canReplay: false,
    activityMs: 3_600_000,
    selector: '--stack a-stack',
    subscribers: [],
  });
  const other = sourceWith({ replayTopic: new MemoryMessageTopic() });
  expect(other.info.canReplay).toBe(true);
  expect(other.info.session).not.toBe(info.session);
  expect(sourceWith().replay).toBeUndefined();
});

describe('the detail of a message', () => {
  it('is the record, the notification and the requests', async () => {
    const record = someRecord({ received_at: NOW, ...publishedAt(NOW + 50), body: '<b>"' });
    await given.stored.put(record);
    const attempt = { ms: 60, status: 200, outcome: 'published', message_id: ID } as const;
    given.attempts.add({ ...attempt, at: NOW + 60 });
    given.attempts.add({ ...attempt, at: NOW + 90, outcome: 'duplicate' });
    given.attempts.add({ ...attempt, at: NOW + 70, message_id: 'another' });
    const detail = await sourceWith().detail(ID, signal);
    expect(detail).toEqual({
      summary: expect.objectContaining({ message_id: ID, state: 'published', conflicts: 0 }),
      record: asStored(record),
      notification: {
        message: expect.any(String),
        subject: 'SMS from +61400000001 to +61400000002',
        attributes: expect.objectContaining({ schema: 'inbound-sms/1', message_id: ID }),
      },
      timeline: [
        { kind: 'attempt', ...attempt, at: NOW + 60 },
        { kind: 'attempt', ...attempt, at: NOW + 90, outcome: 'duplicate' },
      ],
      hasCalls: false,
    });
    expect(JSON.parse(detail?.notification.message ?? '')).toMatchObject({ body: '<b>"' });
  });

  it('says what the record says where nothing else does', async () => {
    await given.stored.put(someRecord({ received_at: NOW, ...publishedAt(NOW + 70_000) }));
    const received = { kind: 'recorded', at: NOW, what: 'received' };
    const published = { kind: 'recorded', at: NOW + 70_000, what: 'published' };
    const timeline = async () => (await sourceWith().detail(ID, signal))?.timeline;
    expect(await timeline()).toEqual([received, published]);
    const failed = { at: NOW + 9, ms: 9, status: 503, outcome: 'unavailable', message_id: ID };
    const conflict = { at: NOW + 99, ms: 9, status: 409, outcome: 'conflict', message_id: ID };
    given.attempts.add(conflict);
    expect(await timeline()).toEqual([received, { kind: 'attempt', ...conflict }, published]);
    given.attempts.add(failed);
    expect(await timeline()).toEqual([
      { kind: 'attempt', ...failed },
      { kind: 'attempt', ...conflict },
      published,
    ]);
  });

  it('begins with the PBX, and has the attempts from before it was stored', async () => {
    const timestamp = Math.floor(NOW / 1_000) - 97;
    await given.stored.put(someRecord({ received_at: NOW, timestamp, ...publishedAt(NOW + 1) }));
    const asked: (number | undefined)[] = [];
    class Asked extends AttemptMemory {
      override of(messageId: string, since?: number) {
        asked.push(since);
        return super.of(messageId);
      }
    }
    const detail = await sourceWith({ attempts: new Asked() }).detail(ID, signal);
    expect(detail?.timeline[0]).toEqual({ kind: 'sent', at: timestamp * 1_000 });
    expect(asked[0]).toBeLessThan(timestamp * 1_000);
  });

  it('has the calls and deliveries of whoever knows them, in order of time', async () => {
    await given.stored.put(someRecord({ received_at: NOW, ...publishedAt(NOW + 3) }));
    const call = { kind: 'call', ms: 1, service: 'sns', message_id: ID, purpose: 'x' } as const;
    const delivered = { kind: 'delivered', at: NOW + 4 } as const;
    const events = new Map<string, TimelineEvent[]>([
      [ID, [delivered, { ...call, at: NOW + 2, operation: 'Publish', status: 200 }]],
    ]);
    const source = sourceWith({ timelineOf: (id) => events.get(id) ?? [] });
    const detail = await source.detail(ID, signal);
    expect(detail?.hasCalls).toBe(true);
    expect(detail?.timeline.map((event) => [event.kind, event.at - NOW])).toEqual([
      ['recorded', 0],
      ['call', 2],
      ['delivered', 4],
    ]);
    const failed = { ...call, at: NOW + 1, operation: 'Publish', error: 'not reachable' };
    const put = {
      ...call,
      at: NOW,
      operation: 'PutItem',
      status: 200,
      service: 'dynamodb',
    } as const;
    events.set(ID, [put, failed]);
    const after = await source.detail(ID, signal);
    expect(after?.timeline.map(({ kind, at }) => [kind, at - NOW])).toEqual([
      ['call', 0],
      ['call', 1],
      ['recorded', 3],
    ]);
  });

  it('has the refused requests from before it was stored, of which the log tells no id', async () => {
    const ids = ['1', '2', '3'].map((digit) => digit.repeat(32));
    const [own = '', others = '', later = ''] = ids;
    for (const [quarantine_id, sent_message_id, at] of [
      [own, ID, NOW - 900],
      [others, 'another', NOW - 900],
      [later, ID, NOW + 900],
    ] as const) {
      const request = someRefusedRequest({ quarantine_id, sent_message_id });
      const times = { request_id: quarantine_id, at, expires_at: 9_000_000_000 };
      await given.stored.store.keep(request, times);
    }
    const refused = ids.map((quarantine_id) => ({
      ...{ at: NOW - 899, ms: 1, status: 400, outcome: 'invalid', quarantine_id },
    }));
    const published = { at: NOW + 9, ms: 9, status: 200, outcome: 'published', message_id: ID };
    given.attempts.remember([...refused, published]);
    await given.stored.put(someRecord({ received_at: NOW, ...publishedAt(NOW + 3) }));
    const detail = await sourceWith().detail(ID, signal);
    expect(detail?.timeline).toEqual([
      { kind: 'attempt', ...refused[0] },
      { kind: 'attempt', ...published },
    ]);
  });

  it('has how far the delivery to each subscriber is, when it got that far', async () => {
    const crm = { attempts: 4, failed_at: NOW + 5_000, reason: '500', delivered_at: NOW + 245_000 };
    const team = { attempts: 34, failed_at: NOW + 9, reason: 'timeout', dead_at: NOW + 86_400_000 };
    const chat = { attempts: 1, failed_at: NOW + 7, reason: '429' };
    await given.stored.put(someRecord({ received_at: NOW, ...publishedAt(NOW + 3) }));
    await given.stored.mark(ID, { crm, team, chat });
    const subscribers = [
      ...['crm', 'team', 'chat', 'other'].map((name) => addressee(name, 'for-it')),
      { ...addressee('jobs', 'for-it'), kind: 'queue' as const },
      addressee('sales', 'filtered'),
    ];
    const detail = await sourceWith({ subscribers }).detail(ID, signal);
    expect(detail?.record).toMatchObject({ delivery_crm: crm, delivery_team: team });
    expect(detail?.record).not.toHaveProperty('deliveries');
    const deliveries = detail?.timeline.filter((event) => event.kind === 'delivery');
    expect(deliveries?.map(({ subscriber, state, at }) => [subscriber, state, at - NOW])).toEqual([
      ['other', 'waiting', 3],
      ['jobs', 'handed-over', 3],
      ['sales', 'not-for-it', 3],
      ['chat', 'failing', 7],
      ['crm', 'delivered', 245_000],
      ['team', 'dead', 86_400_000],
    ]);
    expect(deliveries?.map(({ text }) => text)).toContain(
      '500 three times, delivered 4 minutes later',
    );
  });

  it('has no delivery of a message that is not published', async () => {
    await given.stored.put(someRecord({ received_at: NOW }));
    const source = sourceWith({ subscribers: [addressee('crm', 'for-it')] });
    const detail = await source.detail(ID, signal);
    expect(detail?.timeline.map(({ kind }) => kind)).toEqual(['recorded']);
  });

  it('is found by a UUID in any case, and there is none of what is not stored', async () => {
    await given.stored.put(someRecord());
    const source = sourceWith();
    expect((await source.detail(ID.toUpperCase(), signal))?.summary.message_id).toBe(ID);
    expect(await source.detail('unknown', signal)).toBeUndefined();
  });

  it('does without the requests where the log cannot be read', async () => {
    await given.stored.put(someRecord({ received_at: NOW }));
    given.attempts.of = () => Promise.reject(new Error('not allowed'));
    const detail = await sourceWith().detail(ID, signal);
    expect(detail?.timeline).toEqual([{ kind: 'recorded', at: NOW, what: 'received' }]);
    expect(failures).toEqual(['read the requests of a message from the logs: not allowed']);
  });
});

it('lists for a subscriber what the page keeps in that list: all that it lacks', async () => {
  await given.stored.put(
    ...['waits', 'fails', 'done'].map((message_id) =>
      someRecord({ message_id, received_at: NOW, ...publishedAt(NOW) }),
    ),
    someRecord({ message_id: 'pending', received_at: NOW }),
  );
  const failed = { attempts: 1, failed_at: NOW, reason: '500' };
  await given.stored.mark('fails', { crm: failed, later: failed });
  await given.stored.mark('done', { crm: { attempts: 1, delivered_at: NOW }, later: failed });
  const subscribers = [addressee('crm', 'for-it'), addressee('later', 'before-it')];
  const source = sourceWith({ subscribers });
  const { messages: all } = await source.list({}, signal);
  for (const [undelivered, ids] of [
    ['crm', ['waits', 'fails']],
    ['later', []],
  ] as const) {
    const { messages } = await source.list({ undelivered }, signal);
    expect(messages.map(({ message_id }) => message_id)).toEqual(ids);
    const kept = all.filter(matcherOf({ undelivered }, 'AU'));
    expect(kept.map(({ message_id }) => message_id)).toEqual(ids);
  }
});

describe('watching', () => {
  const told: [keyof ConsoleEvents, unknown][] = [];
  beforeEach(() => void told.splice(0));
  function watch(source: ReturnType<typeof sourceWith>): Disposable {
    const watching = source.watch((name, data) => void told.push([name, data]));
    onTestFinished(() => watching[Symbol.dispose]());
    return watching;
  }

  it('tells of requests, and looks at their messages at once', async () => {
    const source = sourceWith();
    await given.stored.put(someRecord({ received_at: NOW - 86_400_000, ...publishedAt(NOW) }));
    watch(source);
    const message = (conflicts: number) => [
      'message',
      expect.objectContaining({ message_id: ID, conflicts }),
    ];
    await vi.waitFor(() => expect(told).toEqual([message(0)]), 10_000);
    const attempt = { at: NOW, ms: 1, status: 409, outcome: 'conflict', message_id: ID };
    given.attempts.add(attempt);
    expect(told.slice(1)).toEqual([
      ['attempt', attempt],
      ['timeline', { message_id: ID }],
    ]);
    await vi.waitFor(() => expect(told.slice(3)).toEqual([message(1)]), 10_000);
    given.attempts.add({ at: NOW, ms: 1, status: 404 });
    expect(told.slice(4)).toEqual([['attempt', { at: NOW, ms: 1, status: 404 }]]);
  });

  it('tells when a message changes that a list or a detail has shown', async () => {
    const old = { received_at: NOW - 86_400_000 };
    await given.stored.put(
      someRecord({ ...old, message_id: 'listed' }),
      someRecord({ ...old, message_id: 'opened', from: 'Somebody' }),
      someRecord({ message_id: 'new', received_at: NOW, from: 'Somebody', ...publishedAt(NOW) }),
    );
    const source = sourceWith({ pollMs: 10 });
    watch(source);
    await vi.waitFor(() => expect(told).toHaveLength(1), 10_000);
    await source.list({ from: '+61400000001' }, signal);
    await source.detail('opened', signal);
    for (const message_id of ['listed', 'opened']) {
      await given.stored.put(someRecord({ ...old, message_id, ...publishedAt(NOW) }));
      const published = expect.objectContaining({ message_id, state: 'published' });
      await vi.waitFor(() => expect(told.at(-1)).toEqual(['message', published]), 10_000);
    }
  });

  it('tells when a delivery of a published message that was opened is marked, and only then', async () => {
    const old = { received_at: NOW - 86_400_000, ...publishedAt(NOW - 86_400_000) };
    await given.stored.put(
      someRecord({ ...old, message_id: 'opened' }),
      someRecord({ ...old, message_id: 'other' }),
      someRecord({ message_id: 'new', received_at: NOW, ...publishedAt(NOW) }),
    );
    const source = sourceWith({ pollMs: 10 });
    watch(source);
    await vi.waitFor(() => expect(told).toHaveLength(1), 10_000);
    await source.detail('opened', signal);
    const changed = ['message', expect.objectContaining({ message_id: 'opened' })];
    for (const [attempts, reason] of [
      [1, '500'],
      [5, 'timeout'],
    ] as const) {
      const mark = { crm: { attempts, reason, failed_at: NOW } };
      await given.stored.mark('other', mark);
      await given.stored.mark('opened', mark);
      await vi.waitFor(() => expect(told.slice(1)).toHaveLength(1), 10_000);
      expect(told.splice(1)).toEqual([changed]);
    }
  });

  it('is over when it is disposed of', async () => {
    const source = sourceWith({ pollMs: 5 });
    const watching = watch(source);
    watching[Symbol.dispose]();
    await given.stored.put(someRecord({ received_at: NOW }));
    given.attempts.add({ at: NOW, ms: 1, message_id: ID });
    source.poke(ID);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(told).toEqual([]);
  });
});
