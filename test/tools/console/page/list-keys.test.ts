import { describe, expect, it } from 'vitest';
import { placeAfterKey } from '../../../../tools/console/page/inbox/list-keys.ts';

describe('a key in the list', () => {
  const list = { count: 100, pageSize: 10 };

  it.each([
    ['ArrowDown', -1, 0],
    ['ArrowDown', 5, 6],
    ['ArrowDown', 99, 99],
    ['ArrowUp', 5, 4],
    ['ArrowUp', 0, 0],
    ['PageDown', -1, 10],
    ['PageDown', 95, 99],
    ['PageUp', 15, 5],
    ['PageUp', 5, 0],
    ['Home', 50, 0],
    ['End', 50, 99],
    ['Tab', 50, undefined],
  ] as const)('%s at %d leads to %s', (key, place, to) => {
    expect(placeAfterKey(key, place, list)).toBe(to);
  });

  it('leads nowhere if it is empty', () => {
    expect(placeAfterKey('End', -1, { count: 0, pageSize: 10 })).toBeUndefined();
  });
});
