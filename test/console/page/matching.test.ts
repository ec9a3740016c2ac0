import { describe, expect, it } from 'vitest';
import { matcherOf } from '../../../console/page/inbox/matching.ts';
import { searchMatcher } from '../../../console/server/search.ts';
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
    [{ from: '+61491570156' }, false],
    [{ from: 'PRIZE' }, false],
    [{ sms_number: '+61 491-570-156' }, true],
    [{ sms_number: '+61491570006' }, false],
    [{ search: 'hELL' }, true],
    [{ search: 'hELL', state: 'pending' }, false],
  ] as const)('of the query %j: %s', (query, isListed) => {
    expect(matcherOf(query)(summary())).toBe(isListed);
  });

  it('has conflicts', () => {
    expect(matcherOf({ state: 'conflict' })(summary({ conflicts: 1 }))).toBe(true);
  });

  it('comes from a name', () => {
    const message = summary({ from: 'PRIZE' });
    expect(matcherOf({ from: 'PRIZE' })(message)).toBe(true);
    expect(matcherOf({ from: 'PRIZ' })(message)).toBe(false);
  });
});

describe('the search of live messages', () => {
  const messages = [
    summary(),
    summary({ message_id: 'ID-297abf7f', body: 'Grüße, İstanbul\n100% ☎', from: 'PRIZE' }),
    summary({ from: '0491 570 006', sms_number: '(02) 5550 0156', body: '' }),
    summary({ from: '61491570157', body: 'call 0491570006' }),
  ];
  const SEARCHES = [
    '',
    ' ',
    'HELLO',
    'grüsse',
    'GRÜSSE',
    'gru\u0308\u00dfe',
    'istanbul',
    '100%',
    'id-297',
    'prize',
    '0491 570 006',
    '+61 491 570 006',
    '491-570',
    '61491570157',
    '15',
    '156',
    '(02) 5550',
    '0255500156',
    'x',
  ];

  it.each(SEARCHES)('for %j finds what the server finds', (search) => {
    const isListed = matcherOf({ search });
    const isFound = searchMatcher(search);
    expect(messages.map(isListed)).toEqual(messages.map(isFound));
  });

  it('finds and does not find', () => {
    const found = SEARCHES.map((search) => messages.filter(matcherOf({ search })).length);
    expect(new Set(found).size).toBeGreaterThan(2);
  });
});
