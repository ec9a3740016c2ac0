import { describe, expect, it } from 'vitest';
import { RequestFault } from '../../../tools/console/server/responses.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { archiveForEachTest, failures, sourceOver } from '../../helpers/console-archive.ts';
import { publishedAt } from '../cli/stored-messages.ts';

const given = archiveForEachTest();

const { signal } = new AbortController();
const NOW = Date.now();
const ID = '297abf7f-99d9-4b7d-9c46-1d7c13687b11';

describe('a replay', () => {
  const topic = () => new MemoryMessageTopic();
  const idsOf = ({ published }: MemoryMessageTopic) => published.map((n) => n.message_id);

  it('publishes each message once, the oldest first, and leaves what is pending', async () => {
    await given.stored.put(
      someRecord({ message_id: 'new', received_at: NOW, ...publishedAt(NOW) }),
      someRecord({ message_id: 'old', received_at: NOW - 5, ...publishedAt(NOW) }),
      someRecord({ message_id: 'refused', received_at: NOW - 3, ...publishedAt(NOW) }),
      someRecord({ message_id: 'pending', received_at: NOW - 4 }),
    );
    const replayTopic = topic();
    replayTopic.refuses.add('refused');
    const request = { message_ids: ['new', 'pending', 'old', 'refused', 'new'] };
    const source = sourceOver(given.stored, { replayTopic });
    const result = await source.replay?.(request, signal);
    expect(result).toEqual({
      replay: expect.stringMatching(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/),
      published: 2,
      pending: 1,
      refused: 1,
    });
    expect(idsOf(replayTopic)).toEqual(['old', 'new']);
    const marks = replayTopic.published.map(({ attributes }) => attributes.replay);
    expect(new Set(marks)).toEqual(new Set([result?.replay]));
    const { messages } = await source.list({ replay: result?.replay ?? '' }, signal);
    expect(messages.map(({ message_id }) => message_id)).toEqual(['new', 'old']);
  });

  it('is remembered, and told of when it begins and when it ends', async () => {
    await given.stored.put(someRecord({ received_at: NOW, ...publishedAt(NOW) }));
    const source = sourceOver(given.stored, { replayTopic: topic() });
    const told: unknown[] = [];
    using _ = source.watch((name, data) => {
      if (name === 'replay') told.push(data);
    });
    const before = Date.now();
    const result = await source.replay?.({ message_ids: [ID] }, signal);
    const ended = { ...result, at: expect.any(Number), messages: 1, isUnderWay: false };
    expect(told).toEqual([{ ...ended, published: 0, isUnderWay: true }, ended]);
    expect(source.replays()).toEqual([ended]);
    expect(source.replays()[0]?.at).toBeGreaterThanOrEqual(before);
    // The latest first.
    const later = await source.replay?.({ message_ids: [ID] }, signal);
    expect(source.replays().map(({ replay }) => replay)).toEqual([later?.replay, result?.replay]);
  });

  it('publishes nothing if one of them is not stored', async () => {
    await given.stored.put(someRecord(publishedAt(NOW)));
    const replayTopic = topic();
    const replaying = sourceOver(given.stored, { replayTopic }).replay?.(
      { message_ids: [ID, 'gone'] },
      signal,
    );
    await expect(replaying).rejects.toThrow('There is no message gone. Nothing was published.');
    await expect(replaying).rejects.toBeInstanceOf(RequestFault);
    expect(replayTopic.published).toEqual([]);
  });

  it.each([
    ['refuses them', { error: 'AuthorizationError', fault: 'topic' }, ''],
    ['cuts the call off', { error: 'TimeoutError', fault: 'topic' }, ' 2 more may have been.'],
  ] as const)('says how far it came if SNS %s', async (_, refusal, uncertain) => {
    const all = Array.from({ length: 12 }, (_, n) =>
      someRecord({ message_id: `m-${n}`, received_at: NOW + n, ...publishedAt(NOW) }),
    );
    await given.stored.put(...all);
    const replayTopic = topic();
    const { publishBatch } = replayTopic;
    replayTopic.publishBatch = (batch) =>
      batch.length < 10 ? batch.map(async () => refusal) : publishBatch.call(replayTopic, batch);
    const message_ids = all.map(({ message_id }) => message_id);
    const source = sourceOver(given.stored, { replayTopic });
    const replaying = source.replay?.({ message_ids }, signal);
    await expect(replaying).rejects.toThrow(
      new RegExp(
        `: ${refusal.error}\\. 10 of 12 were published again, the oldest first\\.${uncertain}$`,
      ),
    );
    const error = await replaying?.catch(({ message }: Error) => message);
    expect(source.replays()).toMatchObject([{ published: 10, isUnderWay: false, error }]);
  });

  it('that fails for any other reason is reported in the terminal', async () => {
    await given.stored.put(someRecord(publishedAt(NOW)));
    const replayTopic = topic();
    replayTopic.publishBatch = () => {
      throw new Error('secret reason');
    };
    const source = sourceOver(given.stored, { replayTopic });
    const replaying = source.replay?.({ message_ids: [ID] }, signal);
    await expect(replaying).rejects.toThrow('0 of 1 were published again');
    expect(failures).toEqual(['finish a replay: secret reason']);
    expect(JSON.stringify(source.replays())).not.toContain('secret');
  });

  it('is 50 a second', async () => {
    const all = Array.from({ length: 21 }, (_, n) =>
      someRecord({ message_id: `m-${n}`, received_at: NOW + n, ...publishedAt(NOW) }),
    );
    await given.stored.put(...all);
    const replayTopic = topic();
    const times: number[] = [];
    const { publishBatch } = replayTopic;
    replayTopic.publishBatch = (batch) => {
      times.push(performance.now());
      return publishBatch.call(replayTopic, batch);
    };
    const message_ids = all.map(({ message_id }) => message_id);
    await sourceOver(given.stored, { replayTopic }).replay?.({ message_ids }, signal);
    const [first = 0, second = 0, third = 0] = times;
    // The clocks' ticks apart: 10 are due each 200 ms.
    expect(second - first).toBeGreaterThan(150);
    expect(third - first).toBeGreaterThan(350);
  });
});
