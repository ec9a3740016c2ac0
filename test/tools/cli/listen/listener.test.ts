import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newRecord } from '../../../../lib/messages/message-record.ts';
import type { ArchivedMessage } from '../../../../tools/archive/message-archive.ts';
import type { HeardMessage } from '../../../../tools/cli/listen/heard-message.ts';
import {
  Listener,
  type ListenerPorts,
  type Progress,
  progressFrom,
} from '../../../../tools/cli/listen/listener.ts';

/** Times of a message, ms after the begin of the run, of which many are before the listener. */
interface Life {
  readonly received_at: number;
  /** In the table. */
  readonly stored: number;
  /** By SNS: twice if the first answer was lost. */
  readonly published: readonly number[];
  /** In the record. */
  readonly marked: number;
  /** In the index. */
  readonly indexed: number;
  /** The queue loses it, as while the machine sleeps. */
  readonly isLost: boolean;
}

const END = 600_000;
/** The function has 25 s. */
const LIFE: fc.Arbitrary<Life> = fc
  .record({
    received_at: fc.integer({ min: 0, max: END }),
    storing: fc.integer({ min: 0, max: 25_000 }),
    publishing: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 300_000 })),
    again: fc.option(fc.integer({ min: 0, max: 60_000 }), { freq: 5 }),
    marking: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 10_000 })),
    indexing: fc.integer({ min: 0, max: 1_500 }),
    isLost: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  })
  .map(({ received_at, storing, publishing, again, marking, indexing, isLost }) => {
    const stored = received_at + storing;
    const first = stored + publishing;
    const published = again === null ? [first] : [first, first + again];
    const marked = Math.max(...published) + marking;
    return { received_at, stored, published, marked, indexed: stored + indexing, isLost };
  });

const idOf = (index: number) => `m${String(index).padStart(4, '0')}`;

/** A table, a topic and a clock, which goes on with each call. */
class World {
  now: number;
  readonly #lives: readonly Life[];
  readonly #pause: () => number;
  /** When the queue was subscribed; nothing while there is none. */
  #subscribed: number | undefined;
  #taken = new Set<string>();

  constructor(lives: readonly Life[], begin: number, pause: () => number) {
    this.#lives = lives;
    this.now = begin;
    this.#pause = pause;
  }

  subscribe(): void {
    this.#subscribed = this.now;
    this.#taken = new Set();
  }

  /** What the queue has got, in the order of SNS. */
  receive(): HeardMessage[] {
    this.now += this.#pause();
    const arrived = this.#lives.flatMap(({ published, isLost }, index) =>
      isLost ? [] : published.map((at, number) => ({ at, index, key: `${index} ${number}` })),
    );
    const since = this.#subscribed ?? Number.POSITIVE_INFINITY;
    const next = arrived
      .filter(({ at, key }) => at > since && at <= this.now && !this.#taken.has(key))
      .toSorted((one, other) => one.at - other.at)
      .slice(0, 10);
    for (const { key } of next) this.#taken.add(key);
    return next.map(({ index }) => heard(idOf(index)));
  }

  readonly archive = {
    find: async (id: string) => this.#recordOf(Number(id.slice(1)), this.now),
    findAll: async (ids: readonly string[]) => {
      this.now += this.#pause();
      return ids.flatMap((id) => this.#recordOf(Number(id.slice(1)), this.#stale()) ?? []);
    },
    list: (query: Parameters<ListenerPorts['archive']['list']>[0]) => this.#list(query),
    listKeys: (query: Parameters<ListenerPorts['archive']['listKeys']>[0]) => this.#keys(query),
  };

  async *#list(query: Parameters<ListenerPorts['archive']['list']>[0]) {
    const { since = 0, isPending, whereKey = () => true } = query;
    for (const { index, message_id, received_at } of this.#indexed(isPending)) {
      if (received_at < since || !whereKey({ message_id, received_at })) continue;
      this.now += this.#pause();
      const record = this.#recordOf(index, this.#stale());
      if (record && !(isPending && record.published_at !== undefined)) yield record;
    }
  }

  async *#keys({ limit }: { limit?: number }) {
    const newestFirst = this.#indexed().toReversed();
    for (const { message_id, received_at } of newestFirst.slice(0, limit)) {
      yield { message_id, received_at, from: '', sms_number: '' };
    }
  }

  /** The index as it is now, the oldest first. */
  #indexed(isPending = false) {
    const isThere = ({ indexed, marked }: Life) =>
      indexed <= this.now && !(isPending && marked + 1_000 <= this.now);
    return this.#lives
      .map((life, index) => ({ ...life, index, message_id: idOf(index) }))
      .filter(isThere)
      .toSorted((one, other) => one.received_at - other.received_at);
  }

  /** A batch is read from a replica. */
  #stale = () => this.now - (this.#pause() % 1_000);

  #recordOf(index: number, at: number): ArchivedMessage | undefined {
    const life = this.#lives[index];
    if (!life || life.stored > at) return undefined;
    const sms = {
      message_id: idOf(index),
      from: '',
      sms_number: '',
      body: '',
      fingerprint: '',
      extra: {},
    };
    const record = newRecord(sms, life.received_at, { owner: 'o', until: 0 });
    return life.marked <= at ? { ...record, published_at: life.marked } : record;
  }
}

const heard = (message_id: string) => ({ message_id }) as HeardMessage;

/** As listen.ts does it. @returns The ids in the order in which they were handed over. */
async function listenIn(
  world: World,
  since: number | undefined,
  restartAt: number,
): Promise<{ delivered: string[]; subscribed: number }> {
  const delivered: string[] = [];
  const { signal } = new AbortController();
  const ports: ListenerPorts = {
    archive: world.archive,
    read: ({ message_id }) => heard(message_id),
    isWanted: () => true,
    deliver: async ({ message_id }) => void delivered.push(message_id),
    signal,
  };
  let listener = new Listener(ports, await progressFrom(since, world.archive, signal));
  world.subscribe();
  const subscribed = world.now;
  let catchUpAt = 0;
  let hasRestarted = false;
  // Until the last message is settled.
  while (world.now < 2 * END + 60_000) {
    if (world.now >= catchUpAt) {
      await listener.catchUp();
      catchUpAt = world.now + 30_000;
    }
    for (const message of world.receive()) await listener.hear(message);
    world.now += 500;
    if (!hasRestarted && world.now > restartAt) {
      hasRestarted = true;
      const kept = JSON.parse(JSON.stringify(listener.progress)) as Progress;
      world.now += 120_000;
      world.subscribe();
      listener = new Listener(ports, kept);
      catchUpAt = 0;
    }
  }
  return { delivered, subscribed };
}

const RUN = {
  lives: fc.array(LIFE, { minLength: 1, maxLength: 40 }),
  begin: fc.integer({ min: 0, max: END }),
  restartAt: fc.integer({ min: 0, max: 2 * END }),
  pauses: fc.infiniteStream(fc.integer({ min: 0, max: 3_000 })),
};

it('hands over what is published from now on, once each, also over a restart', async () => {
  const property = fc.asyncProperty(fc.record(RUN), async (run) => {
    const { lives, begin, restartAt, pauses } = run;
    const world = new World(lives, begin, () => pauses.next().value);
    const { delivered, subscribed } = await listenIn(world, undefined, restartAt);
    const later = lives.flatMap(({ published }, index) =>
      published.some((at) => at > subscribed) ? [idOf(index)] : [],
    );
    const earlier = lives.flatMap(({ published, marked }, index) =>
      Math.max(...published) <= begin && marked <= begin - 2_000 ? [idOf(index)] : [],
    );
    expect(delivered).toHaveLength(new Set(delivered).size);
    expect(delivered).toEqual(expect.arrayContaining(later));
    expect(delivered.filter((id) => earlier.includes(id))).toEqual([]);
  });
  await fc.assert(property, { numRuns: 300 });
});

it('hands over what was received since a time, and goes on live, once each', async () => {
  const property = fc.asyncProperty(
    fc.record({ ...RUN, back: fc.integer({ min: 60_000, max: END }) }),
    async ({ lives, begin, restartAt, pauses, back }) => {
      const since = begin - back;
      const world = new World(lives, begin, () => pauses.next().value);
      const { delivered, subscribed } = await listenIn(world, since, restartAt);
      const wanted = lives.flatMap(({ received_at, published }, index) =>
        received_at >= since || published.some((at) => at > subscribed) ? [idOf(index)] : [],
      );
      expect(delivered).toHaveLength(new Set(delivered).size);
      expect(delivered).toEqual(expect.arrayContaining(wanted));
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
