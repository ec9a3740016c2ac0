import { beforeEach, expect, it } from 'vitest';
import type { DeliveryMark } from '../../lib/forwarding/delivery-mark.ts';
import type { DeliveryMarkStore } from '../../lib/forwarding/forwarding-ports.ts';

/** A store, and access to its table's records. */
export interface MarksUnderTest {
  readonly marks: DeliveryMarkStore;
  /** Puts a record without marks. */
  readonly put: (messageId: string) => Promise<void>;
  readonly isThere: (messageId: string) => Promise<boolean>;
}

const FAILED: DeliveryMark = { attempts: 5, failed_at: 1_000, reason: '500' };
const DEAD: DeliveryMark = { ...FAILED, attempts: 34, dead_at: 2_000 };
const FAILED_REPLAY = { replay_attempts: 5, replay_failed_at: 4_000, replay_reason: '503' };
const DELIVERED: DeliveryMark = { ...FAILED, attempts: 6, delivered_at: 3_000 };

/** The contract of every store of delivery marks, for the fake and the real adapter. */
export function deliveryMarksContract(start: () => Promise<MarksUnderTest>): void {
  let marks: DeliveryMarkStore;
  let put: MarksUnderTest['put'];
  let isThere: MarksUnderTest['isThere'];
  beforeEach(async () => {
    ({ marks, put, isThere } = await start());
  });

  it.each([
    ['of failures', FAILED],
    ['of a message that is given up', DEAD],
    ['of a delivery', DELIVERED],
    ['of a replay', { ...DELIVERED, replayed_at: 4_000 }],
    ['of a failed replay', { ...DELIVERED, ...FAILED_REPLAY }],
    ['of a replay that is given up', { ...DELIVERED, ...FAILED_REPLAY, replay_dead_at: 5_000 }],
    ['of a delivery at the first attempt', { attempts: 1, delivered_at: 1_000 }],
  ])('reads a mark %s as it was written', async (_, mark) => {
    await put('m');
    expect(await marks.write('m', 'crm', mark)).toBe(true);
    expect(await marks.read('m', 'crm')).toEqual(mark);
  });

  it('a record without a mark has none', async () => {
    await put('m');
    expect(await marks.read('m', 'crm')).toBeUndefined();
  });

  it('keeps each subscriber’s mark, even if one name begins with the other', async () => {
    await put('m');
    await marks.write('m', 'crm', FAILED);
    await marks.write('m', 'crm-2', DELIVERED);
    expect(await marks.read('m', 'crm')).toEqual(FAILED);
    expect(await marks.read('m', 'crm-2')).toEqual(DELIVERED);
    expect(await marks.read('m', 'cr')).toBeUndefined();
  });

  it('a mark replaces the one before', async () => {
    await put('m');
    await marks.write('m', 'crm', DEAD);
    await marks.write('m', 'crm', FAILED);
    expect(await marks.read('m', 'crm')).toEqual(FAILED);
  });

  it('a mark never creates a record, so a forgotten message stays forgotten', async () => {
    expect(await marks.write('gone', 'crm', DELIVERED)).toBe(false);
    expect(await marks.write('gone', 'crm', FAILED)).toBe(false);
    expect(await marks.read('gone', 'crm')).toBeUndefined();
    expect(await isThere('gone')).toBe(false);
  });

  it('a mark of failures never replaces one of a delivery', async () => {
    await put('m');
    await marks.write('m', 'crm', DELIVERED);
    expect(await marks.write('m', 'crm', DEAD)).toBe(false);
    expect(await marks.read('m', 'crm')).toEqual(DELIVERED);
    const failedReplay = { ...DELIVERED, ...FAILED_REPLAY };
    expect(await marks.write('m', 'crm', failedReplay)).toBe(true);
    expect(await marks.read('m', 'crm')).toEqual(failedReplay);
  });
}
