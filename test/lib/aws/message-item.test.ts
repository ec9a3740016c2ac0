import { describe, expect, it } from 'vitest';
import { fromItem, toItem } from '../../../lib/aws/message-item.ts';
import { UnreadableRecord } from '../../../lib/messages/message-record.ts';
import { someRecord } from '../../fixtures/messages.ts';

describe('an item', () => {
  it('is pending until it is published', () => {
    expect(toItem(someRecord())).toHaveProperty('pending_shard');
    const published = toItem(someRecord({ published_at: 1, sns_message_id: 'sns' }));
    expect(published).not.toHaveProperty('pending_shard');
    expect(published).toHaveProperty('timeline_shard');
  });

  it.each(['message_id', 'from', 'sms_number', 'body', 'fingerprint', 'received_at'])(
    'without %s is no message',
    (name) => {
      const { [name]: _, ...item } = toItem(someRecord());
      expect(() => fromItem(item)).toThrow(new UnreadableRecord(`A stored item has no ${name}`));
    },
  );

  it('is refused if its extra is not JSON, without quoting its text', () => {
    const item = { ...toItem(someRecord()), extra: { S: '{"secret' } };
    expect(() => fromItem(item)).toThrow(
      new UnreadableRecord('A stored item has an extra that is not JSON'),
    );
  });

  it('gives a record without the absent fields', () => {
    const {
      extra: _,
      attempts: __,
      requests: ___,
      claim_owner: ____,
      ...item
    } = toItem(someRecord({ claim: { owner: 'me', until: 1 } }));
    delete item.service_id;
    delete item.timestamp;
    const record = fromItem(item);
    expect(Object.keys(record).toSorted()).toEqual([
      'body',
      'extra',
      'fingerprint',
      'from',
      'message_id',
      'publish_attempts',
      'received_at',
      'requests',
      'sms_number',
    ]);
    expect([record.requests, record.publish_attempts, record.extra]).toEqual([0, 0, {}]);
  });

  it('of an older version has as many requests as publish attempts', () => {
    const { requests: _, ...item } = toItem(someRecord({ publish_attempts: 3 }));
    expect(fromItem(item)).toMatchObject({ requests: 3, publish_attempts: 3 });
  });

  it('with half a claim has no claim', () => {
    const { claim_until: _, ...item } = toItem(someRecord({ claim: { owner: 'me', until: 1 } }));
    expect(fromItem(item)).not.toHaveProperty('claim');
  });
});
