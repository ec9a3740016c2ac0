import type { Index } from '../../../bench/cost/item-size.ts';
import type { Usage } from '../../../bench/cost/usage.ts';
import type { Item } from '../../../lib/message-item.ts';

/** A record as the put leaves it, with a text of so many bytes. */
export const stored = (bodyLength: number): Item => ({
  message_id: { S: 'a' },
  from: { S: 'somebody' },
  body: { S: 'x'.repeat(bodyLength) },
  pending_shard: { S: '0' },
  timeline_shard: { S: '0' },
  received_at: { N: '1790000000000' },
});

/** The same as the mark leaves it. */
export const marked = ({ pending_shard, ...item }: Item): Item => ({
  ...item,
  expires_at: { N: '1' },
});

/** As they are in infra/table.js. */
export const PENDING: Index = {
  name: 'pending-index',
  keys: ['pending_shard', 'received_at'],
  attributes: ['pending_shard', 'received_at', 'message_id'],
};
export const TIMELINE: Index = {
  name: 'timeline-index',
  keys: ['timeline_shard', 'received_at'],
  attributes: ['timeline_shard', 'received_at', 'message_id', 'from'],
};

export const INDEXES = [PENDING, TIMELINE];

/** Usage of nothing: tests set what they are about. */
export const NOTHING: Usage = {
  apiRequests: 0,
  invocations: 0,
  gbSeconds: 0,
  writes: 0,
  reads: 0,
  publishes: 0,
  logBytes: 0,
  recordBytes: 0,
  indexBytes: 0,
};
