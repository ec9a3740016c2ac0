import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { anyAllowed } from '../../lib/allow-lists.ts';
import { FakeService } from '../fakes/fake-service.ts';
import { someRecord } from '../fixtures/messages.ts';

let service: FakeService;
beforeEach(() => {
  service = new FakeService({
    tokens: ['token'],
    isSourceAllowed: anyAllowed,
    isNumberAllowed: anyAllowed,
  });
});

async function storePending(...ids: string[]): Promise<void> {
  for (const message_id of ids) {
    await service.store.putNew(
      someRecord({ message_id, received_at: FakeService.NOW - 120_000, body: message_id }),
    );
  }
}

it.each([
  [60_000, 48_000, 58_000],
  [12_001, 1, 10_001],
  [5_000, 0, 3_000],
  [1_000, 0, 0],
])('of %d ms that are left, batches begin for %d and calls run for %d', async (left, stop, end) => {
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  onTestFinished(() => timeout.mockRestore());
  await service.sweep(left);
  expect(timeout.mock.calls).toEqual([[stop], [end]]);
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

  it('is a warning if one fails, and says how many others wait for it', async () => {
    await storePending('a', 'b', 'c');
    service.topic.keepsOrder = true;
    service.topic.fails.add('a');
    await service.sweep();
    expect(service.lastLine).toMatchObject({
      ...{ level: 'WARN', SweepRefused: 0, SweepFailed: 1 },
      ...{ held_back: 2, Pending: 3, stopped: 'finished' },
    });
  });
});
