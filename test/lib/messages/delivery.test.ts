import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type DeliveryDeadlines, DeliveryFailed, deliver } from '../../../lib/messages/delivery.ts';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { MemoryMessageStore } from '../../fakes/memory-message-store.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { someMessage } from '../../fixtures/messages.ts';
import { watchDeadlines } from '../../helpers/watch-deadlines.ts';

const ID = someMessage().message_id;
const LEASE = 30_000;
const DAY = 86_400_000;
/** Not a whole second, because a record must not expire too early. */
const START = 1_000_001;

let now: number;
let owners: number;
let store: MemoryMessageStore;
let topic: MemoryMessageTopic;
const record = () => store.records.get(ID);
const deliverMessage = (changes = {}, deadlines: DeliveryDeadlines = {}) =>
  deliver(
    someMessage(changes),
    {
      store,
      topic,
      toNotification: notificationsIn('inbound-sms'),
      now: () => now,
      newOwner: () => `owner-${++owners}`,
      leaseMs: LEASE,
      retentionMs: 90 * DAY,
    },
    deadlines,
  );

beforeEach(() => {
  now = START;
  owners = 0;
  store = new MemoryMessageStore();
  topic = new MemoryMessageTopic();
});

/** An attempt that stores the message and then crashes. */
async function crashBeforePublish(): Promise<void> {
  topic.publish = () => new Promise(() => {});
  void deliverMessage();
  await new Promise(setImmediate);
  topic = new MemoryMessageTopic();
}

describe('a new message', () => {
  it('is stored, published and marked', async () => {
    expect(await deliverMessage()).toEqual({
      outcome: 'published',
      tries: { requests: 1, publish_attempts: 1 },
      sns_message_id: 'sns-1',
      marked: true,
    });
    expect(record()).toMatchObject({
      ...someMessage(),
      received_at: now,
      published_at: now,
      sns_message_id: 'sns-1',
      expires_at: 1_001 + (90 * DAY) / 1000,
    });
    expect(record()?.claim).toBeUndefined();
    expect(topic.published).toHaveLength(1);
  });

  it('is claimed, without an expiry, before it is published', async () => {
    topic.publish = async () => {
      expect(record()).toMatchObject({ claim: { owner: 'owner-1', until: now + LEASE } });
      expect(record()).not.toHaveProperty('expires_at');
      return 'sns';
    };
    await deliverMessage();
    expect.assertions(2);
  });
});

describe('a taken message id', () => {
  it('is a duplicate once published, with any timestamp', async () => {
    await deliverMessage();
    expect(await deliverMessage({ timestamp: 5 })).toEqual({
      outcome: 'duplicate',
      tries: { requests: 1, publish_attempts: 1 },
    });
    expect(topic.published).toHaveLength(1);
  });

  it.each([{ body: 'other' }, { from: '+1' }, { sms_number: '+1' }])(
    'is a conflict with %j, whether its claim holds or not',
    async (changes) => {
      await crashBeforePublish();
      const before = record();
      expect(await deliverMessage(changes)).toMatchObject({ outcome: 'conflict' });
      now += LEASE;
      expect(await deliverMessage(changes)).toMatchObject({ outcome: 'conflict' });
      expect(record()).toEqual(before);
      expect(topic.published).toEqual([]);
    },
  );

  it('is a conflict once published, too, and the other message’s attempts are not told', async () => {
    await crashBeforePublish();
    now += LEASE;
    await deliverMessage();
    const before = record();
    expect(await deliverMessage({ body: 'other' })).toEqual({ outcome: 'conflict' });
    expect(record()).toEqual(before);
  });

  it('is in flight while its claim holds, and is taken over afterwards', async () => {
    await crashBeforePublish();
    now += LEASE - 1;
    expect(await deliverMessage()).toEqual({
      outcome: 'in-flight',
      tries: { requests: 1, publish_attempts: 1 },
    });
    now += 1;
    expect(await deliverMessage()).toMatchObject({
      outcome: 'published',
      tries: { requests: 2, publish_attempts: 2 },
    });
    expect(topic.published).toHaveLength(1);
    expect(record()?.received_at).toBe(START);
  });

  it('is taken over for a whole lease, even after a slow put', async () => {
    await crashBeforePublish();
    const { putNew } = MemoryMessageStore.prototype;
    store.putNew = async (attempt) => {
      now += LEASE;
      return putNew.call(store, attempt);
    };
    topic.publish = vi.fn(async () => {
      expect(record()?.claim).toEqual({ owner: 'owner-2', until: now + LEASE });
      return 'sns';
    });
    await deliverMessage();
    expect(topic.publish).toHaveBeenCalledOnce();
  });

  it('is in flight if another attempt takes it over first', async () => {
    await crashBeforePublish();
    now += LEASE;
    store.takeOver = async () => undefined;
    expect(await deliverMessage()).toMatchObject({ outcome: 'in-flight' });
  });

  it('is ours if the SDK sent the put twice because the answer was lost', async () => {
    const { putNew } = MemoryMessageStore.prototype;
    store.putNew = async (attempt) => {
      await putNew.call(store, attempt);
      return putNew.call(store, attempt);
    };
    expect(await deliverMessage()).toMatchObject({
      outcome: 'published',
      tries: { requests: 1, publish_attempts: 1 },
    });
    expect(topic.published).toHaveLength(1);
  });

  it('is published once by twenty parallel attempts', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => deliverMessage()));
    expect(topic.published).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'published')).toHaveLength(1);
  });
});

describe('a failure', () => {
  it('of the store publishes nothing', async () => {
    const cause = new Error('down');
    store.putNew = async () => {
      throw cause;
    };
    await expect(deliverMessage()).rejects.toMatchObject({
      name: 'DeliveryFailed',
      message: 'The message could not be stored',
      step: 'claim',
      tries: undefined,
      cause,
    });
    expect(topic.published).toEqual([]);
  });

  it('of the topic releases the claim, so that the next attempt publishes at once', async () => {
    topic.isDown = true;
    await expect(deliverMessage()).rejects.toBeInstanceOf(DeliveryFailed);
    await expect(deliverMessage()).rejects.toMatchObject({
      message: 'The message could not be published',
      step: 'publish',
      tries: { requests: 2, publish_attempts: 2 },
      cause: new Error('the topic is down'),
    });
    expect(record()?.claim).toBeUndefined();
    expect(record()).not.toHaveProperty('published_at');
    topic.isDown = false;
    expect(await deliverMessage()).toMatchObject({
      outcome: 'published',
      tries: { requests: 3, publish_attempts: 3 },
    });
  });

  it('of the topic is reported only after the claim is released, because later work would be lost', async () => {
    topic.isDown = true;
    const { release } = MemoryMessageStore.prototype;
    store.release = async (...claim) => {
      await new Promise(setImmediate);
      return release.apply(store, claim);
    };
    await expect(deliverMessage()).rejects.toBeInstanceOf(DeliveryFailed);
    expect(record()?.claim).toBeUndefined();
  });

  it('of the release is reported as the topic’s', async () => {
    topic.isDown = true;
    store.release = async () => {
      throw new Error('down, too');
    };
    await expect(deliverMessage()).rejects.toMatchObject({ step: 'publish' });
  });

  it('of the mark leaves the message published, and pending for the sweeper', async () => {
    store.markPublished = async () => {
      throw new Error('down');
    };
    expect(await deliverMessage()).toMatchObject({ outcome: 'published', marked: false });
    expect(record()).not.toHaveProperty('published_at');
  });

  it('to keep the claim until the mark does not affect the new owner', async () => {
    topic.publish = async () => {
      now += LEASE;
      await store.takeOver(record() as never, { owner: 'thief', until: now + LEASE });
      return 'sns';
    };
    expect(await deliverMessage()).toMatchObject({ outcome: 'published', marked: false });
    expect(record()?.claim?.owner).toBe('thief');
  });
});

it('the first deadline ends storing and publishing, the second releasing and marking', async () => {
  const deadlines = { work: new AbortController().signal, cleanUp: new AbortController().signal };
  const calls: string[] = [];
  topic.isDown = true;
  store = watchDeadlines(store, deadlines, calls);
  topic = watchDeadlines(topic, deadlines, calls);
  await expect(deliverMessage({}, deadlines)).rejects.toBeInstanceOf(DeliveryFailed);
  topic.isDown = false;
  await deliverMessage({}, deadlines);
  expect(calls).toEqual([
    ...['putNew: work', 'publish: work', 'release: cleanUp'],
    ...['putNew: work', 'takeOver: work', 'publish: work', 'markPublished: cleanUp'],
  ]);
});
