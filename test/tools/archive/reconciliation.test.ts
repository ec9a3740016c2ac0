import { describe, expect, it } from 'vitest';
import type { DeliveryMark } from '../../../lib/forwarding/delivery-mark.ts';
import type { KnownSubscriber } from '../../../tools/archive/addressees.ts';
import type { Addressing } from '../../../tools/archive/deliveries.ts';
import {
  type OtherSide,
  RECENT_MS,
  ReceivedIds,
  ReconciliationTally,
  type Standing,
  standingOf,
  unknownIds,
} from '../../../tools/archive/reconciliation.ts';
import { someRecord } from '../../fixtures/messages.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const DAY = 86_400_000;
const UUID = '297abf7f-99d9-4b7d-9c46-1d7c13687b11';

const FAILED = { attempts: 5, failed_at: NOW - DAY, reason: '500' };
const DELIVERED = { attempts: 1, delivered_at: NOW - DAY };

interface Case {
  readonly published_at?: number | undefined;
  readonly mark?: DeliveryMark;
  readonly addressing?: Addressing;
  readonly kind?: KnownSubscriber['kind'];
  readonly waiting?: number;
  readonly hasList?: boolean;
}

function standing(each: Case): Standing {
  const { mark, addressing = 'for-it', kind = 'https', waiting = 0, hasList = false } = each;
  const published_at = 'published_at' in each ? each.published_at : NOW - 2 * DAY;
  const message = {
    ...someRecord({ received_at: NOW - 2 * DAY }),
    ...(published_at !== undefined && { published_at }),
    ...(mark && { deliveries: { crm: mark } }),
  };
  const subscriber: KnownSubscriber = {
    ...{ name: 'crm', kind, queue: 'q', deadLetters: 'd', subscription: 's', createdAt: 1 },
    addressing: () => addressing,
  };
  const side: OtherSide = { subscriber, waiting, ...(hasList && { ids: new ReceivedIds() }) };
  return standingOf(message, side, NOW);
}

describe('a message that the other side has not named', () => {
  it.each<[string, Case, Standing]>([
    ['is not published yet', { published_at: undefined }, onTheWay('unpublished')],
    ['was published a moment ago', { published_at: NOW - RECENT_MS + 1 }, onTheWay('recent')],
    ['may be in the queue', { waiting: 1 }, onTheWay('queued')],
    ['is tried again', { mark: FAILED, waiting: 1 }, onTheWay('failing', '500')],
    [
      'has failed a moment after it was published',
      { published_at: NOW - 1_000, mark: { ...FAILED, failed_at: NOW } },
      onTheWay('failing', '500'),
    ],
    ['has no mark, and the queue is empty', {}, missing('unmarked')],
    ['has failed, and the queue is empty', { mark: FAILED }, missing('failed', '500')],
    [
      'is older than any message of a queue',
      { published_at: NOW - 14 * DAY, waiting: 1 },
      missing('unmarked'),
    ],
    ['was given up', { mark: { ...FAILED, dead_at: NOW - 1 }, waiting: 1 }, missing('dead', '500')],
    ['was delivered', { mark: DELIVERED }, { state: 'delivered' }],
    [
      'is left out by the filter',
      { addressing: 'filtered' },
      { state: 'not-for-it', why: 'filtered' },
    ],
    [
      'was published before it subscribed, whatever an older mark says',
      { addressing: 'before-it', mark: { ...FAILED, dead_at: 1 } },
      { state: 'not-for-it', why: 'before-it' },
    ],
    [
      'was accepted, and is not in the list',
      { mark: DELIVERED, hasList: true },
      missing('accepted'),
    ],
    [
      'was accepted under another filter, and is not in the list',
      { mark: DELIVERED, hasList: true, addressing: 'filtered' },
      missing('accepted'),
    ],
    [
      'was accepted a moment ago, maybe after the list was made',
      { mark: { ...DELIVERED, replayed_at: NOW - 1 }, hasList: true },
      onTheWay('recent'),
    ],
    [
      'has a replay that is tried again',
      { mark: replayFailing({}), hasList: true, waiting: 1 },
      onTheWay('replay-failing', '503'),
    ],
    [
      'has a replay that is not in the queue any more',
      { mark: replayFailing({}), hasList: true },
      missing('accepted'),
    ],
    [
      'has a replay that was given up',
      { mark: replayFailing({ replay_dead_at: NOW - 1 }), hasList: true, waiting: 1 },
      missing('accepted'),
    ],
    [
      'may be in a queue of your own',
      { kind: 'queue', hasList: true, waiting: 1 },
      onTheWay('queued'),
    ],
    [
      'is not in a queue of your own, which is empty',
      { kind: 'queue', hasList: true },
      missing('unmarked'),
    ],
  ])('%s', (_, each, expected) => {
    expect(standing(each)).toEqual(expected);
  });

  it('is missing without a subscriber, unless it is recent', () => {
    const at = (published_at: number) =>
      standingOf({ ...someRecord(), published_at }, { waiting: 0, ids: new ReceivedIds() }, NOW);
    expect(at(NOW - RECENT_MS)).toEqual(missing('published'));
    expect(at(NOW - RECENT_MS + 1)).toEqual(onTheWay('recent'));
  });
});

function replayFailing(changes: Partial<DeliveryMark>): DeliveryMark {
  return {
    ...DELIVERED,
    ...{ replay_attempts: 1, replay_failed_at: NOW - DAY, replay_reason: '503' },
    ...changes,
  };
}

function onTheWay(why: Extract<Standing, { state: 'on-the-way' }>['why'], reason?: string) {
  return { state: 'on-the-way' as const, why, ...(reason !== undefined && { reason }) };
}

function missing(why: Extract<Standing, { state: 'missing' }>['why'], reason?: string) {
  return { state: 'missing' as const, why, ...(reason !== undefined && { reason }) };
}

describe('the ids of the other side', () => {
  it('are compared in their stored form: a UUID in any case, any other as it is', () => {
    const ids = new ReceivedIds();
    for (const id of [UUID.toUpperCase(), UUID, 'Message-1', 'Message-1']) ids.add(id);
    expect(ids.size).toBe(2);
    expect(ids.meet(UUID)).toBe(true);
    expect(ids.meet('message-1')).toBe(false);
    expect([...ids.unmet()]).toEqual(['Message-1']);
    expect(ids.meet('Message-1')).toBe(true);
    expect([...ids.unmet()]).toEqual([]);
  });

  it('are shown in the other side’s spelling', () => {
    const ids = new ReceivedIds();
    ids.add(UUID.toUpperCase());
    expect([...ids.unmet()]).toEqual([UUID.toUpperCase()]);
  });
});

describe('an id that no message of the index has met', () => {
  it.each<[string, number | undefined, Partial<ReconciliationTally>]>([
    ['is not stored', undefined, { unknown: 1 }],
    ['is before the range', NOW - DAY - 1, { outside: 1 }],
    ['begins the range, and the index has been read before it was there', NOW - DAY, { both: 1 }],
    ['ends the range, and the index has been read before it was there', NOW - 1, { both: 1 }],
    ['is after the range', NOW, { outside: 1 }],
  ])('%s', async (_, received_at, counts) => {
    const stored = received_at === undefined ? [] : [someRecord({ message_id: UUID, received_at })];
    const findAll = async (keys: readonly string[]) =>
      stored.filter(({ message_id }) => keys.includes(message_id));
    const ids = new ReceivedIds();
    ids.add(UUID.toUpperCase());
    const tally = new ReconciliationTally();
    const { signal } = new AbortController();
    const range = { since: NOW - DAY, until: NOW };
    const found: string[] = [];
    for await (const id of unknownIds({ findAll }, range, ids, tally, { signal })) found.push(id);
    expect(found).toEqual('unknown' in counts ? [UUID.toUpperCase()] : []);
    expect(tally).toEqual(Object.assign(new ReconciliationTally(), counts));
  });
});
