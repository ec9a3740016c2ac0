import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type {
  Chaos,
  Counters,
  PbxDelivery,
  SubscriberMessage,
} from '../../../../tools/console/lab-protocol.ts';
import { CALM, ConsoleStack } from './console-stack.ts';
import { tapEvents } from './event-tap.ts';

let service: ConsoleStack;
beforeAll(async () => {
  service = await ConsoleStack.start();
});
afterEach(() => service.chaos({}));
afterAll(() => service?.[Symbol.asyncDispose]());

const NUMBERS = { from: '+61491570006', sms_number: '+61491570156' };
const counters = () => service.get<Counters>('counters');

/** Has the PBX send, and says what it counts in the end besides what was there before. */
async function sendAndCount(
  request: object,
  meanwhile: (sent: readonly PbxDelivery[]) => Promise<unknown> = async () => {},
): Promise<{ readonly counted: Counters; readonly ids: readonly string[] }> {
  const before = await counters();
  const sent = await service.post<PbxDelivery[]>('send', {
    ...NUMBERS,
    body: 'Hello',
    retryDelayMs: 20,
    ...request,
  });
  const ids = [...new Set(sent.map(({ message_id }) => message_id))];
  await meanwhile(sent);
  await vi.waitFor(async () => {
    const open = await under(ids, 'under way');
    expect(open).toEqual([]);
  }, 20_000);
  const counted = await vi.waitFor(async () => {
    const now = difference(await counters(), before);
    expect(now.delivered).toBe(ids.length);
    return now;
  }, 10_000);
  return { counted, ids };
}

async function under(ids: readonly string[], state: PbxDelivery['state']): Promise<PbxDelivery[]> {
  const deliveries = await service.get<PbxDelivery[]>('deliveries');
  return deliveries.filter((each) => ids.includes(each.message_id) && each.state === state);
}

function difference(now: Counters, before: Counters): Counters {
  const names = Object.keys(now) as (keyof Counters)[];
  return Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as never;
}

async function arrivals(id: string): Promise<number> {
  const messages = await service.get<SubscriberMessage[]>('subscriber');
  return messages.filter(({ message_id }) => message_id === id).length;
}

const failing = (count: number) => ({
  sent: count,
  accepted: count,
  stored: count,
  published: count,
  delivered: count,
  emailed: 0,
  deleted: 0,
  lost: 0,
});

describe('whatever goes wrong, each message is published', () => {
  it('once while SNS is off and then on', async () => {
    await service.chaos({ snsDown: true });
    const { counted, ids } = await sendAndCount({ retryDelayMs: 300 }, async ([first]) => {
      await vi.waitFor(async () => {
        const [delivery] = await under([first?.message_id ?? ''], 'under way');
        expect(delivery?.attempts).toMatchObject([{ status: 503 }]);
      }, 5_000);
      await service.chaos({});
    });
    expect(counted).toEqual(failing(1));
    expect(await arrivals(ids[0] ?? '')).toBe(1);
  });

  it('once while DynamoDB is slow', async () => {
    await service.chaos({ dynamodbDelayMs: 30 });
    const { counted, ids } = await sendAndCount({ count: 3 });
    expect(counted).toEqual(failing(3));
    for (const id of ids) expect(await arrivals(id)).toBe(1);
  });

  it('once while answers are lost', async () => {
    await service.chaos({ dropPutAnswer: true });
    const { counted, ids } = await sendAndCount({ count: 3 });
    expect(counted).toEqual(failing(3));
    for (const id of ids) expect(await arrivals(id)).toBe(1);
  });

  it('once although the function is killed before it publishes', async () => {
    await service.chaos({ killBeforePublish: true });
    const { counted, ids } = await sendAndCount({ retryDelayMs: 300 }, async ([first]) => {
      const id = first?.message_id ?? '';
      await vi.waitFor(async () => {
        const [delivery] = await under([id], 'under way');
        expect(delivery?.attempts[0]).toMatchObject({ status: 500 });
      }, 5_000);
      // The killed function's claim holds for longer than a test should take.
      await service.age(id);
    });
    expect(counted).toEqual(failing(1));
    expect(await arrivals(ids[0] ?? '')).toBe(1);
  });

  it('once when it is posted ten times at once', async () => {
    const { counted, ids } = await sendAndCount({ copies: 10, retryDelayMs: 1_000 });
    expect(ids).toHaveLength(1);
    expect(counted).toEqual(failing(1));
    expect(await arrivals(ids[0] ?? '')).toBe(1);
  });

  it('although everything goes wrong together', async () => {
    await service.chaos({ dropPutAnswer: true, dynamodbDelayMs: 10, snsDown: true });
    const { counted } = await sendAndCount({ count: 3, retryDelayMs: 200 }, async (sent) => {
      const ids = sent.map(({ message_id }) => message_id);
      await vi.waitFor(async () => {
        const open = await under(ids, 'under way');
        expect(open.map(({ attempts }) => attempts.length > 0)).toEqual([true, true, true]);
      }, 10_000);
      await service.chaos({});
    });
    expect(counted).toEqual(failing(3));
  });
});

describe('what is lost is counted', () => {
  it('if a message that was accepted is not in the table', async () => {
    await using other = await ConsoleStack.start();
    const counted = () => other.get<Counters>('counters');
    await other.deliver('a');
    await vi.waitFor(async () => expect(await counted()).toEqual(failing(1)));
    await other.emptyTable();
    expect(await counted()).toMatchObject({ stored: 0, deleted: 0, lost: 1 });
    // As the PBX would, if it had not been told that all is well.
    await other.deliver('a');
    expect(await counted()).toMatchObject({ stored: 1, lost: 0 });
  });

  it('but not what was refused', async () => {
    const before = await counters();
    await service.chaos({ snsDown: true });
    const id = randomUUID();
    await service.deliver(id);
    expect(difference(await counters(), before)).toEqual({
      sent: 1,
      accepted: 0,
      stored: 1,
      published: 0,
      delivered: 0,
      emailed: 0,
      deleted: 0,
      lost: 0,
    });
  });
});

describe('whoever watches', () => {
  it('hears what is switched, by whomever', async () => {
    const events = await tapEvents(service.stack.url);
    const chaos: Chaos = { ...CALM, dynamodbDelayMs: 5 };
    await service.chaos(chaos);
    await vi.waitFor(() => expect(events.of('chaos')).toEqual([chaos]));
    expect(await service.get('chaos')).toEqual(chaos);
  });

  it('hears how the counters change, and what happens to a message', async () => {
    const before = await counters();
    const events = await tapEvents(service.stack.url);
    const id = randomUUID();
    await service.deliver(id);
    await vi.waitFor(
      () => expect(difference(events.of('counters').at(-1) ?? before, before)).toEqual(failing(1)),
      5_000,
    );
    await vi.waitFor(() =>
      expect(events.of('message').at(-1)).toMatchObject({ message_id: id, state: 'published' }),
    );
    expect(events.of('attempt')).toMatchObject([{ message_id: id, status: 200 }]);
    expect(events.of('subscriber')).toMatchObject([{ message_id: id }]);
    expect(events.of('timeline')).toContainEqual({ message_id: id });
  });
});
