import { describe, expect, it } from 'vitest';
import {
  clearSelection,
  deselect,
  keepSelected,
  runText,
  select,
  selection,
  selectTo,
  toggleSelected,
  withRuns,
} from '../../../../tools/console/page/inbox/replay.ts';
import type { ReplayRun } from '../../../../tools/console/protocol.ts';
import { summaries } from './summaries.ts';

describe('the selection', () => {
  const list = summaries({ d: 40, c: 30, b: 20, a: 10 });
  const [d, c, b, a] = list as [
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

  it('takes a range upwards, and keeps what is chosen already', () => {
    clearSelection();
    toggleSelected(a);
    selectTo(c, list);
    expect(chosen()).toBe('a b c');
    clearSelection();
    toggleSelected(d);
    select([b]);
    expect(chosen()).toBe('b d');
    clearSelection();
  });

  it('lets go what is not in the list any more, and what was replayed', () => {
    clearSelection();
    select(list);
    keepSelected([c, a]);
    expect(chosen()).toBe('a c');
    deselect([a, b]);
    expect(chosen()).toBe('c');
    keepSelected([]);
    expect(chosen()).toBe('');
  });

  it('goes on where a range ended, without what has come into it', () => {
    clearSelection();
    toggleSelected(d);
    selectTo(b, [d, b, a]);
    selectTo(a, list);
    expect(chosen()).toBe('a b d');
    clearSelection();
  });
});

describe('the replays of the console', () => {
  const run = (replay: string, changes: Partial<ReplayRun> = {}): ReplayRun => ({
    ...{ replay, at: 0, messages: 40, published: 40, pending: 0, refused: 0, isUnderWay: false },
    ...changes,
  });

  it('come first when they begin, and stay in their place when they end', () => {
    const begun = [run('b', { isUnderWay: true }), run('a')];
    expect(withRuns(begun, [run('c', { isUnderWay: true }), run('b'), run('c')])).toEqual([
      run('c'),
      run('b'),
      run('a'),
    ]);
  });

  it.each([
    [{}, /^\d\d:\d\d:\d\d, 40 messages$/],
    [{ isUnderWay: true }, /, 40 messages, under way$/],
    [{ error: 'SNS is down' }, /, 40 messages, ended early$/],
  ])('are named by their time and size: %j', (changes, text) => {
    expect(runText(run('a', changes), 0)).toMatch(text);
  });
});
