import { describe, expect, it } from 'vitest';
import type { DeliveryMark } from '../../../lib/forwarding/delivery-mark.ts';
import {
  type Addressee,
  type Addressing,
  deliveryTexts,
} from '../../../tools/archive/deliveries.ts';
import type { ArchivedMessage } from '../../../tools/archive/message-archive.ts';
import { someRecord } from '../../fixtures/messages.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PUBLISHED = Date.UTC(2026, 10, 7, 10, 30);

const subscriber = (
  kind: Addressee['kind'] = 'https',
  addressing: Addressing = 'for-it',
  name = 'crm',
): Addressee => ({ name, kind, addressing: () => addressing });

const published = (deliveries: ArchivedMessage['deliveries']): ArchivedMessage => ({
  ...someRecord({ received_at: PUBLISHED - 300, published_at: PUBLISHED }),
  ...(deliveries && { deliveries }),
});

/** One subscriber's text, an hour after publishing. */
function only(message: ArchivedMessage, of = subscriber(), now = PUBLISHED + HOUR) {
  const [found] = deliveryTexts(message, [of], now);
  const { name: _, ...text } = found as NonNullable<typeof found>;
  return text;
}

describe('a mark shows', () => {
  const plus = (ms: number) => PUBLISHED + ms;
  it.each<[string, DeliveryMark, object]>([
    ['a delivery', { attempts: 1, delivered_at: plus(2.4 * SECOND) }, delivered('after 2 s')],
    ['a fast one', { attempts: 1, delivered_at: plus(440) }, delivered('after 0.4 s')],
    [
      'one by a clock that is late',
      { attempts: 1, delivered_at: plus(-5) },
      delivered('after less than 0.1 s'),
    ],
    [
      'failures before it',
      { attempts: 4, failed_at: plus(0), reason: '500', delivered_at: plus(4.9 * MINUTE) },
      { state: 'delivered', text: '500 three times, delivered 4 minutes later' },
    ],
    ['one at once', { attempts: 1, delivered_at: plus(40) }, delivered('after less than 0.1 s')],
    ['one after an hour', { attempts: 1, delivered_at: plus(HOUR) }, delivered('after 1 hour')],
    [
      'one failure before it',
      { attempts: 2, failed_at: plus(0), reason: 'timeout', delivered_at: plus(MINUTE) },
      { state: 'delivered', text: 'timeout once, delivered 1 minute later' },
    ],
    [
      'many failures before it',
      { attempts: 25, failed_at: plus(0), reason: '503', delivered_at: plus(20 * HOUR) },
      { state: 'delivered', text: '503 24 times, delivered 20 hours later' },
    ],
    [
      'a replay as well',
      { attempts: 1, delivered_at: plus(SECOND), replayed_at: plus(3 * DAY) },
      { state: 'delivered', text: 'delivered after 1 s, a replay delivered 2 days later' },
    ],
    [
      'a replay that was the first delivery',
      { attempts: 1, delivered_at: plus(2 * HOUR), replayed_at: plus(2 * HOUR + 1) },
      delivered('after 2 hours'),
    ],
    [
      'a replay that delivered what was given up',
      {
        ...{ attempts: 1, failed_at: plus(0), reason: '500', dead_at: plus(DAY) },
        ...{ delivered_at: plus(2 * DAY), replayed_at: plus(2 * DAY) },
      },
      { state: 'delivered', text: 'given up (500), a replay delivered 1 day later' },
    ],
    [
      'a replay that fails',
      { attempts: 1, delivered_at: plus(2 * SECOND), ...failedReplay(1) },
      { state: 'delivered', text: 'delivered after 2 s; a replay failed (503)' },
    ],
    [
      'a replay that fails, of a message that failed before',
      { attempts: 3, failed_at: 0, reason: '500', delivered_at: 15_000, ...failedReplay(5) },
      {
        state: 'delivered',
        text: '500 twice, delivered 15 s later; a replay failed (503, 5 attempts or more)',
      },
    ],
    [
      'a replay that was given up, after one that was delivered',
      {
        ...{ attempts: 1, delivered_at: plus(SECOND), replayed_at: plus(3 * DAY) },
        ...{ ...failedReplay(34), replay_dead_at: plus(5 * DAY) },
      },
      {
        state: 'delivered',
        text: 'delivered after 1 s, a replay delivered 2 days later; a replay was given up (503)',
      },
    ],
    [
      'a failure',
      { attempts: 1, failed_at: plus(0), reason: '302' },
      { state: 'failing', text: 'failing (302)', reason: '302' },
    ],
    [
      'failures, of which not each is marked',
      { attempts: 12, failed_at: plus(0), reason: '500' },
      { state: 'failing', text: 'failing (500), 12 attempts or more', reason: '500' },
    ],
    [
      'the end of the attempts',
      { attempts: 34, failed_at: plus(0), dead_at: plus(DAY), reason: 'timeout' },
      {
        state: 'dead',
        text: 'given up after 34 attempts (timeout), in the dead-letter queue',
        reason: 'timeout',
      },
    ],
    [
      'a redrive that came through',
      { attempts: 1, dead_at: plus(DAY), reason: '500', delivered_at: plus(DAY + 3 * HOUR) },
      {
        state: 'delivered',
        text: 'given up (500), redriven and delivered 3 hours later',
      },
    ],
  ])('%s', (_, mark, expected) => {
    expect(only(published({ crm: mark }))).toEqual(expected);
  });

  function failedReplay(replay_attempts: number) {
    return { replay_attempts, replay_failed_at: plus(4 * DAY), replay_reason: '503' };
  }

  function delivered(how: string) {
    return { state: 'delivered', text: `delivered ${how}` };
  }

  it.each([
    ['in', plus(14 * DAY) - 1],
    ['no longer in', plus(14 * DAY)],
  ])('a message %s the dead-letter queue, which keeps it for 14 days', (where, now) => {
    const mark = { attempts: 34, failed_at: PUBLISHED, dead_at: plus(DAY), reason: '500' };
    const { text } = only(published({ crm: mark }), subscriber(), now);
    expect(text).toBe(`given up after 34 attempts (500), ${where} the dead-letter queue`);
  });

  it('more than a filter, which may have changed since', () => {
    const mark = { attempts: 1, delivered_at: plus(SECOND) };
    const { state } = only(published({ crm: mark }), subscriber('https', 'filtered'));
    expect(state).toBe('delivered');
  });

  it('nothing for the kind queue, even if an earlier subscriber had the name', () => {
    const mark = { attempts: 1, delivered_at: plus(SECOND) };
    const { state } = only(published({ crm: mark }), subscriber('queue'));
    expect(state).toBe('handed-over');
  });

  it('a removed subscriber after the deployed ones', () => {
    const marks = { chat: { attempts: 1, delivered_at: plus(SECOND) } };
    const found = deliveryTexts(published(marks), [subscriber()], plus(HOUR));
    expect(found.map(({ name, text }) => `${name}: ${text}`)).toEqual([
      'crm: waiting',
      'chat: delivered after 1 s',
    ]);
  });
});

describe('without a mark, a message', () => {
  it.each<[string, Addressee, object]>([
    ['waits', subscriber(), { state: 'waiting', text: 'waiting' }],
    [
      'for a queue of one’s own is handed to SNS',
      subscriber('queue'),
      { state: 'handed-over', text: 'handed to SNS' },
    ],
    [
      'that the filter leaves out is not for it',
      subscriber('slack', 'filtered'),
      { state: 'not-for-it', text: 'not for it (filter)' },
    ],
    [
      'that its queue’s filter leaves out is not for it',
      subscriber('queue', 'filtered'),
      { state: 'not-for-it', text: 'not for it (filter)' },
    ],
    [
      'from before the subscriber is not for it',
      subscriber('email', 'before-it'),
      { state: 'not-for-it', text: 'not for it (published before it subscribed)' },
    ],
    [
      'is in doubt if the filter cannot be read',
      subscriber('teams', 'unknown'),
      { state: 'unknown', text: 'no delivery marked, and its filter cannot be read' },
    ],
  ])('%s', (_, of, expected) => {
    expect(only(published(undefined), of)).toEqual(expected);
  });

  it('waits for each subscriber or is not for it, under any name', () => {
    const message = published({ crm: { attempts: 1, delivered_at: PUBLISHED } });
    const of = subscriber('https', 'filtered', 'constructor');
    expect(only(message, of)).toEqual({ state: 'not-for-it', text: 'not for it (filter)' });
  });

  it('is with no subscriber before it is published', () => {
    const expected = { state: 'unpublished', text: 'not published yet' };
    expect(only(someRecord(), subscriber('queue'))).toEqual(expected);
  });
});
