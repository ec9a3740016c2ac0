import fc from 'fast-check';
import { someRecord } from '../fixtures/messages.ts';
import type { Defect } from './defect.ts';
import { Violation } from './invariants.ts';
import { REQUESTS } from './pbx-requests.ts';
import { acceptEverything, checkAccepted, checkRefused } from './quarantine-check.ts';
import { type Action, type Setup, scenario } from './schedule.ts';
import { installVirtualTimers } from './virtual-time.ts';
import { World } from './world.ts';

/** Between the sweeps at the end: longer than every lease, and short enough beside MAX_HOLD_MS. */
const SWEEP_EVERY_MS = 600_000;
/** Fault-free sweeps that publish all healthy messages, beside messages that SNS clearly refuses. */
const SWEEPS = 1;
/**
 * The same beside messages whose refusal looks temporary. A message that failed five times is
 * published alone, and its conversation waits for an hour.
 */
const SWEEPS_BESIDE_POISON = 8;

/**
 * A property of fast-check: every schedule of posts, sweeps, faults and time, on a topic that keeps
 * order or not, keeps the guarantee.
 */
const guaranteeWith = (defect?: Defect) =>
  fc.asyncProperty(scenario, async ({ setup, actions }) => {
    const { violations } = await play({ ...setup, defect }, actions);
    if (violations.length === 0) return;
    const { trace } = await play({ ...setup, defect, traces: true }, actions);
    throw new Violation([...violations, '', ...trace].join('\n  '));
  });

/** Plays a schedule to its end. */
export async function play(setup: Setup, actions: readonly Action[]): Promise<World> {
  const world = new World(setup);
  prepare(world, setup);
  for (const action of actions) await take(action, world);
  await recover(world, setup);
  return world;
}

function prepare(world: World, { backlog, poison }: Setup): void {
  const ids = Array.from({ length: backlog }, (_, n) => `m-${String(n).padStart(2, '0')}`);
  for (const [n, message_id] of ids.entries()) {
    const received_at = world.time.now - 200_000 + n;
    const changes = { message_id, received_at, body: message_id, from: `+6140000000${n % 3}` };
    world.aws.watch.store(someRecord(changes));
  }
  const all = [...ids, 'a', 'b', 'c'];
  for (const { index, kind } of poison) {
    world.aws.sns.poison.set(all[index % all.length] ?? '', kind);
  }
}

async function take(action: Action, world: World): Promise<void> {
  switch (action.do) {
    case 'post':
      await world.post(REQUESTS[action.request]);
      break;
    case 'sweep':
      await world.sweep();
      break;
    case 'call': {
      const died = world.aws.happen(action.pick, action.fault);
      if (died) world.kill(died);
      break;
    }
    case 'calls':
      for (let n = 0; n < action.count && world.aws.waiting.length > 0; n++) {
        world.aws.happen(0, 'none');
        await world.settle();
      }
      return;
    case 'allow all numbers':
      world.allowAllNumbers();
      break;
    case 'operate': {
      const entries = [...world.aws.watch.quarantine.entries.values()];
      const entry = entries[action.pick % Math.max(1, entries.length)];
      if (entry) await world.operate(entry, action.wish);
      break;
    }
    case 'clock':
      await world.advance(action.ms);
      break;
    case 'clock to deadline':
      for (let n = 0; n < action.skip; n++) await advanceToDeadline(world, 0);
      await advanceToDeadline(world, action.before);
      break;
  }
  await world.settle();
}

async function advanceToDeadline(world: World, before: number): Promise<void> {
  const { now, nextAt = now } = world.time;
  await world.advance(Math.max(0, nextAt - now - before));
}

/** Everything under way ends, and then sweeps run without faults. */
async function recover(world: World, { keepsOrder, hasOperators }: Setup): Promise<void> {
  world.note('no more faults');
  await drain(world);
  checkRefused(world);
  if (hasOperators) await acceptEverything(world, () => drain(world));
  const kinds = [...world.aws.sns.poison.values()];
  const isSlow = kinds.some(
    (kind) => kind === 'outage' || (keepsOrder && kind.startsWith('unknown')),
  );
  const sweeps = isSlow ? SWEEPS_BESIDE_POISON : SWEEPS;
  for (let n = 0; n < sweeps && !isDone(world); n++) {
    await world.advance(SWEEP_EVERY_MS);
    await world.sweep();
    await drain(world);
  }
  checkEnd(world);
  if (hasOperators) checkAccepted(world);
}

async function drain(world: World): Promise<void> {
  await world.settle();
  for (let steps = 0; world.aws.waiting.length > 0 || world.isAnyAtWork; steps++) {
    if (steps > 5_000) throw new Violation('The work never ends');
    if (world.aws.waiting.length > 0) world.aws.happen(0, 'none');
    else if (world.time.nextAt !== undefined)
      await world.advance(world.time.nextAt - world.time.now);
    await world.settle();
  }
}

function healthyRecords({ aws: { watch, sns } }: World) {
  return [...watch.records.values()].filter(({ message_id }) => !sns.poison.has(message_id));
}

function isDone(world: World): boolean {
  return healthyRecords(world).every(({ published_at }) => published_at !== undefined);
}

function checkEnd(world: World): void {
  const { sns, watch, excuses } = world.aws;
  for (const { message_id, published_at } of healthyRecords(world)) {
    const times = sns.publicationsOf(message_id).length;
    if (times === 0) world.violated(`${message_id} was not published`);
    else if (published_at === undefined) world.violated(`${message_id} is not marked`);
  }
  for (const [message_id, { body }] of watch.records) {
    const publications = sns.publicationsOf(message_id);
    if (publications.some((publication) => publication.body !== body)) {
      world.violated(`${message_id} was merged`);
    }
    const excused = excuses.filter((id) => id === message_id).length;
    if (publications.length > 1 + excused) {
      world.violated(
        `${message_id} was published ${publications.length} times; ${excused} of them explained`,
      );
    }
  }
}

/**
 * Checks the guarantee.
 *
 * @throws {Error} With the seed and the smallest schedule found that breaks it, and what happened.
 */
export async function checkGuarantee({
  runs,
  seed,
  shrinks = true,
  defect,
}: {
  readonly runs: number;
  readonly seed: number;
  /** Look for the smallest schedule: takes a while. */
  readonly shrinks?: boolean;
  readonly defect?: Defect;
}): Promise<void> {
  using _ = installVirtualTimers({ keepsTimers: defect?.keepsTimers ?? false });
  // Thousands of errors are made, and their stacks are not read.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const options = { numRuns: runs, seed, endOnFailure: !shrinks };
  await fc.assert(guaranteeWith(defect), options).finally(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
}
