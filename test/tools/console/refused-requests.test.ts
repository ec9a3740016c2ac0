import { describe, expect, it } from 'vitest';
import { ANSWERS } from '../../../lib/http/outcomes.ts';
import type { RefusedRequest as SentRequest } from '../../../lib/messages/quarantine.ts';
import type { Attempt } from '../../../tools/console/protocol.ts';
import { REFUSALS, type RefusedQuery } from '../../../tools/console/request-protocol.ts';
import { listRefused, readRefused } from '../../../tools/console/server/refused-requests.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { someRefusedRequest } from '../../fixtures/quarantine.ts';
import { archiveForEachTest } from '../../helpers/console-archive.ts';
import { publishedAt } from '../cli/stored-messages.ts';

const given = archiveForEachTest();
const { signal } = new AbortController();
const NOW = Date.now();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const failures: string[] = [];

/** 32 hex digits. */
const quarantineId = (number: number) => String(number).padStart(32, '0');

/** Keeps a request that was sent at these times. */
async function keep(number: number, times: readonly number[], changes: Partial<SentRequest> = {}) {
  const request = someRefusedRequest({ quarantine_id: quarantineId(number), ...changes });
  for (const at of times) {
    const request_id = `${number} ${at}`;
    await given.stored.store.keep(request, { request_id, at, expires_at: 9_000_000_000 });
  }
}

const attempt = (at: number, changes: Partial<Attempt> = {}): Attempt => ({
  at,
  ms: 5,
  status: 400,
  outcome: 'invalid',
  ...changes,
});

const reader = (maxRead = 500) => ({
  ...given.stored,
  attempts: given.attempts,
  country: 'AU',
  reportFailure: (what: string) => void failures.push(what),
  maxRead,
});
const list = (query: RefusedQuery = {}, maxRead?: number) =>
  listRefused(reader(maxRead), query, signal);
const idsOf = async (query?: RefusedQuery) =>
  (await list(query)).requests.map(({ id }) => Number(id));

it('knows every refusal of the webhook', () => {
  const refused = Object.entries(ANSWERS).filter(([, { status }]) => status >= 400 && status < 500);
  const outcomes = refused.map(([outcome]) => outcome);
  expect([...REFUSALS].sort()).toEqual([...outcomes, 'throttled'].sort());
});

describe('the list of refused requests', () => {
  it('has what is kept and what is not, each once, the newest first', async () => {
    await keep(1, [NOW - 300, NOW - 100], { reason: 'invalid', faults: 'body is missing' });
    await keep(2, [NOW - 2 * HOUR]);
    for (const at of [NOW - 299, NOW - 99]) {
      given.attempts.add(attempt(at, { quarantine_id: quarantineId(1) }));
    }
    given.attempts.add(attempt(NOW - 200, { outcome: 'unknown-token', status: 404 }));
    given.attempts.add({ at: NOW - 190, ms: 5, status: 429, message_id: 'a' });
    given.attempts.add({ at: NOW - 150, ms: 5, status: 429, message_id: 'a' });
    given.attempts.add(attempt(NOW, { outcome: 'published', status: 200 }));
    given.attempts.add(attempt(NOW, { outcome: 'unavailable', status: 503 }));
    const { requests, next, since } = await list();
    expect(requests).toMatchObject([
      { reason: 'throttled', status: 429, message_id: 'a', requests: 2, received_at: NOW - 190 },
      { reason: 'unknown-token', status: 404, requests: 1 },
      {
        id: quarantineId(1),
        reason: 'invalid',
        faults: 'body is missing',
        requests: 2,
        kept: { state: 'waiting', expires_at: 9_000_000_000_000 },
      },
      { id: quarantineId(2), requests: 1, kept: { state: 'waiting' } },
    ]);
    expect(next).toBeUndefined();
    expect(since).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(requests)).not.toContain('Hello');
  });

  it('puts a request that was kept long ago and comes again in its own place', async () => {
    await keep(1, [NOW - DAY, NOW]);
    await keep(2, [NOW - HOUR]);
    given.attempts.add(attempt(NOW, { quarantine_id: quarantineId(1) }));
    expect(await idsOf()).toEqual([2, 1]);
    const first = await list({ limit: 1 });
    expect(first.requests.map(({ id }) => id)).toEqual([quarantineId(2)]);
    const { requests, next } = await list({ limit: 1, ...(first.next && { before: first.next }) });
    expect(requests.map(({ id }) => id)).toEqual([quarantineId(1)]);
    expect(next).toBeUndefined();
  });

  it('shows attempts of an entry that was deleted, and faults as an entry has them', async () => {
    const reason = 'Fields are missing or malformed; body is missing';
    given.attempts.add(attempt(NOW, { quarantine_id: quarantineId(1), reason }));
    const { requests } = await list();
    expect(requests).toMatchObject([{ id: quarantineId(1), faults: 'body is missing' }]);
    expect(requests[0]).not.toHaveProperty('kept');
  });

  it('counts an attempt that could not be kept to the request of which others were', async () => {
    await keep(1, [NOW - 10], { sent_message_id: 'a', reason: 'invalid' });
    given.attempts.add(attempt(NOW - 10, { message_id: 'a', quarantine_id: quarantineId(1) }));
    given.attempts.add(attempt(NOW, { message_id: 'a' }));
    expect(await idsOf()).toEqual([1]);
    const detail = await readRefused(reader(), quarantineId(1), signal);
    expect(detail?.attempts.map(({ at }) => at)).toEqual([NOW - 10, NOW]);
  });

  it('goes through all pages, each request once, also those of one millisecond', async () => {
    for (let number = 1; number <= 5; number++) await keep(number, [NOW - HOUR / 2]);
    given.attempts.add(attempt(NOW - HOUR / 2 + 1, { outcome: 'unknown-token', status: 404 }));
    given.attempts.add(attempt(NOW - HOUR / 2 + 1, { outcome: 'unknown-token', status: 404 }));
    const ids: string[] = [];
    let before: string | undefined;
    do {
      const page = await list({ limit: 2, ...(before !== undefined && { before }) });
      ids.push(...page.requests.map(({ id }) => id));
      before = page.next;
    } while (before !== undefined);
    expect(ids).toHaveLength(7);
    expect(new Set(ids).size).toBe(7);
  });

  it('is narrowed down by reason, by id, and by the time of any attempt', async () => {
    await keep(1, [NOW - 5 * HOUR, NOW - 3 * HOUR], { sent_message_id: 'a' });
    await keep(2, [NOW - 4 * HOUR], { reason: 'conflict', sent_message_id: 'b' });
    expect(await idsOf({ reason: 'conflict' })).toEqual([2]);
    expect(await idsOf({ message_id: 'a' })).toEqual([1]);
    expect(await idsOf({ since: NOW - 3.5 * HOUR })).toEqual([1]);
    expect(await idsOf({ until: NOW - 4.5 * HOUR })).toEqual([1]);
    expect(await idsOf({ since: NOW - 2 * HOUR })).toEqual([]);
  });

  it('has sender and number of what is kept, and is searched by them and by the id', async () => {
    await keep(1, [NOW - 1], { from: '+61491570006', sent_message_id: 'bad-1' });
    await keep(2, [NOW - 2], { from: 'PRIZE', sms_number: '+61491570157', sent_message_id: 'b-2' });
    given.attempts.add(attempt(NOW - 3, { message_id: 'bad-3' }));
    const { requests } = await list();
    expect(requests.map(({ from }) => from)).toEqual(['+61491570006', 'PRIZE', undefined]);
    expect(requests[1]).toMatchObject({ sms_number: '+61491570157' });
    const found = async (search: string) =>
      (await list({ search })).requests.map(({ message_id }) => message_id);
    expect(await found('bad-')).toEqual(['bad-1', 'bad-3']);
    expect(await found('0491 570 006')).toEqual(['bad-1']);
    expect(await found('prize 0491570157')).toEqual(['b-2']);
    expect(await found('prize bad-')).toEqual([]);
    expect(await found('Hello')).toEqual([]);
  });

  it('reads so many entries for a page and no more, and says how far it came', async () => {
    for (let number = 1; number <= 4; number++) await keep(number, [NOW - number * HOUR]);
    const page = await list({ reason: 'conflict' }, 2);
    expect(page).toMatchObject({
      ...{ requests: [], searchedFrom: NOW - HOUR, searchedTo: NOW - 2 * HOUR },
    });
    expect(page.next).toBeDefined();
  });

  it('refuses a place that is none', async () => {
    await expect(list({ before: 'nowhere' })).rejects.toThrow('before must be');
  });

  it('knows what the PBX has delivered since', async () => {
    const { message_id, fingerprint } = someRecord();
    await keep(1, [NOW - HOUR], { sent_message_id: message_id, fingerprint });
    await given.stored.put(someRecord({ received_at: NOW, ...publishedAt(NOW) }));
    expect((await list()).requests).toMatchObject([{ kept: { state: 'delivered since' } }]);
  });

  it('has what is kept if the log cannot be read, and says so in the terminal', async () => {
    await keep(1, [NOW]);
    const attempts = {
      recent: () => Promise.reject(new Error('no log')),
      ofRefused: () => Promise.reject(new Error('no log')),
    };
    const broken = { ...reader(), attempts };
    const { requests, since } = await listRefused(broken, {}, signal);
    expect([requests.length, since]).toEqual([1, undefined]);
    const detail = await readRefused(broken, quarantineId(1), signal);
    expect(detail).toMatchObject({ request: { id: quarantineId(1) }, attempts: [] });
    expect(failures).toContain('read the refused requests from the logs');
  });
});

it('a request that is not known has no detail', async () => {
  expect(await readRefused(reader(), quarantineId(9), signal)).toBeUndefined();
  expect(await readRefused(reader(), 'anything', signal)).toBeUndefined();
});
