import { describe, expect, it } from 'vitest';
import { daysOf } from '../../../../tools/console/page/inbox/message-list.ts';
import { replayText } from '../../../../tools/console/page/inbox/replay.ts';
import {
  ago,
  count,
  duration,
  exactTime,
  fullTime,
  plural,
  prettyJson,
  shortTime,
} from '../../../../tools/console/page/ui/format.ts';
import { idsOf, summaries } from './summaries.ts';

describe('figures', () => {
  it.each([
    [0, '0 ms'],
    [12.4, '12 ms'],
    [1_234, '1.2 s'],
    [9_940, '9.9 s'],
    [59_400, '59 s'],
    [60_000, '60 s'],
    [120_000, '2 min'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h'],
    [6_900_000, '1 h 55 min'],
    [7_500_000, '2 h 5 min'],
    [7_200_000, '2 h'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('have a comma for thousands, and their noun', () => {
    expect(count(5_000)).toBe('5,000');
    expect([0, 1, 2_000].map((value) => plural(value, 'message'))).toEqual([
      '0 messages',
      '1 message',
      '2,000 messages',
    ]);
  });

  it.each([
    [-2, 'just now'],
    [4, 'just now'],
    [40, '40 s ago'],
    [185, '3 min ago'],
    [7_300, '2 h ago'],
    [9_900, '2 h ago'],
    [90_000, '1 day ago'],
    [160_000, '1 day ago'],
    [200_000, '2 days ago'],
  ])('%d s before now is %s', (seconds, text) => {
    expect(ago(0, seconds * 1_000)).toBe(text);
  });

  it('are a time today, and a day before', () => {
    const now = new Date(2026, 10, 24, 18).getTime();
    expect(shortTime(new Date(2026, 10, 24, 7, 3, 9).getTime(), now)).toBe('07:03:09');
    expect(shortTime(new Date(2026, 10, 23, 7, 3, 9).getTime(), now)).toBe('23 Nov, 07:03');
    expect(shortTime(new Date(2025, 10, 23, 7, 3, 9).getTime(), now)).toBe('23 Nov 2025, 07:03');
    expect(shortTime(new Date(2026, 9, 24, 7, 3, 9).getTime(), now)).toBe('24 Oct, 07:03');
    expect(exactTime(new Date(2026, 10, 24, 7, 3, 9, 5).getTime(), now)).toBe('07:03:09.005');
    expect(exactTime(new Date(2026, 10, 23, 7, 3, 9, 5).getTime(), now)).toBe(
      '23 Nov, 07:03:09.005',
    );
    expect(fullTime(new Date(2026, 10, 23, 7, 3, 9, 5).getTime())).toBe(
      '23 Nov 2026, 07:03:09.005',
    );
  });
});

describe('a replay', () => {
  it.each([
    [{ published: 3, pending: 0, refused: 0 }, '3 messages published again.'],
    [{ published: 0, pending: 0, refused: 1 }, '1 message refused by SNS.'],
    [{ published: 0, pending: 0, refused: 0 }, 'No message was published.'],
  ])('that did %j', (counts, text) => {
    expect(replayText({ replay: 'r', ...counts })).toBe(text);
  });

  it('tells of each kind', () => {
    const text = replayText({ replay: 'r', published: 1, pending: 2, refused: 3 });
    expect(text).toMatch(/^1 message published again. 2 messages .* sweeper.* 3 messages refused/);
  });
});

describe('a conversation', () => {
  it('is told by day', () => {
    const on = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
    const messages = summaries({ d: on(24, 1), c: on(23, 23), b: on(23, 1), a: on(20, 1) });
    expect(daysOf(messages).map((day) => idsOf(day.messages))).toEqual(['d', 'c b', 'a']);
    expect(daysOf(messages).map(({ at }) => at)).toEqual([on(24, 1), on(23, 23), on(20, 1)]);
    expect(daysOf(summaries({ b: on(20, 1), a: on(20 - 31, 1) }))).toHaveLength(2);
    expect(daysOf([])).toEqual([]);
  });
});

it('formats JSON, and leaves alone what is none', () => {
  expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(prettyJson('{a')).toBe('{a');
  expect(prettyJson('no JSON {')).toBe('no JSON {');
});
