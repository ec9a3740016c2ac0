import { beforeEach, describe, expect, it } from 'vitest';
import {
  keepRefusedIn,
  quarantineIdOfBody,
  quarantineIdOfMessage,
  UNITS_A_DAY,
  UNITS_AT_ONCE,
} from '../../../lib/messages/quarantine.ts';
import { MemoryQuarantineStore } from '../../fakes/memory-quarantine-store.ts';
import { someRefusedRequest } from '../../fixtures/quarantine.ts';

it('every message and every body has its own id', () => {
  const ids = [
    quarantineIdOfMessage('a', 'b'),
    quarantineIdOfMessage('a', 'c'),
    quarantineIdOfMessage('b', 'b'),
    quarantineIdOfMessage('a"', ',"b'),
    quarantineIdOfBody('a'),
    quarantineIdOfBody('b'),
  ];
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(ids.length);
  expect(quarantineIdOfMessage('a', 'b')).toBe(ids[0]);
});

describe('keeping a refused request', () => {
  const TODAY = Date.UTC(2026, 10, 27, 12);
  let store: MemoryQuarantineStore;
  let now: number;
  let requests: number;
  beforeEach(() => {
    [store, now, requests] = [new MemoryQuarantineStore(), TODAY, 0];
  });
  const newProcess = () => keepRefusedIn({ store, now: () => now, quarantineMs: 30 * 86_400_000 });
  const keep = (process: ReturnType<typeof newProcess>, bytes = 100) => {
    const form = Buffer.alloc(bytes);
    const quarantine_id = `${++requests}`;
    return process(someRefusedRequest({ form, quarantine_id }), `r-${requests}`);
  };
  const taken = () => [...store.taken.values()].reduce((sum, units) => sum + units, 0);

  it('lasts for the configured time from the attempt on', async () => {
    await keep(newProcess());
    expect(store.entries.get('1')).toMatchObject({
      received_at: TODAY,
      expires_at: TODAY / 1000 + 30 * 86_400,
    });
  });

  it('takes many units at once, and more only when they are spent', async () => {
    const process = newProcess();
    await keep(process);
    expect(store.taken).toEqual(new Map([['2026-11-27', UNITS_AT_ONCE]]));
    // An entry of up to a kilobyte, and its index entry.
    for (let count = 1; count < UNITS_AT_ONCE / 2; count++) await keep(process);
    expect(taken()).toBe(UNITS_AT_ONCE);
    await keep(process);
    expect(taken()).toBe(2 * UNITS_AT_ONCE);
  });

  it('never spends more than it has taken, even for large requests', async () => {
    const process = newProcess();
    for (let count = 1; count <= 20; count++) {
      await keep(process, 65_536);
      expect(taken()).toBeGreaterThanOrEqual(count * 66);
      expect(taken()).toBeLessThanOrEqual(count * 67 + UNITS_AT_ONCE);
    }
  });

  it('pays for the whole entry, even if later attempts are small', async () => {
    store.keep = async () => 66;
    const process = newProcess();
    for (let count = 1; count <= 20; count++) await keep(process);
    expect(taken()).toBeGreaterThanOrEqual(19 * 66);
  });

  it('ends for the day when its units are spent, and does not ask again', async () => {
    store.taken.set('2026-11-27', UNITS_A_DAY - UNITS_AT_ONCE);
    const [first, second] = [newProcess(), newProcess()];
    expect(await keep(first)).toBe(true);
    expect(await keep(second)).toBe(false);
    store.takeAllowance = () => Promise.reject(new Error('asked again'));
    expect(await keep(second)).toBe(false);
    expect(await keep(first), 'it has units left').toBe(true);
    expect([...store.entries.keys()]).toEqual(['1', '4']);
    expect(taken()).toBe(UNITS_A_DAY);
  });

  it('begins again on the next day', async () => {
    store.taken.set('2026-11-27', UNITS_A_DAY);
    const process = newProcess();
    expect(await keep(process)).toBe(false);
    now += 86_400_000;
    expect(await keep(process)).toBe(true);
    now += 86_400_000;
    expect(await keep(process)).toBe(true);
    expect([...store.taken]).toEqual([
      ['2026-11-27', UNITS_A_DAY],
      ['2026-11-28', UNITS_AT_ONCE],
      ['2026-11-29', UNITS_AT_ONCE],
    ]);
  });

  it('rejects if the store does, and loses only the request’s units', async () => {
    const process = newProcess();
    const { keep: real } = store;
    store.keep = () => Promise.reject(new Error('down'));
    await expect(keep(process)).rejects.toThrow('down');
    store.keep = real;
    expect(await keep(process)).toBe(true);
    expect(taken()).toBe(UNITS_AT_ONCE);
  });
});
