import fc from 'fast-check';
import { type Delivery, deliver } from '../../lib/delivery.ts';
import { notificationsIn } from '../../lib/notification.ts';
import { sweep } from '../../lib/sweep.ts';
import { someMessage } from '../fixtures/messages.ts';
import type { CallFault } from './calls.ts';
import { Violation } from './invariants.ts';
import { World } from './world.ts';

const LEASE_MS = 30_000;
const GRACE_MS = 60_000;
const SWEEP_LEASE_MS = 90_000;

/** What the PBX may post: two contents under one id, and another id. */
const MESSAGES = {
  first: someMessage({ message_id: 'a', body: 'first' }),
  conflicting: someMessage({ message_id: 'a', body: 'second' }),
  other: someMessage({ message_id: 'b', body: 'other' }),
};

type Action =
  | { readonly do: 'post'; readonly message: keyof typeof MESSAGES }
  | { readonly do: 'sweep' }
  | { readonly do: 'call'; readonly pick: number; readonly fault: CallFault }
  | { readonly do: 'clock'; readonly ms: number };

const fault = fc.oneof(
  { weight: 6, arbitrary: fc.constant<CallFault>('none') },
  {
    weight: 4,
    arbitrary: fc.constantFrom<CallFault>(
      'error',
      'lost answer',
      'sent again',
      'late',
      'crash before',
      'crash after',
    ),
  },
);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('post' as const),
      message: fc.constantFrom<keyof typeof MESSAGES>('first', 'first', 'conflicting', 'other'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'sweep' as const }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constant('call' as const), pick: fc.nat(7), fault }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      ms: fc.constantFrom(1_000, LEASE_MS, GRACE_MS + 1, SWEEP_LEASE_MS),
    }),
  },
);

/**
 * A property of fast-check: every schedule of posts, sweeps, faults and time, on a
 * topic that keeps order or not, keeps the guarantee.
 */
export const guarantee = fc.asyncProperty(
  fc.boolean(),
  fc.array(action, { maxLength: 60, size: 'max' }),
  async (keepsOrder, schedule) => {
    const world = new World();
    world.keepsOrder = keepsOrder;
    for (const step of schedule) {
      if (step.do === 'post') void post(world, MESSAGES[step.message]);
      else if (step.do === 'sweep') void startSweep(world).catch(() => {});
      else if (step.do === 'clock') world.advanceClock(step.ms);
      else await world.happen(step.pick, step.fault);
      await settled();
      if (world.violation) throw world.violation;
    }
    await recover(world);
    checkEnd(world);
  },
);

async function post(world: World, message: (typeof MESSAGES)['first']): Promise<void> {
  const invocation = world.startInvocation('post');
  let delivery: Delivery;
  try {
    delivery = await deliver(message, dependenciesFor(world, invocation, LEASE_MS));
  } catch {
    return;
  }
  const is200 = delivery.outcome === 'published' || delivery.outcome === 'duplicate';
  if (!is200) return;
  const stored = world.records.records.get(message.message_id);
  const isPublished = world
    .publicationsOf(message.message_id)
    .some((notification) => JSON.parse(notification.message).body === message.body);
  if (stored?.body !== message.body || !isPublished) {
    world.violation ??= new Violation(`200 for ${message.message_id}, not stored and published`);
  }
}

function startSweep(world: World) {
  return sweep({
    ...dependenciesFor(world, world.startInvocation('sweep'), SWEEP_LEASE_MS),
    graceMs: GRACE_MS,
    concurrency: 2,
  });
}

let owners = 0;
const toNotification = notificationsIn('inbound-sms');
function dependenciesFor(
  world: World,
  invocation: ReturnType<World['startInvocation']>,
  leaseMs: number,
) {
  return {
    store: world.storeFor(invocation),
    topic: world.topicFor(invocation),
    toNotification,
    now: () => world.now,
    newOwner: () => `owner-${++owners}`,
    leaseMs,
    retentionMs: 1,
  };
}

/** Everything under way ends, and then sweeps run without faults. */
async function recover(world: World): Promise<void> {
  const drain = async () => {
    await settled();
    while (world.waiting.length > 0) {
      await world.happen(0, 'none');
      await settled();
    }
  };
  await drain();
  world.advanceClock(10 * SWEEP_LEASE_MS);
  const swept = startSweep(world);
  await drain();
  await swept;
}

function checkEnd(world: World): void {
  if (world.violation) throw world.violation;
  for (const record of world.records.records.values()) {
    const { message_id, body } = record;
    const publications = world.publicationsOf(message_id);
    if (publications.length === 0) throw new Violation(`${message_id} was never published`);
    if (record.published_at === undefined) throw new Violation(`${message_id} is not marked`);
    if (record.expires_at === undefined) throw new Violation(`${message_id} never expires`);
    for (const { message } of publications) {
      if (JSON.parse(message).body !== body) throw new Violation(`${message_id} was merged`);
    }
    const excuses = world.excuses.filter((id) => id === message_id).length;
    if (publications.length > 1 + excuses) {
      throw new Violation(
        `${message_id} was published ${publications.length} times; ${excuses} of them explained`,
      );
    }
  }
}

/** Until every invocation waits for a call or has ended. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Checks the guarantee.
 *
 * @throws {Error} With the seed and the smallest schedule found that breaks it.
 */
export async function checkGuarantee({
  runs,
  seed,
}: {
  runs: number;
  seed: number;
}): Promise<void> {
  await fc.assert(guarantee, { numRuns: runs, seed });
}
