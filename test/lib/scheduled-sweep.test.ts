import { beforeEach, describe, expect, it } from 'vitest';
import { shardOf } from '../../lib/messages/message-record.ts';
import { FakeService } from '../fakes/fake-service.ts';
import { someRecord } from '../fixtures/messages.ts';
import { stillTimers } from '../helpers/still-timers.ts';

let service: FakeService;
beforeEach(() => {
  service = new FakeService();
});

async function storePending(...ids: string[]): Promise<void> {
  for (const message_id of ids) {
    await service.store.putNew(
      someRecord({ message_id, received_at: FakeService.NOW - 120_000, body: message_id }),
    );
  }
}

it.each([
  [60_000, 45_000, 54_000, 58_000],
  [15_001, 1, 9_001, 13_001],
  [5_000, 0, 0, 3_000],
  [1_000, 0, 0, 0],
])(
  'of %d ms that are left, batches begin for %d, are published for %d and marked for %d',
  async (left, stop, publish, mark) => {
    const timers = stillTimers();
    await service.sweep(left);
    expect(timers.limits()).toEqual([stop, publish, mark]);
    expect(timers.left()).toBe(0);
  },
);

describe('a sweep that could not read the whole index', () => {
  beforeEach(async () => {
    await storePending('a', 'b');
    const { store } = service;
    const findPending = store.findPending.bind(store);
    store.findPending = async (shard, ...rest) => {
      if (shard === shardOf('a')) throw Object.assign(new Error('down'), { name: 'Down' });
      return findPending(shard, ...rest);
    };
  });

  it('fails after everything else is done and reported', async () => {
    service.store.countPending = () => Promise.reject(new Error('down, too'));
    await expect(service.sweep()).rejects.toThrow('down');
    expect(service.topic.published.map(({ message_id }) => message_id)).toEqual(['b']);
    expect(service.lines).toHaveLength(1);
    expect(service.lastLine).toMatchObject({
      ...{ level: 'ERROR', outcome: 'failed', error: 'Down', stopped: 'index unavailable' },
      ...{ SweepPublished: 1, SweepFailed: 0, SweepRefused: 0 },
      SweepDuration: expect.any(Number),
    });
  });

  it('does not report an unknown count as 0', async () => {
    service.store.countPending = () => Promise.reject(new Error('down, too'));
    await expect(service.sweep()).rejects.toThrow('down');
    expect(service.lastLine).not.toHaveProperty('Pending');
    expect(service.lastLine).not.toHaveProperty('OldestPendingAge');
  });

  it('reports what the index can count', async () => {
    await expect(service.sweep()).rejects.toThrow('down');
    expect(service.lastLine).toMatchObject({ Pending: 1 });
  });
});

describe('the log of a sweep', () => {
  it('is no warning if nothing is wrong', async () => {
    await storePending('a');
    await service.sweep();
    expect(service.lastLine).toMatchObject({
      level: 'INFO',
      outcome: 'swept',
      stopped: 'finished',
    });
    expect(service.lastLine).not.toHaveProperty('held_back');
  });

  it('is a warning if SNS refuses one message', async () => {
    await storePending('a', 'b');
    service.topic.refuses.add('a');
    await service.sweep();
    expect(service.lastLine).toMatchObject({ level: 'WARN', SweepRefused: 1, SweepFailed: 0 });
  });

  it('is a warning if one fails, and shows how many others wait for it', async () => {
    await storePending('a', 'b', 'c');
    service.topic.keepsOrder = true;
    service.topic.fails.add('a');
    await service.sweep();
    expect(service.lastLine).toMatchObject({
      ...{ level: 'WARN', SweepRefused: 0, SweepFailed: 1 },
      ...{ held_back: 2, Pending: 3, stopped: 'finished' },
    });
  });

  it('is a warning if a published message could not be marked', async () => {
    await storePending('a', 'b');
    service.store.markPublished = async () => false;
    await service.sweep();
    expect(service.lastLine).toMatchObject({ level: 'WARN', SweepPublished: 2, NotMarked: 2 });
  });
});
