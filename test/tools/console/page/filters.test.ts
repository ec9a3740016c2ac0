import { describe, expect, it } from 'vitest';
import {
  changed,
  type Filters,
  filtersQuery,
  localInput,
  queryOf,
  readFilters,
  readTime,
} from '../../../../tools/console/page/inbox/filters.ts';

const FULL: Filters = {
  search: '50% & more?',
  state: 'conflict',
  from: '+61 491 570 006',
  to: '+61491570156',
  since: Date.UTC(2026, 10, 24, 7, 30),
  until: Date.UTC(2026, 10, 25),
  replay: '20261124T073000Z-0a1b2c',
};

describe('filters', () => {
  it('stand in the address and come back out of it', () => {
    const search = String(filtersQuery(FULL));
    expect(readFilters(new URLSearchParams(search))).toEqual(FULL);
  });

  it('leave an address without them empty', () => {
    expect(String(filtersQuery({}))).toBe('');
    expect(readFilters(new URLSearchParams())).toEqual({});
  });

  it.each(['state=lost', 'within=9d', 'since=yesterday', 'search=', 'other=1'])(
    'leave out %s, which makes no sense',
    (search) => {
      expect(readFilters(new URLSearchParams(search))).toEqual({});
    },
  );

  it('change one by one, and go', () => {
    expect(changed({ search: 'a' }, { state: 'overdue' })).toEqual({
      search: 'a',
      state: 'overdue',
    });
    expect(changed({ search: 'a', state: 'overdue' }, { search: undefined })).toEqual({
      state: 'overdue',
    });
    expect(changed({ search: 'a' }, { search: '' })).toEqual({});
  });

  it('ask the server in its own words', () => {
    const { to, ...others } = FULL;
    expect(queryOf(FULL, 0)).toEqual({ ...others, sms_number: to });
    expect(queryOf({}, 0)).toEqual({});
  });

  it('reach back from now', () => {
    expect(queryOf({ within: '24h' }, 100_000_000)).toEqual({ since: 13_600_000 });
  });
});

describe('a time in a field', () => {
  it('is the time that it was, to the minute', () => {
    const at = new Date(2026, 0, 5, 7, 8).getTime();
    expect(localInput(at)).toBe('2026-01-05T07:08');
    expect(readTime('2026-01-05T07:08')).toBe(at);
  });

  it('is none while it is half filled in', () => {
    expect(readTime('')).toBeUndefined();
  });
});
