import { describe, expect, it } from 'vitest';
import { matcherOf } from '../../../../tools/console/page/inbox/matching.ts';
import { summary } from './summaries.ts';

describe('a live message', () => {
  it.each([
    [{}, true],
    [{ state: 'published' }, true],
    [{ state: 'pending' }, false],
    [{ state: 'conflict' }, false],
    [{ since: 1_000 }, true],
    [{ since: 1_001 }, false],
    [{ until: 1_001 }, true],
    [{ until: 1_000 }, false],
    [{ from: '+61491570006' }, true],
    [{ from: ' 61 491 570 006 ' }, true],
    [{ from: '0491 570 006' }, true],
    [{ from: '+61491570156' }, false],
    [{ from: 'PRIZE' }, false],
    [{ sms_number: '+61 491-570-156' }, true],
    [{ sms_number: '+61491570006' }, false],
    [{ search: 'hELL' }, true],
    [{ search: 'hELL', state: 'pending' }, false],
    [{ search: 'goodbye' }, false],
  ] as const)('of the query %j: %s', (query, isListed) => {
    expect(matcherOf(query, 'AU')(summary())).toBe(isListed);
  });

  it('has conflicts', () => {
    expect(matcherOf({ state: 'conflict' }, 'AU')(summary({ conflicts: 1 }))).toBe(true);
  });

  it('comes from a name', () => {
    const message = summary({ from: 'PRIZE' });
    expect(matcherOf({ from: 'PRIZE' }, 'AU')(message)).toBe(true);
    expect(matcherOf({ from: 'PRIZ' }, 'AU')(message)).toBe(false);
  });
});
