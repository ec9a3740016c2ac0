import { describe, expect, it } from 'vitest';
import { fromItem } from '../../../lib/aws/message-item.ts';
import { fromQuarantineItem, toQuarantineItem } from '../../../lib/aws/quarantine-item.ts';
import { ALL_SHARDS, UnreadableRecord } from '../../../lib/messages/message-record.ts';
import type { QuarantineEntry } from '../../../lib/messages/quarantine.ts';
import { someQuarantineEntry } from '../../fixtures/quarantine.ts';

describe('an entry of the quarantine', () => {
  const acceptance = { message_id: 'a', fingerprint: 'f', set: { body: 'B' } };
  const { form: _, from: __, ...discarded } = someQuarantineEntry({ discarded_at: 5 });

  it.each<[string, QuarantineEntry]>([
    ['waiting', someQuarantineEntry()],
    ['with faults', someQuarantineEntry({ reason: 'invalid', faults: 'body is missing' })],
    ['cut', someQuarantineEntry({ is_cut: true })],
    ['accepted', someQuarantineEntry({ acceptance, accepted_at: 6 })],
    ['discarded', discarded],
  ])('%s is read as it was stored', (_, entry) => {
    expect(fromQuarantineItem(toQuarantineItem(entry))).toEqual(entry);
  });

  it('is not a message, and is in no shard of the messages', () => {
    const item = toQuarantineItem(someQuarantineEntry());
    expect(item.message_id?.S).toMatch(/^quarantine [0-9a-f]{32}$/);
    expect(() => fromItem(item)).toThrow(UnreadableRecord);
    expect(item).not.toHaveProperty('pending_shard');
    expect(ALL_SHARDS).not.toContain(item.timeline_shard?.S);
  });

  it.each(['reason', 'received_at', 'last_received_at', 'requests', 'last_request', 'expires_at'])(
    'without %s is none',
    (name) => {
      const { [name]: _, ...item } = toQuarantineItem(someQuarantineEntry());
      const fault = new UnreadableRecord(`A stored item has no ${name}`);
      expect(() => fromQuarantineItem(item)).toThrow(fault);
    },
  );

  it.each([
    ['reason', { reason: { S: 'other' } }, 'an unknown reason'],
    ['set', { accepted_set: { S: '{"sec' } }, 'an accepted_set that is not JSON'],
  ])('is refused if its %s cannot be read', (_, changes, fault) => {
    const item = { ...toQuarantineItem(someQuarantineEntry({ acceptance })), ...changes };
    expect(() => fromQuarantineItem(item)).toThrow(`A stored item has ${fault}`);
  });
});
