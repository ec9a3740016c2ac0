import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  besides,
  compareNewestFirst,
  countNewer,
  floorOf,
  placeAfterKey,
  rowsMoved,
  withChanges,
  withNewest,
  withOlder,
} from '../../../../tools/console/page/inbox/message-list.ts';
import { idsOf, summaries, summary } from './summaries.ts';

const all = () => true;
const LATER = 1_000_000;

describe('the messages next to one', () => {
  const list = summaries({ d: 40, c: 30, a: 10 });

  it.each([
    [{ received_at: 40, message_id: 'd' }, undefined, 'c'],
    [{ received_at: 30, message_id: 'c' }, 'd', 'a'],
    [{ received_at: 10, message_id: 'a' }, 'c', undefined],
    // Not in the list.
    [{ received_at: 50, message_id: 'x' }, undefined, 'd'],
    [{ received_at: 20, message_id: 'b' }, 'c', 'a'],
    [{ received_at: 5, message_id: 'x' }, 'a', undefined],
  ])('%j', (place, newer, older) => {
    const found = besides(list, place);
    expect([found.newer?.message_id, found.older?.message_id]).toEqual([newer, older]);
  });
});

describe('a change', () => {
  const list = summaries({ d: 40, c: 30, b: 20, a: 10 });

  it.each([
    [50, 'x d c b a'],
    [30, 'd x c b a'],
    [25, 'd c x b a'],
    [5, 'd c b a x'],
  ])('of a new message received at %d finds its place', (received_at, ids) => {
    const changed = [summary({ message_id: 'x', received_at })];
    expect(idsOf(withChanges(list, { changed, matches: all }))).toBe(ids);
  });

  it('replaces the message, the last of several', () => {
    const changed = [
      summary({ message_id: 'b', received_at: 20, state: 'publishing' }),
      summary({ message_id: 'b', received_at: 20, state: 'overdue' }),
    ];
    const after = withChanges(list, { changed, matches: all });
    expect(idsOf(after)).toBe('d c b a');
    expect(after[2]?.state).toBe('overdue');
  });

  it('takes out what does not match any more, and lets nothing in that does not', () => {
    const changed = [
      summary({ message_id: 'b', received_at: 20, state: 'published' }),
      summary({ message_id: 'x', received_at: 50, state: 'published' }),
    ];
    const matches = ({ state }: { state: string }) => state === 'overdue';
    expect(idsOf(withChanges(list, { changed, matches }))).toBe('d c a');
  });

  it('leaves out what is older than the list goes back', () => {
    const changed = summaries({ x: 5, y: 10 });
    expect(idsOf(withChanges(list, { changed, matches: all, floor: 10 }))).toBe('d c b y a');
  });

  it('moves a message that was deleted and came again', () => {
    const changed = [summary({ message_id: 'a', received_at: 50 })];
    expect(idsOf(withChanges(list, { changed, matches: all }))).toBe('a d c b');
  });

  it('gives what sorting everything would give', () => {
    const messages = fc.uniqueArray(
      fc.record({ message_id: fc.stringMatching(/^[a-f]{1,2}$/), received_at: fc.nat(20) }),
      { selector: ({ message_id }) => message_id },
    );
    fc.assert(
      fc.property(messages, messages, (known, news) => {
        const before = known.map(summary).sort(compareNewestFirst);
        const changed = news.map(summary);
        const byId = new Map([...before, ...changed].map((each) => [each.message_id, each]));
        const expected = [...byId.values()].sort(compareNewestFirst);
        expect(withChanges(before, { changed, matches: all })).toEqual(expected);
      }),
    );
  });
});

describe('an older page', () => {
  it('follows the list, without what is in it already', () => {
    const list = summaries({ d: 40, c: 30 });
    expect(idsOf(withOlder(list, summaries({ c: 30, b: 20, a: 10 })))).toBe('d c b a');
  });
});

describe('the newest page, asked for again', () => {
  const list = summaries({ d: 40, c: 30, b: 20, a: 10 });

  it('joins the list', () => {
    const page = { messages: summaries({ f: 60, e: 50, d: 40 }), next: 'd' };
    expect(idsOf(withNewest(list, page, LATER) ?? [])).toBe('f e d c b a');
  });

  it('takes what has changed out of the page', () => {
    const page = { messages: [summary({ message_id: 'd', received_at: 40, conflicts: 2 })] };
    expect(withNewest(list, page, LATER)?.[0]?.conflicts).toBe(2);
  });

  it('takes out what it would hold and does not: it was deleted', () => {
    const page = { messages: summaries({ d: 40, b: 20 }), next: 'b' };
    expect(idsOf(withNewest(list, page, LATER) ?? [])).toBe('d b a');
  });

  it('keeps what is so young that the page may not know it yet', () => {
    const page = { messages: summaries({ d: 40, b: 20 }), next: 'b' };
    expect(idsOf(withNewest(list, page, 10_029) ?? [])).toBe('d c b a');
  });

  it('begins anew if there may be a gap', () => {
    const page = { messages: summaries({ z: 90, y: 80 }), next: 'y' };
    expect(withNewest(list, page, LATER)).toBeUndefined();
  });

  it('begins anew if the server has nothing any more', () => {
    expect(withNewest(list, { messages: [] }, LATER)).toBeUndefined();
  });
});

describe('the end of the list', () => {
  const messages = summaries({ b: 20, a: 10 });

  it.each([
    [{ messages }, Number.NEGATIVE_INFINITY],
    [{ messages, next: 'a' }, 10],
    [{ messages, next: 'a', searchedTo: 3 }, 3],
    [{ messages: [], next: 'a', searchedTo: 3 }, 3],
  ])('of %j is at %d', (page, floor) => {
    expect(floorOf(page)).toBe(floor);
  });
});

describe('places', () => {
  const list = summaries({ c: 30, bb: 20, b: 20, a: 10 });

  it('are counted from the newest', () => {
    expect(list.map((message) => countNewer(list, message))).toEqual([0, 1, 2, 3]);
    expect(countNewer(list, { received_at: 25, message_id: 'x' })).toBe(1);
    expect(countNewer(list, { received_at: 0, message_id: 'x' })).toBe(4);
  });

  it('move by what comes in above, and not by what comes in below', () => {
    const matches = all;
    const above = withChanges(list, { changed: summaries({ y: 50, x: 25 }), matches });
    const below = withChanges(list, { changed: summaries({ x: 15 }), matches });
    expect(rowsMoved(list, above, 2)).toBe(2);
    expect(rowsMoved(list, below, 2)).toBe(0);
    expect(rowsMoved([], list, 0)).toBe(0);
  });
});

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
