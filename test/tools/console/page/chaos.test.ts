import { describe, expect, it } from 'vitest';
import type { Chaos, Counters } from '../../../../tools/console/lab-protocol.ts';
import {
  delayLabel,
  delaysWith,
  faultsOn,
  NO_CHAOS,
} from '../../../../tools/console/page/chaos/chaos.ts';
import { explain, FIGURES, lostInWords } from '../../../../tools/console/page/chaos/explain.ts';
import { NO_COUNTERS } from '../../../fixtures/counters.ts';

const all = (count: number): Counters => ({
  ...NO_COUNTERS,
  sent: count,
  accepted: count,
  stored: count,
  published: count,
  delivered: count,
});

function keysFor(counters: Counters, given: Partial<Chaos> = {}, underWay = 0): string[] {
  return explain({ chaos: { ...NO_CHAOS, ...given }, counters, underWay }).map(({ key }) => key);
}

describe('what one sees is explained', () => {
  it.each([
    ['nothing was sent', NO_COUNTERS, {}, 0, ['begin']],
    ['all has settled', all(3), {}, 0, ['settled']],
    ['a post is still under way', all(3), {}, 1, ['otherwise']],
    ['one was refused', { ...all(3), sent: 4 }, {}, 0, ['otherwise']],
    ['SNS is off', { ...NO_COUNTERS, sent: 2, stored: 2 }, { snsDown: true }, 2, ['sns-down']],
    ['SNS is on again', { ...NO_COUNTERS, sent: 2, stored: 2 }, {}, 2, ['pending']],
    ['it is on its way', { ...all(2), delivered: 1 }, {}, 0, ['on-the-way']],
    ['a 200 is owed', { ...all(2), accepted: 1 }, {}, 1, ['ahead']],
    ['DynamoDB is slow', all(1), { dynamodbDelayMs: 200 }, 0, ['dynamodb-slow', 'settled']],
    ['it is too slow', all(1), { dynamodbDelayMs: 1_500 }, 1, ['dynamodb-too-slow']],
    ['the put’s answer is lost', all(1), { dropPutAnswer: true }, 1, ['drop-put-answer']],
    ['the function is killed', all(1), { killBeforePublish: true }, 1, ['kill']],
    ['the PBX has given up', { ...NO_COUNTERS, sent: 1, emailed: 1 }, {}, 0, ['emailed']],
    [
      'one was deleted',
      { ...all(2), sent: 3, accepted: 3, delivered: 3, deleted: 1 },
      {},
      0,
      ['deleted', 'settled'],
    ],
    [
      'all were deleted',
      { ...NO_COUNTERS, sent: 1, accepted: 1, delivered: 1, deleted: 1 },
      {},
      0,
      ['deleted'],
    ],
    ['one is lost', { ...all(2), lost: 1 }, {}, 1, ['lost']],
  ] satisfies [string, Counters, Partial<Chaos>, number, string[]][])(
    'when %s',
    (_, counters, chaos, underWay, keys) => {
      expect(keysFor(counters, chaos, underWay)).toEqual(keys);
    },
  );
});

describe('lost', () => {
  it.each([
    [NO_COUNTERS, 'nothing has been sent yet'],
    [{ ...NO_COUNTERS, sent: 1 }, 'nothing has been answered 200 yet'],
    [all(1), 'the one message'],
    [all(1_200), 'all 1,200'],
    [{ ...all(3), deleted: 1 }, 'are accounted for. One message was deleted on purpose.'],
    [{ ...all(3), deleted: 2 }, '2 messages were deleted on purpose.'],
    [{ ...all(3), lost: 1 }, 'One message was answered 200, but'],
    [{ ...all(3), lost: 2 }, '2 messages were answered 200, but'],
  ])('of %j is told in words', (counters, words) => {
    expect(lostInWords(counters)).toContain(words);
  });

  it('and deleted are the counters that the row of figures leaves out', () => {
    expect([...FIGURES.map(({ name }) => name), 'deleted', 'lost'].sort()).toEqual(
      Object.keys(NO_COUNTERS).sort(),
    );
  });
});

describe('the switches', () => {
  it('are counted', () => {
    expect(faultsOn(NO_CHAOS)).toBe(0);
    expect(faultsOn({ ...NO_CHAOS, snsDown: true, dynamodbDelayMs: 1 })).toBe(2);
  });

  it('have a delay that was set elsewhere among the others, once and in order', () => {
    expect(delaysWith(200)).toEqual([0, 200, 1_000, 3_000]);
    expect(delaysWith(500)).toEqual([0, 200, 500, 1_000, 3_000]);
  });

  it.each([
    [0, 'Off'],
    [200, '200 ms'],
    [1_000, '1 s'],
    [1_500, '1.5 s'],
  ])('name %i ms as %s', (ms, label) => {
    expect(delayLabel(ms)).toBe(label);
  });
});
