import { describe, expect, it, vi } from 'vitest';
import { Counting } from '../../../../tools/console/lab/counting.ts';
import { Ledger, type StoredState } from '../../../../tools/console/lab/ledger.ts';
import { type Counters, LOST_AFTER_MS } from '../../../../tools/console/protocol.ts';
import { NO_COUNTERS } from '../../../fixtures/counters.ts';

const STARTED = 1_000;

function ledgerWith(options: { maxMessages?: number } = {}): Ledger {
  return new Ledger({ startedAt: STARTED, ...options });
}

/** Answers all that is to be asked. */
function read(ledger: Ledger, found: readonly StoredState[]): void {
  ledger.read(ledger.takeUnread(), found);
}

describe('a ledger', () => {
  it('counts a message once, however often it is sent', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 503, 2_000);
    ledger.sent('a', 200, 2_100);
    ledger.sent('a', 200, 2_200);
    read(ledger, [{ message_id: 'a', published_at: 2_050 }]);
    ledger.delivered('a');
    ledger.delivered('a');
    expect(ledger.counters(2_300)).toEqual({
      ...NO_COUNTERS,
      sent: 1,
      accepted: 1,
      stored: 1,
      published: 1,
      delivered: 1,
    });
  });

  it('counts what arrives before its answer', () => {
    const ledger = ledgerWith();
    ledger.delivered('a');
    expect(ledger.counters()).toEqual(NO_COUNTERS);
    ledger.sent('a', 200, 2_000);
    expect(ledger.counters(2_000)).toMatchObject({ sent: 1, delivered: 1 });
  });

  it('counts e-mails by message', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 503, 2_000);
    ledger.emailed('a');
    ledger.emailed('a');
    expect(ledger.counters()).toMatchObject({ sent: 1, accepted: 0, emailed: 1, lost: 0 });
  });

  it('takes for lost what was accepted and does not arrive', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 200, 2_000);
    read(ledger, [{ message_id: 'a', published_at: 2_000 }]);
    expect(ledger.counters(2_000 + LOST_AFTER_MS).lost).toBe(0);
    expect(ledger.counters(2_001 + LOST_AFTER_MS).lost).toBe(1);
    ledger.delivered('a');
    expect(ledger.counters(2_001 + LOST_AFTER_MS).lost).toBe(0);
  });

  it('takes for lost what was accepted and is not in the table', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 200, 2_000);
    ledger.delivered('a');
    expect(ledger.counters(2_000).lost).toBe(0);
    read(ledger, []);
    expect(ledger.counters(2_000).lost).toBe(1);
  });

  it('counts what was deleted on purpose, and does not take it for lost', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 200, 2_000);
    ledger.delivered('a');
    ledger.deleted('a');
    ledger.deleted('of-another-run');
    read(ledger, []);
    expect(ledger.counters(2_000)).toMatchObject({ sent: 1, stored: 0, deleted: 1, lost: 0 });
  });

  it('takes for lost what the function stored again after a deletion, and is not in the table', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 200, 2_000);
    ledger.delivered('a');
    ledger.deleted('a');
    ledger.storedOrTaken('a');
    ledger.sent('a', 200, 2_100);
    read(ledger, []);
    expect(ledger.counters(2_100)).toMatchObject({ deleted: 0, lost: 1 });
  });

  it('takes for lost what was deleted before a subscriber got it', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 200, 2_000);
    ledger.deleted('a');
    read(ledger, []);
    expect(ledger.counters(2_001 + LOST_AFTER_MS)).toMatchObject({ deleted: 1, lost: 1 });
  });

  it('asks again before it says that what has changed is lost', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 503, 2_000);
    read(ledger, []);
    ledger.sent('a', 200, 2_100);
    ledger.delivered('a');
    expect(ledger.counters(2_100).lost).toBe(0);
    expect(ledger.takeUnread()).toEqual(['a']);
  });

  it('leaves an answer that is older than a change', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 503, 2_000);
    const asked = ledger.takeUnread();
    ledger.sent('a', 200, 2_100);
    ledger.delivered('a');
    ledger.read(asked, []);
    expect(ledger.counters(2_100)).toMatchObject({ stored: 0, lost: 0 });
    read(ledger, [{ message_id: 'a' }]);
    expect(ledger.counters(2_100)).toMatchObject({ stored: 1, lost: 0 });
  });

  it('knows that what an earlier run published arrived there', () => {
    const ledger = ledgerWith();
    ledger.sent('a', 200, 2_000);
    read(ledger, [{ message_id: 'a', published_at: STARTED - 1 }]);
    expect(ledger.counters(3_000 + LOST_AFTER_MS)).toMatchObject({ delivered: 1, lost: 0 });
  });

  it('says in parts what to ask about', () => {
    const ledger = ledgerWith();
    for (const id of ['a', 'b', 'c']) ledger.sent(id, 200, 2_000);
    expect([ledger.takeUnread(2), ledger.takeUnread(2), ledger.takeUnread(2)]).toEqual([
      ['a', 'b'],
      ['c'],
      [],
    ]);
  });

  it('counts on those that it lets go', () => {
    const ledger = ledgerWith({ maxMessages: 2 });
    for (const id of ['a', 'b', 'c', 'd']) ledger.sent(id, 200, 2_000);
    expect(ledger.size).toBe(2);
    expect(ledger.takeUnread()).toEqual(['c', 'd']);
    expect(ledger.counters(2_000)).toMatchObject({ sent: 4, accepted: 4 });
  });
});

describe('counting', () => {
  it('looks at every message again in turn', async () => {
    const ledger = ledgerWith();
    for (let n = 0; n < 2_500; n++) ledger.sent(`m${n}`, 200, 2_000);
    const asked: string[][] = [];
    const findAll = async (ids: readonly string[]) => {
      asked.push([...ids]);
      return [];
    };
    const counting = new Counting(ledger, { findAll });
    expect((await counting.counters()).lost).toBe(2_500);
    expect(Math.max(...asked.map(({ length }) => length))).toBe(100);
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      asked.length = 0;
      await counting.counters();
      for (const id of asked.flat()) seen.add(id);
    }
    expect(seen.size).toBe(2_500);
  });

  it('asks again what could not be read', async () => {
    const ledger = ledgerWith();
    ledger.sent('a', 200, 2_000);
    const findAll = vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue([]);
    const counting = new Counting(ledger, { findAll });
    await expect(counting.counters()).rejects.toThrow('down');
    expect((await counting.counters()).lost).toBe(1);
    expect(findAll).toHaveBeenLastCalledWith(['a']);
  });

  it('tells of changes only, to each that watches, and does nothing when nobody does', async () => {
    const ledger = ledgerWith();
    const findAll = vi.fn(async () => []);
    const counting = new Counting(ledger, { findAll });
    const told: Counters[] = [];
    const others: Counters[] = [];
    const watching = counting.watch((counters) => told.push(counters));
    const other = counting.watch((counters) => others.push(counters));
    await vi.waitFor(() => expect(told).toEqual([NO_COUNTERS]));
    ledger.sent('a', 503, 2_000);
    await vi.waitFor(() => expect(told).toEqual([NO_COUNTERS, { ...NO_COUNTERS, sent: 1 }]));
    watching[Symbol.dispose]();
    ledger.sent('b', 503, 2_000);
    await vi.waitFor(() => expect(others.at(-1)).toMatchObject({ sent: 2 }));
    expect(told).toHaveLength(2);
    other[Symbol.dispose]();
    ledger.sent('c', 503, 2_000);
    const looks = findAll.mock.calls.length;
    await twoTurns();
    expect(findAll).toHaveBeenCalledTimes(looks);
  });
});

/** As long as one that watches takes to look twice. */
async function twoTurns(): Promise<void> {
  const ledger = ledgerWith();
  const told: Counters[] = [];
  const counting = new Counting(ledger, { findAll: async () => [] });
  using _ = counting.watch((counters) => told.push(counters));
  for (const id of ['a', 'b']) {
    ledger.sent(id, 503, 2_000);
    const { sent } = ledger.counters();
    await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ sent }));
  }
}
