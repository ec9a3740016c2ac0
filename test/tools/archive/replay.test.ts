import { describe, expect, it } from 'vitest';
import {
  MAX_NOTIFICATION_BYTES,
  type Notification,
  notificationBytes,
  notificationsIn,
} from '../../../lib/messages/notification.ts';
import type { BatchEntryResult } from '../../../lib/messages/ports.ts';
import type { ArchivedMessage } from '../../../tools/archive/message-archive.ts';
import {
  newReplayId,
  ReplayFailed,
  ReplayTally,
  replayMessages,
} from '../../../tools/archive/replay.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { skipDelays } from '../../helpers/node-modules.ts';
import { publishedAt } from '../cli/stored-messages.ts';

const MESSAGES = Array.from({ length: 25 }, (_, n) =>
  someRecord({ message_id: `m-${n}`, received_at: n, ...publishedAt(n) }),
);
const IDS = MESSAGES.map(({ message_id }) => message_id);

/** Fails these messages when they are published for the first time. */
class ShakyTopic extends MemoryMessageTopic {
  override publishBatch(notifications: readonly Notification[]) {
    return super.publishBatch(notifications).map(async (answer, index) => {
      const result = await answer;
      this.fails.delete(notifications[index]?.message_id ?? '');
      return result;
    });
  }
}

function replay(topic: MemoryMessageTopic | undefined, messages = MESSAGES) {
  const tally = new ReplayTally();
  const outcomes: string[] = [];
  const work = replayMessages({
    id: 'replay-1',
    messages: (async function* () {
      yield* messages;
    })(),
    toNotification: notificationsIn('inbound-sms'),
    topic,
    rate: 100_000,
    tally,
    onMessage: async ({ message_id }: ArchivedMessage, outcome) => {
      outcomes.push(`${outcome} ${message_id}`);
    },
    signal: new AbortController().signal,
  });
  return { work, tally, outcomes };
}
const idsOf = ({ published }: MemoryMessageTopic) => published.map((n) => n.message_id);

describe('a replay', () => {
  it('publishes all messages in order, each with the run’s id', async () => {
    const topic = new MemoryMessageTopic();
    const { work, tally } = replay(topic);
    await work;
    expect(idsOf(topic)).toEqual(IDS);
    expect(new Set(topic.published.map(({ attributes }) => attributes.replay))).toEqual(
      new Set(['replay-1']),
    );
    expect(new Set(topic.published.map((n) => n.deduplication_id)).size).toBe(25);
    expect(tally).toMatchObject({ counts: { published: 25 }, done: 25, uncertain: 0 });
    expect(tally.after).toEqual({ received_at: 24, message_id: 'm-24' });
  });

  it('cuts extra fields if the notification would be too large for SNS', async () => {
    const toNotification = notificationsIn('inbound-sms');
    const sized = (bytes: number): ArchivedMessage => {
      const empty = someRecord({ ...publishedAt(0), extra: { more: '' } });
      const more = 'x'.repeat(bytes - notificationBytes(toNotification(empty)));
      return { ...empty, extra: { more } };
    };
    const [largest, old] = [MAX_NOTIFICATION_BYTES - 100, MAX_NOTIFICATION_BYTES].map(sized);
    if (!largest || !old) throw new Error('They cannot be made');
    const topic = new MemoryMessageTopic();
    await replay(topic, [largest, old]).work;
    const sizes = topic.published.map(notificationBytes);
    expect(sizes[0]).toBeGreaterThan(MAX_NOTIFICATION_BYTES - 100);
    expect(sizes[1]).toBeLessThan(10_000);
    const [whole, cut] = topic.published.map(({ message }) => JSON.parse(message));
    expect(whole.extra).toEqual(largest.extra);
    expect(cut.extra.more).toMatch(/^x+\[CUT\]$/);
    expect({ ...cut, extra: {} }).toEqual({
      ...JSON.parse(toNotification(old).message),
      extra: {},
    });
  });

  it('continues after a message that SNS refuses', async () => {
    const topic = new MemoryMessageTopic();
    topic.refuses.add('m-3');
    const { work, tally, outcomes } = replay(topic);
    await work;
    expect(idsOf(topic)).toEqual(IDS.filter((id) => id !== 'm-3'));
    expect(tally.counts).toEqual({ published: 24, pending: 0, refused: 1 });
    expect(outcomes[3]).toBe('refused m-3');
  });

  it('retries only what failed', async () => {
    const topic = new ShakyTopic();
    topic.fails.add('m-3').add('m-12');
    const { work, tally } = replay(topic);
    await work;
    expect(idsOf(topic).toSorted()).toEqual(IDS.toSorted());
    expect(tally.counts.published).toBe(25);
  });

  it('keeps a FIFO topic’s order if a message fails', async () => {
    const topic = new ShakyTopic();
    topic.keepsOrder = true;
    topic.fails.add('m-3');
    await replay(topic).work;
    expect(idsOf(topic)).toEqual(IDS);
  });

  it('continues after a message that keeps failing for an unknown reason', async () => {
    const topic = new MemoryMessageTopic();
    topic.puzzles.add('m-3');
    skipDelays();
    const { work, tally, outcomes } = replay(topic);
    await work;
    expect(tally.counts).toEqual({ published: 24, pending: 0, refused: 1 });
    expect(outcomes[3]).toBe('refused m-3');
  });

  it('stops if SNS keeps failing, and knows its position', async () => {
    const topic = new MemoryMessageTopic();
    topic.fails.add('m-12');
    skipDelays();
    const { work, tally } = replay(topic);
    await expect(work).rejects.toThrow('SNS does not take the messages: NotTaken');
    await expect(work).rejects.toBeInstanceOf(ReplayFailed);
    expect(tally.after).toEqual({ received_at: 9, message_id: 'm-9' });
    expect(tally.done).toBe(10);
    // Nine of the second batch were published but are not counted.
    expect(idsOf(topic)).toHaveLength(19);
    expect(tally.uncertain).toBe(10);
  });

  it('is uncertain about a message that may be published, even if SNS refuses it at a retry', async () => {
    const topic = new MemoryMessageTopic();
    let error = 'InternalError';
    topic.publishBatch = (batch) => {
      const answer = { 'm-1': { error, fault: 'topic' as const } };
      error = 'AuthorizationError';
      const others = {
        'm-0': { sns_message_id: 'sns-1' },
        'm-2': { error: 'InvalidParameter', fault: 'entry' as const },
      };
      const answers: Record<string, BatchEntryResult> = { ...answer, ...others };
      return batch.map(async ({ message_id }) => answers[message_id] ?? expect.unreachable());
    };
    skipDelays();
    const { work, tally } = replay(topic, MESSAGES.slice(0, 3));
    await expect(work).rejects.toMatchObject({ reason: 'AuthorizationError' });
    expect(tally).toMatchObject({ done: 0, uncertain: 2 });
  });

  it('leaves pending messages, and publishes nothing in a dry run', async () => {
    const pending = someRecord({ message_id: 'pending' });
    const messages = [...MESSAGES.slice(0, 2), pending];
    const topic = new MemoryMessageTopic();
    await replay(topic, messages).work;
    expect(idsOf(topic)).toEqual(['m-0', 'm-1']);
    const dry = replay(undefined, messages);
    await dry.work;
    expect(dry.tally.counts).toEqual({ published: 2, pending: 1, refused: 0 });
  });

  it.each([
    'CredentialsProviderError',
    'TokenProviderError',
    'ExpiredToken',
    'InvalidClientTokenId',
    'AuthorizationError',
    'KMSAccessDenied',
    'AccessDeniedException',
    'NotFoundException',
    'QueueDoesNotExist',
  ])('knows that nothing was published, and does not retry: %s', async (error) => {
    const asked: number[] = [];
    const topic = new MemoryMessageTopic();
    topic.publishBatch = (notifications) => {
      asked.push(notifications.length);
      return notifications.map(async () => ({ error, fault: 'topic' as const }));
    };
    const { work, tally } = replay(topic);
    await expect(work).rejects.toMatchObject({ reason: error });
    expect(asked).toEqual([10]);
    expect(tally).toMatchObject({ done: 0, uncertain: 0 });
  });

  it('has an id with the time, and another one for each run', () => {
    const ids = [newReplayId(), newReplayId()];
    for (const id of ids) expect(id).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/);
    expect(new Set(ids).size).toBe(2);
  });
});
