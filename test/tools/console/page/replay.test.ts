import { describe, expect, it } from 'vitest';
import {
  clearSelection,
  deselect,
  keepSelected,
  select,
  selection,
  selectTo,
  toggleSelected,
} from '../../../../tools/console/page/inbox/replay.ts';
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
