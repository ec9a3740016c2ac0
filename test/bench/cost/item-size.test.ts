import { describe, expect, it } from 'vitest';
import { indexEntry, indexUnits, itemBytes, writeUnits } from '../../../bench/cost/item-size.ts';
import { keptBytes, keptIndexBytes } from '../../../bench/cost/usage.ts';
import type { Item } from '../../../lib/message-item.ts';
import { INDEXES, marked, PENDING, stored, TIMELINE } from './records.ts';

describe('an item’s size', () => {
  it.each<[string, Item, number]>([
    ['a text: name and UTF-8', { ab: { S: 'xyz' } }, 5],
    ['Chinese: three bytes a character', { a: { S: '短' } }, 4],
    ['an emoji: four bytes', { a: { S: '🙂' } }, 5],
    ['a number: half a byte a digit and one more', { n: { N: '1234' } }, 4],
    ['an odd number of digits', { n: { N: '12345' } }, 5],
    ['zeros at either end do not count', { n: { N: '1790000000' } }, 4],
    ['zero', { n: { N: '0' } }, 2],
    ['several attributes', { ab: { S: 'xyz' }, n: { N: '12' } }, 8],
  ])('%s', (_, item, bytes) => expect(itemBytes(item)).toBe(bytes));

  it('is not guessed for a type that records do not have', () => {
    expect(() => itemBytes({ flag: { BOOL: true } })).toThrow('flag');
  });

  it.each([
    [[0], 1],
    [[1_024], 1],
    [[1_025], 2],
    [[100, 2_049], 3],
  ])('%j bytes are %d write units', (sizes, units) => expect(writeUnits(...sizes)).toBe(units));
});

describe('an index', () => {
  const item = stored(2_000);

  it('holds of an item what it projects, if the item has its keys', () => {
    expect(indexEntry(item, PENDING)).toEqual({
      message_id: { S: 'a' },
      pending_shard: { S: '0' },
      received_at: { N: '1790000000000' },
    });
    expect(indexEntry(marked(item), PENDING)).toBeUndefined();
    expect(indexEntry(item, { ...PENDING, attributes: 'all' })).toBe(item);
  });

  it.each<[string, Item, Item, number]>([
    ['an entry is made', {}, item, 1],
    ['an entry is removed', item, marked(item), 1],
    ['there is none before or after', marked(item), marked(item), 0],
    ['none of its attributes change', item, { ...item, body: { S: 'y' } }, 0],
    ['it moves to another key', item, { ...item, pending_shard: { S: '1' } }, 2],
  ])('is written when %s', (_, before, after, units) => {
    expect(indexUnits(before, after, PENDING)).toBe(units);
  });

  it('is written once when an attribute changes that is no key, by the larger size', () => {
    const renamed = { ...item, from: { S: 'y'.repeat(1_500) } };
    expect(indexUnits(item, renamed, TIMELINE)).toBe(2);
    expect(indexUnits(item, renamed, { ...TIMELINE, attributes: 'all' })).toBe(4);
  });

  it('keeps what it holds in the end', () => {
    const entry = indexEntry(marked(item), TIMELINE) ?? {};
    expect(keptIndexBytes(marked(item), INDEXES)).toBe(itemBytes(entry) + 100);
    expect(keptBytes({ ab: { S: 'xyz' } })).toBe(105);
  });
});
