import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessagePage, MessageQuery } from '../../../tools/console/protocol.ts';
import { AttemptMemory } from '../../../tools/console/server/attempts.ts';
import {
  allMessages,
  listMessages,
  type MessageLister,
} from '../../../tools/console/server/message-list.ts';
import { createSummariser, wasReplayed } from '../../../tools/console/server/message-summary.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { createTestArchive, type TestArchive } from '../../helpers/console-archive.ts';
import { type DynaliteTables, startDynalite } from '../../helpers/dynalite-table.ts';
import { publishedAt } from '../cli/stored-messages.ts';

const BEGIN = Date.parse('2021-11-07T10:00:00Z');
const COUNT = 3_000;

/** Several of a millisecond, so that places in the list are not told by their times alone. */
const timeOf = (n: number) => BEGIN + Math.floor(n / 7);
const idOf = (n: number) => `message-${String(n).padStart(5, '0')}`;

/** All but the last ten are published; each fifth is from another sender. */
const RECORDS = Array.from({ length: COUNT }, (_, n) =>
  someRecord({
    message_id: idOf(n),
    from: n % 5 ? '+61400000001' : 'A shop',
    sms_number: n % 2 ? '+61290000001' : '0290000002',
    body: n % 1_000 === 999 ? `Find ME ${n}` : `Text ${n}`,
    received_at: timeOf(n),
    ...(n < COUNT - 10 && publishedAt(timeOf(n))),
  }),
);
const expected = (keep: (n: number) => boolean = () => true) =>
  RECORDS.flatMap((_, n) => (keep(n) ? idOf(n) : [])).toReversed();

let tables: DynaliteTables;
let stored: TestArchive;
const attempts = new AttemptMemory();
beforeAll(async () => {
  tables = await startDynalite();
  stored = await createTestArchive(tables);
  await stored.put(...RECORDS);
  for (const n of [5, 1_500, 5, 2_999]) {
    attempts.add({ at: Date.now(), ms: 1, status: 409, outcome: 'conflict', message_id: idOf(n) });
  }
  attempts.add({ at: Date.now(), ms: 1, status: 409, outcome: 'conflict', message_id: 'gone' });
}, 60_000);
afterAll(() => tables?.[Symbol.asyncDispose]());

/** What each of them published. */
const REPLAYS = new Map([['run-1', [idOf(7), 'gone', idOf(5), idOf(2_500)]]]);

const { signal } = new AbortController();
const summarise = createSummariser({ attempts, reportFailure: () => {} });
const listerOf = (maxRead?: number): MessageLister => ({
  ...{ archive: stored.archive, attempts, summarise, country: 'AU' },
  replayed: (replay) => REPLAYS.get(replay),
  ...(maxRead && { maxRead }),
});
const list = (query: MessageQuery, maxRead?: number) =>
  listMessages(listerOf(maxRead), query, signal);
const idsOf = ({ messages }: MessagePage) => messages.map(({ message_id }) => message_id);

/** Every page to the end. */
async function pages(query: MessageQuery, maxRead?: number): Promise<MessagePage[]> {
  const all: MessagePage[] = [];
  let before: string | undefined;
  do {
    const page = await list({ ...query, ...(before !== undefined && { before }) }, maxRead);
    all.push(page);
    before = page.next;
  } while (before !== undefined);
  return all;
}

describe('a list', () => {
  it('has the newest 100, as they are', async () => {
    const page = await list({});
    expect(idsOf(page)).toEqual(expected().slice(0, 100));
    expect(page.messages[0]).toEqual({
      message_id: idOf(2_999),
      service_id: '4711',
      from: '+61400000001',
      sms_number: '+61290000001',
      body: 'Find ME 2999',
      timestamp: 1_576_391_654,
      received_at: timeOf(2_999),
      requests: 1,
      publish_attempts: 1,
      state: 'overdue',
      conflicts: 1,
    });
    expect(page.messages[50]).toMatchObject({
      state: 'published',
      published_at: timeOf(2_949),
      conflicts: 0,
    });
    expect(page.searchedTo).toBeUndefined();
  });

  it('goes on without gaps or doubles, whatever arrives meanwhile', async () => {
    const first = await list({ limit: 500 });
    await stored.put(someRecord({ message_id: 'new', received_at: timeOf(COUNT) }));
    const rest: string[] = [];
    for (let before = first.next; before !== undefined; ) {
      const page = await list({ limit: 499, before });
      rest.push(...idsOf(page));
      before = page.next;
    }
    await stored.remove('new');
    expect([...idsOf(first), ...rest]).toEqual(expected());
  });

  it('ends exactly where there are no more', async () => {
    const since = timeOf(2_996);
    const some = expected((n) => timeOf(n) >= since);
    expect(await list({ since, limit: some.length })).not.toHaveProperty('next');
    expect(await list({ since, limit: some.length - 1 })).toHaveProperty('next');
    expect(await list({ since: timeOf(COUNT) + 1 })).toEqual({ messages: [] });
  });

  it('filters by numbers in any spelling, and by time', async () => {
    const shops = await pages({ from: ' A shop', limit: 500 });
    expect(shops.flatMap(idsOf)).toEqual(expected((n) => n % 5 === 0));
    const national = await list({ from: '0400 000 001', limit: 3 });
    expect(idsOf(national)).toEqual(expected((n) => n % 5 > 0).slice(0, 3));
    // It is stored as 0290000002.
    const stored = await list({ sms_number: '+61 2 9000 0002', limit: 3 });
    expect(idsOf(stored)).toEqual(expected((n) => n % 2 === 0).slice(0, 3));
    expect(idsOf(await list({ from: '0400 0', limit: 3 }))).toEqual(idsOf(national));
    expect((await pages({ from: 'SHOP', limit: 500 })).flatMap(idsOf)).toEqual(
      shops.flatMap(idsOf),
    );
    expect(await list({ from: 'SHOP', isExact: true })).toEqual({ messages: [] });
    expect(idsOf(await list({ from: '400000001', isExact: true, limit: 3 }))).toEqual(
      idsOf(national),
    );
    const pair = await pages({ from: '61 400 000 001', sms_number: '+61 2 9000 0001', limit: 500 });
    expect(pair.flatMap(idsOf)).toEqual(expected((n) => n % 5 > 0 && n % 2 === 1));
    const [since, until] = [BEGIN + 10, BEGIN + 20];
    const range = await list({ since, until, limit: 500 });
    expect(idsOf(range)).toEqual(expected((n) => timeOf(n) >= since && timeOf(n) < until));
  });

  it('is what a replay published, as far as it is stored', async () => {
    const all = await pages({ replay: 'run-1', limit: 2 });
    expect(all.map(idsOf)).toEqual([[idOf(2_500), idOf(7)], [idOf(5)]]);
    expect(idsOf(await list({ replay: 'run-1', search: 'text 7' }))).toEqual([idOf(7)]);
    expect(idsOf(await list({ replay: 'run-1', from: 'A shop' }))).toEqual([idOf(2_500), idOf(5)]);
    expect(idsOf(await list({ replay: 'run-1', state: 'conflict' }))).toEqual([idOf(5)]);
    expect(await list({ replay: 'run-1', state: 'overdue' })).toEqual({ messages: [] });
    await expect(list({ replay: 'run-2' })).rejects.toThrow('does not know that replay');
  });

  it('refuses a place that is none', async () => {
    await expect(list({ before: 'here' })).rejects.toThrow('before must be');
  });
});

describe('a search', () => {
  it('finds a text in any case', async () => {
    const found = await pages({ search: ' find me ' });
    expect(found.flatMap(idsOf)).toEqual([idOf(2_999), idOf(1_999), idOf(999)]);
    const words = await pages({ search: '0400 000 001 me find 1999' });
    expect(words.flatMap(idsOf)).toEqual([idOf(1_999)]);
  });

  it('ends a page after so many messages, and goes on from there', async () => {
    const found = await pages({ search: 'find me' }, 700);
    // 999 is in the third portion of 700: 1,599 to 900.
    expect(found.map(idsOf)).toEqual([[idOf(2_999)], [idOf(1_999)], [idOf(999)], [], []]);
    expect(found.slice(0, -1).map(({ searchedTo }) => searchedTo)).toEqual(
      [2_300, 1_600, 900, 200].map(timeOf),
    );
  });

  it('ends a page when it is full', async () => {
    const found = await pages({ search: 'find', limit: 1 });
    expect(found.map(idsOf)).toEqual([[idOf(2_999)], [idOf(1_999)], [idOf(999)], []]);
  });

  it('goes together with filters', async () => {
    const found = await pages({ search: 'find', from: 'A shop' });
    expect(found.flatMap(idsOf)).toEqual([]);
    const since = timeOf(1_010);
    const later = await pages({ search: 'find', since, sms_number: '+61290000001' });
    expect(later.flatMap(idsOf)).toEqual([idOf(2_999), idOf(1_999)]);
  });
});

describe('a state', () => {
  it('is overdue: read from the index of what is not published', async () => {
    const found = await pages({ state: 'overdue', limit: 4 });
    expect(found.map(idsOf).map(({ length }) => length)).toEqual([4, 4, 2]);
    expect(found.flatMap(idsOf)).toEqual(expected((n) => n >= COUNT - 10));
    const ofOne = await list({ state: 'overdue', sms_number: '0290000002' });
    expect(idsOf(ofOne)).toEqual(expected((n) => n >= COUNT - 10 && n % 2 === 0));
  });

  it('is pending: whatever is not published', async () => {
    const found = await pages({ state: 'pending', limit: 4 });
    expect(found.flatMap(idsOf)).toEqual(expected((n) => n >= COUNT - 10));
  });

  it('is replayed: by its marks, or as the console has seen', async () => {
    const isReplayed = (id: string) => id === idOf(2_500);
    const found = await listMessages({ ...listerOf(), isReplayed }, { state: 'replayed' }, signal);
    expect(idsOf(found)).toEqual([idOf(2_500)]);
    const mark = { attempts: 1, delivered_at: 5, replayed_at: 9 };
    expect(wasReplayed({ message_id: 'a', deliveries: { crm: mark } }, isReplayed)).toBe(true);
    const { replayed_at: _, ...first } = mark;
    expect(wasReplayed({ message_id: 'a', deliveries: { crm: first } }, isReplayed)).toBe(false);
  });

  it('is stored while the message is young, and publishing while somebody is at it', async () => {
    const now = Date.now();
    const claim = { owner: 'somebody', until: now + 60_000 };
    const over = { owner: 'somebody', until: now - 1 };
    await stored.put(
      someRecord({ message_id: 'young', received_at: now - 50_000, claim: over }),
      someRecord({ message_id: 'old', received_at: now - 61_000 }),
      someRecord({ message_id: 'claimed', received_at: now - 70_000, claim }),
      someRecord({ message_id: 'done', received_at: now - 40_000, ...publishedAt(now) }),
    );
    try {
      expect(idsOf(await list({ state: 'stored' }))).toEqual(['young']);
      expect(idsOf(await list({ state: 'publishing' }))).toEqual(['claimed']);
      expect(idsOf(await list({ state: 'overdue', limit: 1 }))).toEqual(['old']);
      // The published one is not even read.
      expect(idsOf(await list({ state: 'stored' }, 1))).toEqual(['young']);
      const states = (await list({ limit: 4 })).messages.map(({ state }) => state);
      expect(states).toEqual(['published', 'stored', 'overdue', 'publishing']);
    } finally {
      for (const id of ['young', 'old', 'claimed', 'done']) await stored.remove(id);
    }
  });

  it('is published', async () => {
    const page = await list({ state: 'published', limit: 5 });
    expect(idsOf(page)).toEqual(expected((n) => n < COUNT - 10).slice(0, 5));
  });

  it('is conflict: what is stored under an id that was refused, the newest first', async () => {
    const page = await list({ state: 'conflict' });
    expect(page.messages.map((m) => [m.message_id, m.conflicts])).toEqual([
      [idOf(2_999), 1],
      [idOf(1_500), 1],
      [idOf(5), 2],
    ]);
    const found = await pages({ state: 'conflict', limit: 2 });
    expect(found.map(idsOf)).toEqual([[idOf(2_999), idOf(1_500)], [idOf(5)]]);
    const middle = timeOf(1_510);
    expect(idsOf(await list({ state: 'conflict', since: middle }))).toEqual([idOf(2_999)]);
    expect(idsOf(await list({ state: 'conflict', until: middle }))).toEqual([idOf(1_500), idOf(5)]);
    expect(idsOf(await list({ state: 'conflict', from: 'A shop' }))).toEqual([
      idOf(1_500),
      idOf(5),
    ]);
    const none = await list({ state: 'conflict', from: 'A shop', since: middle });
    expect(none).toEqual({ messages: [] });
    expect(idsOf(await list({ state: 'conflict', search: 'text 15' }))).toEqual([idOf(1_500)]);
  });
});

describe('an export', () => {
  const exported = async (query: MessageQuery, maxRead?: number) => {
    const ids: string[] = [];
    for await (const { message_id } of allMessages(listerOf(maxRead), query, signal)) {
      ids.push(message_id);
    }
    return ids;
  };

  it('has every message that matches, once, the newest first', async () => {
    expect(await exported({})).toEqual(expected());
    const isFromShop = (n: number) => n % 5 === 0;
    expect(await exported({ from: 'a shop' })).toEqual(expected(isFromShop));
    expect(await exported({ state: 'published' })).toEqual(expected((n) => n < COUNT - 10));
  });

  it('goes on where a search has reached the limit of messages read', async () => {
    expect(await exported({ search: 'find me' }, 700)).toEqual(expected((n) => n % 1_000 === 999));
  });

  it('has what a replay published', async () => {
    expect(await exported({ replay: 'run-1' })).toEqual([idOf(2_500), idOf(7), idOf(5)]);
  });
});

it('does without conflicts where the logs cannot be read, and says so once', async () => {
  const failures: string[] = [];
  const summariseWithout = createSummariser({
    attempts: { conflicts: () => Promise.reject(new Error('not allowed')) },
    reportFailure: (what, error) => failures.push(`${what}: ${(error as Error).message}`),
  });
  for (let n = 0; n < 2; n++) {
    const [summary] = await summariseWithout([someRecord()], signal);
    expect(summary).toMatchObject({ message_id: someRecord().message_id, conflicts: 0 });
  }
  expect(failures).toEqual(['read conflicts from the logs: not allowed']);
});
