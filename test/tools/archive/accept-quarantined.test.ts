import { type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../../lib/aws/message-item.ts';
import { DynamoDBMessageStore } from '../../../lib/aws/message-store.ts';
import { toQuarantineItem } from '../../../lib/aws/quarantine-item.ts';
import { type DeliveryDependencies, deliver } from '../../../lib/messages/delivery.ts';
import { type Notification, notificationsIn } from '../../../lib/messages/notification.ts';
import type { QuarantineEntry } from '../../../lib/messages/quarantine.ts';
import {
  type AcceptanceResult,
  acceptQuarantined,
  LEASE_MS,
} from '../../../tools/archive/accept-quarantined.ts';
import { DynamoDBAcceptanceStore } from '../../../tools/archive/acceptance-store.ts';
import type { FieldValues } from '../../../tools/archive/read-quarantined.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { someMessage } from '../../fixtures/messages.ts';
import { KEPT, SENT_ID, someEntry, someInvalidEntry } from '../../fixtures/quarantined.ts';
import { type DynaliteTables, startDynalite } from '../../helpers/dynalite-table.ts';

const CONFLICT = someEntry({ reason: 'conflict' });
const NEW_ID = `${SENT_ID}.conflict-${CONFLICT.quarantine_id.slice(0, 16)}`;
/** The PBX's message, once nothing refuses it. */
const SENT = someMessage({ ...KEPT, extra: {} });
/** Another message with the same id. */
const OTHER = someMessage({ ...KEPT, body: 'Another text', extra: {} });

/** A fault of an operator's call. A kill ends all of that operator's work. */
type Fault = 'killed before' | 'killed after' | 'answer lost';
type Step = () => Fault | undefined | Promise<undefined>;

class Killed extends Error {}

let tables: DynaliteTables;
beforeAll(async () => {
  tables = await startDynalite();
});
afterAll(() => tables[Symbol.asyncDispose]());

/** A table with one entry, a topic, and operators who accept it. */
async function start(entry: QuarantineEntry = someEntry()) {
  const TableName = await tables.create();
  const topic = new MemoryMessageTopic();
  const clock = { now: 1_700_000_000_000 };
  const put = (Item: Item) => tables.client.send(new PutItemCommand({ TableName, Item }));
  await put(toQuarantineItem(entry));
  let owners = 0;

  const dependenciesOf = (step: Step) => {
    let isDead = false;
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      if (isDead) throw new Killed();
      const fault = await step();
      isDead ||= fault === 'killed before' || fault === 'killed after';
      if (fault === 'killed before') throw new Killed();
      const answer = await work();
      if (isDead) throw new Killed();
      // The SDK repeats the call.
      return fault === 'answer lost' ? work() : answer;
    };
    const send = (command: object) => call(() => tables.client.send(command as never));
    const client = { send } as unknown as DynamoDBClient;
    const delivery: DeliveryDependencies = {
      store: new DynamoDBMessageStore(client, TableName),
      topic: {
        keepsOrder: false,
        publish: (notification: Notification) => call(() => topic.publish(notification)),
        publishBatch: () => expect.unreachable(),
      },
      toNotification: notificationsIn('inbound-sms'),
      now: () => clock.now,
      newOwner: () => `owner-${++owners}`,
      leaseMs: LEASE_MS,
      retentionMs: 86_400_000,
    };
    return { delivery, acceptances: new DynamoDBAcceptanceStore(client, TableName) };
  };
  const whole = dependenciesOf(() => undefined);

  return {
    topic,
    clock,
    entries: whole.acceptances,
    /** Accepts the entry in its current state. */
    async accept(values: FieldValues = {}, step: Step = () => undefined) {
      const { delivery, acceptances } = dependenciesOf(step);
      const current = await whole.acceptances.find(entry.quarantine_id);
      if (!current) throw new Error('There is no entry');
      const pause = async (ms: number) => {
        clock.now += ms;
      };
      return acceptQuarantined(current, values, { delivery, acceptances, pause });
    },
    /** An attempt of the PBX that is not refused. */
    receive: (message = SENT, step: Step = () => undefined) =>
      deliver(message, { ...dependenciesOf(step).delivery, leaseMs: 30_000 }),
    /** The stored messages. */
    async records() {
      const { Items = [] } = await tables.client.send(new ScanCommand({ TableName }));
      return Items.filter(({ reason }) => reason === undefined);
    },
    entry: () => whole.acceptances.find(entry.quarantine_id),
    put,
  };
}
type Case = Awaited<ReturnType<typeof start>>;

const idsOf = ({ topic }: Case) => [...new Set(topic.published.map((each) => each.message_id))];

/** Expects that it became exactly one published message. @param others Messages that came otherwise. */
async function expectOne(each: Case, message_id: string, others: readonly string[] = []) {
  const records = await each.records();
  const stored = records.filter(({ published_at }) => published_at !== undefined);
  expect(records.length).toBe(stored.length);
  const all = [...others, message_id].toSorted();
  expect(stored.map((record) => record.message_id?.S).toSorted()).toEqual(all);
  expect(idsOf(each).toSorted()).toEqual(all);
  expect(await each.entry()).toMatchObject({
    acceptance: { message_id },
    accepted_at: expect.any(Number),
  });
}

describe('an accepted entry', () => {
  it('is stored and published as the sent message, and the PBX’s next attempt is a duplicate', async () => {
    const each = await start();
    expect(await each.accept()).toEqual({ outcome: 'published', message_id: SENT_ID });
    await expectOne(each, SENT_ID);
    expect(await each.receive()).toMatchObject({ outcome: 'duplicate' });
    expect(each.topic.published).toHaveLength(1);
  });

  it.each([{ from: 'MyBank' }, { sms_number: '+61400000009' }, { body: 'Mended' }])(
    'is the same message with %j: the PBX’s next attempt is a duplicate',
    async (values) => {
      const each = await start();
      expect(await each.accept(values)).toEqual({ outcome: 'published', message_id: SENT_ID });
      expect(JSON.parse(each.topic.published[0]?.message ?? '')).toMatchObject(values);
      expect(await each.receive()).toMatchObject({ outcome: 'duplicate' });
      expect(each.topic.published).toHaveLength(1);
    },
  );

  it('is accepted only once', async () => {
    const each = await start();
    await each.accept();
    const again = { outcome: 'accepted-before', message_id: SENT_ID };
    expect(await each.accept()).toEqual(again);
    expect(await each.accept({ body: 'Other' })).toEqual(again);
    expect(each.topic.published).toHaveLength(1);
  });

  it('is not published again if the PBX has delivered it since', async () => {
    const each = await start();
    await each.receive();
    expect(await each.accept()).toEqual({ outcome: 'duplicate', message_id: SENT_ID });
    await expectOne(each, SENT_ID);
    expect(each.topic.published).toHaveLength(1);
  });

  it('of a conflict becomes its own message', async () => {
    const each = await start(CONFLICT);
    await each.receive(OTHER);
    expect(await each.accept()).toEqual({ outcome: 'published', message_id: NEW_ID });
    expect(idsOf(each)).toEqual([SENT_ID, NEW_ID]);
    expect(JSON.parse(each.topic.published[1]?.message ?? '')).toMatchObject({
      body: KEPT.body,
      extra: { conflicts_with: SENT_ID },
    });
  });

  it('can be corrected with values', async () => {
    const each = await start(someInvalidEntry({ from: undefined }, 'from is missing'));
    expect(await each.accept()).toEqual({
      outcome: 'invalid',
      faults: [{ field: 'from', reason: 'is missing' }],
    });
    expect((await each.entry())?.acceptance).toBeUndefined();
    expect(await each.accept({ from: 'MyBank' })).toMatchObject({ outcome: 'published' });
    expect((await each.entry())?.acceptance?.set).toEqual({ from: 'MyBank' });
    await expectOne(each, SENT_ID);
  });

  it.each<[string, Partial<QuarantineEntry>]>([
    ['cut', { is_cut: true }],
    ['discarded', { discarded_at: 1 }],
  ])('is refused if it is %s', async (outcome, changes) => {
    const each = await start(someEntry(changes));
    expect(await each.accept()).toEqual({ outcome });
    expect(await each.records()).toEqual([]);
  });

  it('is refused if it was discarded after it was read', async () => {
    const each = await start();
    const discard = async () => {
      await each.entries.discard(someEntry().quarantine_id, 5);
      return undefined;
    };
    expect(await each.accept({}, discard)).toEqual({ outcome: 'discarded' });
    expect(await each.records()).toEqual([]);
  });
});

describe('another message with the id', () => {
  it.each([{}, { body: 'Mended' }])(
    'is left as it is: the entry becomes a conflict (with %j)',
    async (values) => {
      const each = await start();
      await each.receive(OTHER);
      expect(await each.accept(values)).toEqual({ outcome: 'published', message_id: NEW_ID });
      const texts = each.topic.published.map(({ message }) => JSON.parse(message));
      expect(texts.map(({ body }) => body)).toEqual([OTHER.body, values.body ?? KEPT.body]);
      expect(texts[1]?.extra.conflicts_with).toBe(SENT_ID);
      await expectOne(each, NEW_ID, [SENT_ID]);
    },
  );

  it('may be one that the PBX has delivered since, if values are set, so nothing is published', async () => {
    const each = await start(someInvalidEntry({ from: undefined }, 'from is missing'));
    await each.receive(OTHER);
    const values = { from: 'MyBank' };
    expect(await each.accept(values)).toEqual({ outcome: 'conflict', message_id: SENT_ID });
    expect(idsOf(each)).toEqual([SENT_ID]);
    expect((await each.entry())?.acceptance).toBeUndefined();
    const named = { ...values, message_id: 'another' };
    expect(await each.accept(named)).toEqual({ outcome: 'published', message_id: 'another' });
  });
});

describe('a second operator', () => {
  it('continues what the first has begun, even if the reason has changed since', async () => {
    const each = await start();
    const values = { from: 'MyBank' };
    await expect(each.accept(values, killAt(1, 'killed after'))).rejects.toThrow(Killed);
    const begun = await each.entry();
    if (!begun) throw new Error('There is no entry');
    await each.put(toQuarantineItem({ ...begun, reason: 'conflict' }));
    expect(await each.accept()).toEqual({ outcome: 'published', message_id: SENT_ID });
    expect(JSON.parse(each.topic.published[0]?.message ?? '').from).toBe('MyBank');
    await expectOne(each, SENT_ID);
  });

  it('is told of other values, whether they were seen or not', async () => {
    const each = await start();
    await expect(each.accept({ from: 'a' }, killAt(1, 'killed after'))).rejects.toThrow(Killed);
    const otherwise = {
      outcome: 'begun-otherwise',
      acceptance: expect.objectContaining({ message_id: SENT_ID, set: { from: 'a' } }),
    };
    expect(await each.accept({ from: 'b' })).toEqual(otherwise);
    expect(await each.accept({ from: 'a' })).toMatchObject({ outcome: 'published' });
    await expectOne(each, SENT_ID);

    const raced = await start();
    const first = async () => {
      await raced.accept({ from: 'a' }, killAt(1, 'killed after')).catch(() => {});
      return undefined;
    };
    expect(await raced.accept({ from: 'b' }, first)).toEqual(otherwise);
  });

  it('waits while the first one publishes it, and is told if that takes too long', async () => {
    const each = await start();
    await expect(each.accept({}, killAt(2, 'killed after'))).rejects.toThrow('could not be stored');
    expect(await each.accept()).toEqual({ outcome: 'in-flight', message_id: SENT_ID });
    each.clock.now += LEASE_MS - 15_000;
    expect(await each.accept()).toEqual({ outcome: 'published', message_id: SENT_ID });
    await expectOne(each, SENT_ID);
  });
});

describe('a discarded entry', () => {
  it('holds only when it was sent, and nothing of its content', async () => {
    const each = await start();
    const { quarantine_id } = someEntry();
    expect(await each.entries.discard(quarantine_id, 5)).toEqual({ isDone: true });
    expect(await each.entries.discard(quarantine_id, 6)).toEqual({ isDone: true });
    const { form, content_type, from, sms_number, ...rest } = someEntry();
    expect(await each.entry()).toEqual({ ...rest, discarded_at: 5 });
  });

  it('cannot be one that is being accepted or is missing', async () => {
    const each = await start();
    const { quarantine_id } = someEntry();
    await expect(each.accept({}, killAt(1, 'killed after'))).rejects.toThrow(Killed);
    const { isDone, ...refused } = {
      entry: undefined,
      ...(await each.entries.discard(quarantine_id, 5)),
    };
    expect(isDone).toBe(false);
    expect(refused.entry).toEqual(await each.entry());
    expect(await each.entries.discard('0'.repeat(32), 5)).toEqual({
      isDone: false,
      entry: undefined,
    });
  });
});

/** Makes one of an operator's calls fail: 1 is the first. */
function killAt(call: number, fault: Fault): Step {
  let calls = 0;
  return () => (++calls === call ? fault : undefined);
}

describe('a call that fails in any way', () => {
  const CALLS = { 'a message': 5, 'a conflict': 5, 'a message whose id is taken': 9 };
  const FAULTS: readonly Fault[] = ['killed before', 'killed after', 'answer lost'];
  const all = Object.entries(CALLS).flatMap(([kind, calls]) =>
    Array.from({ length: calls }, (_, n) => n + 1).flatMap((call) =>
      FAULTS.map((fault) => [kind, call, fault] as const),
    ),
  );

  it.each(all)('%s: call %i, %s: accepting again makes one', async (kind, call, fault) => {
    const each = await start(kind === 'a conflict' ? CONFLICT : someEntry());
    const isTaken = kind !== 'a message';
    if (isTaken) await each.receive(OTHER);
    const first = await each.accept({}, killAt(call, fault)).catch((error: Error) => error);
    expect(first instanceof Error).toBe(fault !== 'answer lost');
    each.clock.now += LEASE_MS;
    await each.accept();
    await (isTaken ? expectOne(each, NEW_ID, [SENT_ID]) : expectOne(each, SENT_ID));
  });
});

describe('two operators and the PBX at the same time', () => {
  const SEEDS = Array.from({ length: 18 }, (_, seed) => seed + 1);

  it.each(SEEDS)('make one message of it (seed %i)', async (seed) => {
    const isTaken = seed % 3 > 0;
    const each = await start(seed % 3 === 1 ? CONFLICT : someEntry());
    if (isTaken) await each.receive(OTHER);
    const random = randomOf(seed);
    const turns = new Turns(random);
    const faultOf = (): Fault | undefined => {
      const drawn = random();
      if (drawn < 0.06) return 'killed before';
      if (drawn < 0.12) return 'killed after';
      return drawn < 0.2 ? 'answer lost' : undefined;
    };
    const operator = async (values: FieldValues): Promise<AcceptanceResult | Killed> => {
      for (;;) {
        const step = () => turns.wait().then(faultOf) as Promise<undefined>;
        const result = await each.accept(values, step).catch((error: Error) => error);
        if (!(result instanceof Error)) return result;
        // Another process, which starts later.
        each.clock.now += 20_000;
      }
    };
    const pbx = async () => {
      for (let attempt = 0; attempt < 3; attempt++) {
        const step = () => turns.wait().then(faultOf) as Promise<undefined>;
        await each.receive(SENT, step).catch(() => {});
        each.clock.now += 20_000;
      }
    };
    await turns.untilDone([operator({}), operator({}), pbx()]);
    each.clock.now += LEASE_MS;
    await each.accept();
    await (isTaken ? expectOne(each, NEW_ID, [SENT_ID]) : expectOne(each, SENT_ID));
  });
});

/** Lets one waiting operator continue at a time. */
class Turns {
  readonly #random: () => number;
  readonly #waiting: (() => void)[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async untilDone(all: readonly Promise<unknown>[]): Promise<void> {
    let isDone = false;
    const done = Promise.all(all).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise(setImmediate);
      const place = Math.floor(this.#random() * this.#waiting.length);
      this.#waiting.splice(place, 1)[0]?.();
    }
    await done;
  }
}

/** Numbers from 0 to 1, always the same for a seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
