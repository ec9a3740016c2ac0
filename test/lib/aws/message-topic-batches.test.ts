import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf } from '../../../lib/aws/message-topic.ts';
import {
  MAX_NOTIFICATION_BYTES,
  type Notification,
  notificationBytes,
} from '../../../lib/messages/notification.ts';
import { someNotification } from '../../fixtures/messages.ts';

describe('batchesOf', () => {
  const bytesOf = (batch: readonly Notification[]) =>
    batch.reduce((sum, notification) => sum + notificationBytes(notification), 0);

  it('fills a batch to the last byte', () => {
    const half = MAX_NOTIFICATION_BYTES / 2;
    const sizes = (...bytes: number[]) =>
      batchesOf(bytes.map((size) => someNotification('m', size))).map((batch) => batch.length);
    expect(sizes(half, half)).toEqual([2]);
    expect(sizes(half, half + 1)).toEqual([1, 1]);
  });

  it('keeps every entry and both limits, and begins a batch only when one is full', () => {
    const some = fc
      .integer({ min: 100, max: 130_000 })
      .map((bytes) => someNotification('m', bytes));
    fc.assert(
      fc.property(fc.array(some, { maxLength: 30 }), (all) => {
        const batches = batchesOf(all);
        expect(batches.flat().every((one, index) => one === all[index])).toBe(true);
        expect(batches.flat()).toHaveLength(all.length);
        for (const [index, batch] of batches.entries()) {
          expect(batch.length).toBeLessThanOrEqual(10);
          expect(bytesOf(batch)).toBeLessThanOrEqual(MAX_NOTIFICATION_BYTES);
          const next = batches[index + 1]?.slice(0, 1);
          const fits = next && bytesOf([...batch, ...next]) <= MAX_NOTIFICATION_BYTES;
          expect(fits && batch.length < 10).not.toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
