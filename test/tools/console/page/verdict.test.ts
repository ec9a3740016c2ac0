import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../../tools/console/page/message/verdict.ts';
import type { MessageSummary, TimelineEvent } from '../../../../tools/console/protocol.ts';
import { latenessOf } from '../../../../tools/shared/lateness.ts';
import { summary } from './summaries.ts';

/** In whole seconds, as the PBX has it. */
const SENT = 1_790_000_000;
const at = (seconds: number) => (SENT + seconds) * 1_000;

function attempt(seconds: number, status: number, outcome: string, reason?: string): TimelineEvent {
  const said = reason === undefined ? {} : { reason };
  return { kind: 'attempt', at: at(seconds), ms: 20, status, outcome, message_id: 'a', ...said };
}

function call(
  seconds: number,
  purpose: string,
  { operation = 'UpdateItem', error, replay }: Record<string, string> = {},
): TimelineEvent {
  return {
    ...{ kind: 'call', at: at(seconds) - 10, ms: 3, operation, purpose, message_id: 'a' },
    service: operation === 'Publish' ? 'sns' : 'dynamodb',
    ...(error === undefined ? { status: 200 } : { error }),
    ...(replay !== undefined && { replay }),
  };
}

const publish = (seconds: number, error?: string) =>
  call(seconds, 'publish', { operation: 'Publish', ...(error !== undefined && { error }) });

const late: Partial<MessageSummary> = {
  ...{ timestamp: SENT, received_at: at(97), published_at: at(98), state: 'published' },
};
const unpublished: Partial<MessageSummary> = {
  ...{ timestamp: SENT, received_at: at(1), state: 'stored' },
};

function verdict(
  changes: Partial<MessageSummary>,
  timeline: readonly TimelineEvent[] = [],
  { hasCalls = false, now = at(200) } = {},
): string {
  const { published_at: _, ...plain } = summary();
  const all = { ...plain, ...changes };
  return verdictOf({ summary: all, timeline, hasCalls }, now).text;
}

describe('a published message', () => {
  it('was published at once', () => {
    const once = { ...late, received_at: at(0) + 900, published_at: at(1) };
    expect(verdict(once, [attempt(1, 200, 'published')])).toBe(
      'Published 100 ms after it reached the webhook.',
    );
  });

  it('was published soon after an attempt that failed', () => {
    const times = { ...late, received_at: at(1), published_at: at(2) };
    const events = [publish(1, 'not reachable'), attempt(1, 503, 'unavailable')];
    const again = [publish(2), attempt(2, 200, 'published')];
    expect(verdict(times, [...events, ...again], { hasCalls: true })).toBe(
      'Published 1.0 s after it reached the webhook: SNS could not be reached in 1 attempt; attempt 2 published it.',
    );
  });

  it('was published late, by the sweeper, because of SNS', () => {
    const down = [1, 2, 3, 4].flatMap((n) => [
      ...[publish(n, 'not reachable'), publish(n, 'not reachable')],
      attempt(n, 503, 'unavailable'),
    ]);
    const swept = [call(98, 'claim'), publish(98)];
    const early = { ...late, received_at: at(1) };
    expect(verdict(early, [...down, ...swept], { hasCalls: true })).toBe(
      'Published 98 s after the PBX received it: SNS could not be reached in 4 attempts; the sweeper published it.',
    );
  });

  it('tells each cause with the attempts that it failed', () => {
    const down = (n: number) => [publish(n, 'not reachable'), attempt(n, 503, 'unavailable')];
    const killed = [publish(1, 'the function was killed'), attempt(1, 500, 'failed')];
    const events = [
      ...killed,
      ...down(40),
      ...down(41),
      publish(98),
      attempt(98, 200, 'published'),
    ];
    expect(verdict({ ...late, received_at: at(1) }, events, { hasCalls: true })).toBe(
      'Published 98 s after the PBX received it: the function was killed in 1 attempt, and SNS could not be reached in 2 attempts; attempt 4 published it.',
    );
  });

  it('names no cause where calls were slow and succeeded', () => {
    const slow = { ...call(1, 'store and claim'), slowed_ms: 200 } as TimelineEvent;
    const again = call(1, 'store and claim', { error: 'ConditionalCheckFailedException' });
    const slowAgain = { ...again, slowed_ms: 1_000 } as TimelineEvent;
    const events = [slow, slowAgain, publish(1), attempt(1, 200, 'published')];
    const times = { ...late, received_at: at(0), published_at: at(1) };
    expect(verdict(times, events, { hasCalls: true })).toBe(
      'Published 1.0 s after it reached the webhook.',
    );
  });

  it('reached the webhook with the first attempt, also if that was refused', () => {
    const refused = [1, 3].map((n) => attempt(n, 400, 'invalid', 'body is missing'));
    const { timestamp: _, ...times } = { ...late, received_at: at(5) - 20, published_at: at(5) };
    expect(verdict(times, [...refused, attempt(5, 200, 'published')], { hasCalls: true })).toBe(
      'Published 4.0 s after it reached the webhook: 2 attempts failed, the last one with 400, body is missing; attempt 3 published it.',
    );
    const long = { ...times, received_at: at(20) - 20, published_at: at(20) };
    expect(verdict(long, [...refused, attempt(20, 200, 'published')])).toMatch(
      /^Published 19 s after it reached the webhook: 2 attempts failed/,
    );
  });

  it('was published late by a later attempt', () => {
    const events = [
      attempt(50, 503, 'unavailable', 'The message could not be stored and published in time'),
      attempt(98, 200, 'published'),
    ];
    expect(verdict(late, events)).toBe(
      'Published 98 s after the PBX received it: 1 attempt failed, the last one with 503, the message could not be stored and published in time; a later attempt published it.',
    );
  });

  it('names a service as it is written', () => {
    const reason = 'SNS did not answer in time';
    const events = [attempt(50, 503, 'unavailable', reason), attempt(98, 200, 'published')];
    expect(verdict(late, events)).toContain('the last one with 503, SNS did not answer in time;');
  });

  it('came late', () => {
    expect(verdict(late, [attempt(98, 200, 'published')])).toBe(
      'It reached the webhook 97 s after the PBX received it, and was published 1.0 s later.',
    );
  });

  it('claims no more than the record where nothing tells of requests', () => {
    expect(verdict({ ...late, received_at: at(0) })).toBe(
      'Published 98 s after it reached the webhook.',
    );
  });

  it('was published by the sweeper, if a log of requests has none that did', () => {
    const early = { ...late, received_at: at(1) };
    expect(verdict(early, [attempt(1, 503, 'unavailable')])).toContain('the sweeper published it.');
    expect(verdict(early, [attempt(1, 503, 'unavailable')], { hasCalls: true })).not.toContain(
      'sweeper',
    );
  });

  it('was published again by a replay, and not by the sweeper', () => {
    const again = call(300, 'publish once more', { operation: 'Publish', replay: 'r-1' });
    const text = verdict({ ...late, received_at: at(0), published_at: at(1) }, [
      attempt(1, 200, 'published'),
      again,
    ]);
    expect(text).toBe('Published 1.0 s after it reached the webhook. Published again by 1 replay.');
  });

  it('is not delivered', () => {
    const state = 'failing' as const;
    const delivery = { kind: 'delivery' as const, at: at(2), subscriber: 'crm', state };
    expect(verdict(late, [{ ...delivery, text: '500 three times' }])).toContain(
      'Not delivered to crm: 500 three times.',
    );
  });

  const waiting = (name: string, since: number): TimelineEvent => ({
    ...{ kind: 'delivery', at: at(since), subscriber: name, state: 'waiting', text: 'waiting' },
  });

  it('is not delivered while its delivery waits for more than a minute', () => {
    const published = { ...late, received_at: at(0), published_at: at(1), waiting: ['crm'] };
    const events = [attempt(1, 200, 'published'), waiting('crm', 1)];
    expect(verdict(published, events, { now: at(61) })).not.toContain('Not delivered');
    const { text, tone } = verdictOf(
      { summary: summary(published), timeline: events, hasCalls: false },
      at(121),
    );
    expect(text).toMatch(/ Not delivered to crm: waiting for 2 min\.$/);
    expect(tone).toBe('bad');
  });

  it('lacks a delivery before its timeline has been loaded', () => {
    const published = { published_at: at(1), undelivered: ['crm'], waiting: ['billing'] };
    expect(verdict(published, [], { now: at(2) })).toMatch(/ Not delivered to crm\.$/);
    expect(verdict(published, [], { now: at(62) })).toMatch(
      / Not delivered to crm\. Not delivered to billing\.$/,
    );
  });

  it('has an id that was reused', () => {
    expect(verdict({ ...late, conflicts: 20 })).toMatch(/Id reused: 20 requests refused\.$/);
  });
});

describe('a message that is not published', () => {
  it('waits', () => {
    expect(verdict(unpublished)).toBe("Stored. Waiting for the PBX's next attempt or the sweeper.");
  });

  it('is claimed until a time, and not after it', () => {
    const claimed = { ...unpublished, state: 'publishing' as const, claimed_until: at(230) };
    expect(verdict(claimed)).toMatch(/^Stored\. Claimed by a function until \d\d:\d\d:\d\d\.$/);
    expect(verdict(claimed, [], { now: at(231) })).toBe(
      "Stored. Waiting for the PBX's next attempt or the sweeper.",
    );
  });

  it('has been given up by the PBX', () => {
    const ten = Array.from({ length: 10 }, (_, n) => attempt(n + 1, 503, 'unavailable'));
    const overdue = { ...unpublished, state: 'overdue' as const };
    expect(verdict(overdue, ten)).toContain('The PBX has given up and e-mails it.');
    expect(verdict(overdue, ten.slice(1))).toContain("Waiting for the PBX's next attempt");
    // Copies of one request, on the local stack.
    expect(verdict(overdue, ten, { hasCalls: true })).not.toContain('given up');
    const emailed = [...ten, { kind: 'emailed' as const, at: at(12) }];
    expect(verdict(overdue, emailed, { hasCalls: true })).toContain('given up');
  });
});

it('is late from when the PBX received it, unless its clock is ahead', () => {
  const times = { received_at: at(97), published_at: at(98) };
  expect(latenessOf({ ...times, timestamp: SENT })).toBe(98_000);
  expect(latenessOf({ ...times, timestamp: SENT + 3_600 })).toBe(1_000);
  expect(latenessOf(times)).toBe(1_000);
  // The time of the provider's example.
  expect(latenessOf({ ...times, timestamp: 1_576_391_654 })).toBe(1_000);
  expect(latenessOf({ received_at: at(1) })).toBeUndefined();
});
