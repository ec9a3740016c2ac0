import { describe, expect, it } from 'vitest';
import { parseRoute } from '../../../console/page/address.ts';
import { placeAfterKey } from '../../../console/page/inbox/list-keys.ts';
import {
  clearSelection,
  select,
  selection,
  selectTo,
  toggleSelected,
} from '../../../console/page/inbox/selection.ts';
import { daysOf } from '../../../console/page/message/conversation-days.ts';
import { prettyJson } from '../../../console/page/message/pretty-json.ts';
import { replayText } from '../../../console/page/replay/replay-text.ts';
import { pageTitle, sectionOf, sectionsOf } from '../../../console/page/shell/sections.ts';
import {
  ago,
  count,
  duration,
  exactTime,
  plural,
  shortTime,
} from '../../../console/page/ui/format.ts';
import { piecesOf } from '../../../console/page/ui/invisible.ts';
import { idsOf, summaries } from './summaries.ts';

describe('a stranger’s text', () => {
  it.each(['Hello', '', 'G’day\n\ttab', 'سلام', '👩‍👩‍👧', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '<img src=x onerror=alert(1)>'])(
    'is left as it is: %j',
    (text) => {
      expect(piecesOf(text)).toEqual([{ text }]);
    },
  );

  it('shows the characters that cannot be seen', () => {
    expect(piecesOf('pay\u202Etxt.exe\u0000')).toEqual([
      { text: 'pay' },
      { code: 'U+202E' },
      { text: 'txt.exe' },
      { code: 'U+0000' },
    ]);
    expect(piecesOf('\u200B\u2066')).toEqual([{ code: 'U+200B' }, { code: 'U+2066' }]);
  });
});

describe('figures', () => {
  it.each([
    [0, '0 ms'],
    [12.4, '12 ms'],
    [1_234, '1.2 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
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
    [90_000, '1 day ago'],
    [200_000, '2 days ago'],
  ])('%d s before now is %s', (seconds, text) => {
    expect(ago(0, seconds * 1_000)).toBe(text);
  });

  it('are a time today, and a day before', () => {
    const now = new Date(2026, 10, 24, 18).getTime();
    expect(shortTime(new Date(2026, 10, 24, 7, 3, 9).getTime(), now)).toBe('07:03:09');
    expect(shortTime(new Date(2026, 10, 23, 7, 3, 9).getTime(), now)).toBe('23 Nov, 07:03');
    expect(shortTime(new Date(2025, 10, 23, 7, 3, 9).getTime(), now)).toBe('23 Nov 2025, 07:03');
    expect(exactTime(new Date(2026, 10, 24, 7, 3, 9, 5).getTime(), now)).toBe('07:03:09.005');
    expect(exactTime(new Date(2026, 10, 23, 7, 3, 9, 5).getTime(), now)).toBe(
      '23 Nov, 07:03:09.005',
    );
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

describe('the selection', () => {
  const list = summaries({ d: 40, c: 30, b: 20, a: 10 });
  const [d, c, , a] = list as [
    (typeof list)[0],
    (typeof list)[0],
    (typeof list)[0],
    (typeof list)[0],
  ];
  const chosen = () => [...selection.value].sort().join(' ');

  it('takes one after the other, ranges and all', () => {
    clearSelection();
    toggleSelected(c);
    expect(chosen()).toBe('c');
    selectTo(a, list);
    expect(chosen()).toBe('a b c');
    toggleSelected(c);
    expect(chosen()).toBe('a b');
    select(list);
    expect(chosen()).toBe('a b c d');
    clearSelection();
    expect(chosen()).toBe('');
    selectTo(d, list);
    expect(chosen()).toBe('d');
    clearSelection();
  });
});

describe('a replay', () => {
  it.each([
    [{ published: 3, pending: 0, refused: 0 }, '3 messages published again.'],
    [{ published: 0, pending: 0, refused: 1 }, '1 message refused by SNS.'],
    [{ published: 0, pending: 0, refused: 0 }, 'There was nothing to publish.'],
  ])('that did %j', (counts, text) => {
    expect(replayText({ replay: 'r', ...counts })).toBe(text);
  });

  it('tells of each kind', () => {
    const text = replayText({ replay: 'r', published: 1, pending: 2, refused: 3 });
    expect(text).toMatch(/^1 message published again. 2 messages .* sweeper.* 3 messages refused/);
  });
});

describe('the shell', () => {
  it('shows only what the stack has', () => {
    expect(sectionsOf(false).map(({ name }) => name)).toEqual(['inbox', 'activity']);
    expect(sectionsOf(true)).toHaveLength(5);
  });

  it.each([
    ['#/', 'inbox', 'Inbox · prod · inbound-sms'],
    ['#/messages/1', 'inbox', 'Message · prod · inbound-sms'],
    ['#/conversations/PRIZE/2', 'inbox', 'PRIZE → 2 · prod · inbound-sms'],
    ['#/chaos', 'chaos', 'Chaos · prod · inbound-sms'],
    ['#/nowhere', undefined, 'Not found · prod · inbound-sms'],
  ])('of %s is in %s, titled %s', (hash, section, title) => {
    const route = parseRoute(hash);
    expect(sectionOf(route)).toBe(section);
    expect(pageTitle(route, 'prod')).toBe(title);
  });
});

describe('a conversation', () => {
  it('is told by day', () => {
    const on = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
    const messages = summaries({ d: on(24, 1), c: on(23, 23), b: on(23, 1), a: on(20, 1) });
    expect(daysOf(messages).map((day) => idsOf(day.messages))).toEqual(['d', 'c b', 'a']);
    expect(daysOf([])).toEqual([]);
  });
});

it('formats JSON, and leaves alone what is none', () => {
  expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(prettyJson('{a')).toBe('{a');
});
