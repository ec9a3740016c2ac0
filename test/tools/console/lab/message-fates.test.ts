import { describe, expect, it, vi } from 'vitest';
import {
  Counting,
  MessageFates,
  type StoredState,
} from '../../../../tools/console/lab/message-fates.ts';
import { type Counters, LOST_AFTER_MS } from '../../../../tools/console/lab-protocol.ts';
import { NO_COUNTERS } from '../../../fixtures/counters.ts';

const STARTED = 1_000;

function fatesWith(options: { maxMessages?: number } = {}): MessageFates {
  return new MessageFates({ startedAt: STARTED, ...options });
}

/** Answers all that is to be asked. */
function read(fates: MessageFates, found: readonly StoredState[]): void {
  fates.read(fates.takeUnread(), found);
}

describe('an account of messages', () => {
  it('counts a message once, however often it is sent', () => {
    const fates = fatesWith();
    fates.sent('a', 503, 2_000);
    fates.sent('a', 200, 2_100);
    fates.sent('a', 200, 2_200);
    read(fates, [{ message_id: 'a', published_at: 2_050 }]);
    fates.delivered('a');
    fates.delivered('a');
    expect(fates.counters(2_300)).toEqual({
      ...NO_COUNTERS,
      sent: 1,
      accepted: 1,
      stored: 1,
      published: 1,
      delivered: 1,
    });
  });

  it('counts what arrives before its answer', () => {
    const fates = fatesWith();
    fates.delivered('a');
    expect(fates.counters()).toEqual(NO_COUNTERS);
    fates.sent('a', 200, 2_000);
    expect(fates.counters(2_000)).toMatchObject({ sent: 1, delivered: 1 });
  });

  it('counts e-mails by message', () => {
    const fates = fatesWith();
    fates.sent('a', 503, 2_000);
    fates.emailed('a');
    fates.emailed('a');
    expect(fates.counters()).toMatchObject({ sent: 1, accepted: 0, emailed: 1, lost: 0 });
  });

  it('takes for lost what was accepted and does not arrive', () => {
    const fates = fatesWith();
    fates.sent('a', 200, 2_000);
    read(fates, [{ message_id: 'a', published_at: 2_000 }]);
    expect(fates.counters(2_000 + LOST_AFTER_MS).lost).toBe(0);
    expect(fates.counters(2_001 + LOST_AFTER_MS).lost).toBe(1);
    fates.delivered('a');
    expect(fates.counters(2_001 + LOST_AFTER_MS).lost).toBe(0);
  });

  it('takes for lost what was accepted and is not in the table', () => {
    const fates = fatesWith();
    fates.sent('a', 200, 2_000);
    fates.delivered('a');
    expect(fates.counters(2_000).lost).toBe(0);
    read(fates, []);
    expect(fates.counters(2_000).lost).toBe(1);
  });

  it('counts what was deleted on purpose, and does not take it for lost', () => {
    const fates = fatesWith();
    fates.sent('a', 200, 2_000);
    fates.delivered('a');
    fates.deleted('a');
    fates.deleted('of-another-run');
    read(fates, []);
    expect(fates.counters(2_000)).toMatchObject({ sent: 1, stored: 0, deleted: 1, lost: 0 });
  });

  it('takes for lost what the function stored again after a deletion, and is not in the table', () => {
    const fates = fatesWith();
    fates.sent('a', 200, 2_000);
    fates.delivered('a');
    fates.deleted('a');
    fates.storedOrTaken('a');
    fates.sent('a', 200, 2_100);
    read(fates, []);
    expect(fates.counters(2_100)).toMatchObject({ deleted: 0, lost: 1 });
  });

  it('takes for lost what was deleted before a subscriber got it', () => {
    const fates = fatesWith();
    fates.sent('a', 200, 2_000);
    fates.deleted('a');
    read(fates, []);
    expect(fates.counters(2_001 + LOST_AFTER_MS)).toMatchObject({ deleted: 1, lost: 1 });
  });

  it('asks again before it says that what has changed is lost', () => {
    const fates = fatesWith();
    fates.sent('a', 503, 2_000);
    read(fates, []);
    fates.sent('a', 200, 2_100);
    fates.delivered('a');
    expect(fates.counters(2_100).lost).toBe(0);
    expect(fates.takeUnread()).toEqual(['a']);
  });

  it('leaves an answer that is older than a change', () => {
    const fates = fatesWith();
    fates.sent('a', 503, 2_000);
    const asked = fates.takeUnread();
    fates.sent('a', 200, 2_100);
    fates.delivered('a');
    fates.read(asked, []);
    expect(fates.counters(2_100)).toMatchObject({ stored: 0, lost: 0 });
    read(fates, [{ message_id: 'a' }]);
    expect(fates.counters(2_100)).toMatchObject({ stored: 1, lost: 0 });
  });

  it('knows that what an earlier run published arrived there', () => {
    const fates = fatesWith();
    fates.sent('a', 200, 2_000);
    read(fates, [{ message_id: 'a', published_at: STARTED - 1 }]);
    expect(fates.counters(3_000 + LOST_AFTER_MS)).toMatchObject({ delivered: 1, lost: 0 });
  });

  it('says in parts what to ask about', () => {
    const fates = fatesWith();
    for (const id of ['a', 'b', 'c']) fates.sent(id, 200, 2_000);
    expect([fates.takeUnread(2), fates.takeUnread(2), fates.takeUnread(2)]).toEqual([
      ['a', 'b'],
      ['c'],
      [],
    ]);
  });

  it('counts on those that it lets go', () => {
    const fates = fatesWith({ maxMessages: 2 });
    for (const id of ['a', 'b', 'c', 'd']) fates.sent(id, 200, 2_000);
    expect(fates.size).toBe(2);
    expect(fates.takeUnread()).toEqual(['c', 'd']);
    expect(fates.counters(2_000)).toMatchObject({ sent: 4, accepted: 4 });
  });
});

describe('counting', () => {
  it('looks at every message again in turn', async () => {
    const fates = fatesWith();
    for (let n = 0; n < 2_500; n++) fates.sent(`m${n}`, 200, 2_000);
    const asked: string[][] = [];
    const findAll = async (ids: readonly string[]) => {
      asked.push([...ids]);
      return [];
    };
    const counting = new Counting(fates, { findAll });
    expect((await counting.counters()).lost).toBe(2_500);
    expect(asked.map(({ length }) => length)).toEqual([2_500]);
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      asked.length = 0;
      await counting.counters();
      for (const id of asked.flat()) seen.add(id);
    }
    expect(seen.size).toBe(2_500);
  });

  it('asks again what could not be read', async () => {
    const fates = fatesWith();
    fates.sent('a', 200, 2_000);
    const findAll = vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue([]);
    const counting = new Counting(fates, { findAll });
    await expect(counting.counters()).rejects.toThrow('down');
    expect((await counting.counters()).lost).toBe(1);
    expect(findAll).toHaveBeenLastCalledWith(['a']);
  });

  it('tells of changes only, to each that watches, and does nothing when nobody does', async () => {
    const fates = fatesWith();
    const findAll = vi.fn(async () => []);
    const counting = new Counting(fates, { findAll });
    const told: Counters[] = [];
    const others: Counters[] = [];
    const watching = counting.watch((counters) => told.push(counters));
    const other = counting.watch((counters) => others.push(counters));
    await vi.waitFor(() => expect(told).toEqual([NO_COUNTERS]));
    fates.sent('a', 503, 2_000);
    await vi.waitFor(() => expect(told).toEqual([NO_COUNTERS, { ...NO_COUNTERS, sent: 1 }]));
    watching[Symbol.dispose]();
    fates.sent('b', 503, 2_000);
    await vi.waitFor(() => expect(others.at(-1)).toMatchObject({ sent: 2 }));
    expect(told).toHaveLength(2);
    other[Symbol.dispose]();
    fates.sent('c', 503, 2_000);
    const looks = findAll.mock.calls.length;
    await twoTurns();
    expect(findAll).toHaveBeenCalledTimes(looks);
  });
});

/** As long as one that watches takes to look twice. */
async function twoTurns(): Promise<void> {
  const fates = fatesWith();
  const told: Counters[] = [];
  const counting = new Counting(fates, { findAll: async () => [] });
  using _ = counting.watch((counters) => told.push(counters));
  for (const id of ['a', 'b']) {
    fates.sent(id, 503, 2_000);
    const { sent } = fates.counters();
    await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ sent }));
  }
}
