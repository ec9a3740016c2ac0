import { setTimeout as delay } from 'node:timers/promises';
import { AwsStub } from '../aws-stub.ts';
import { LAMBDA_CORES, openCpuQuota } from '../cpu-quota.ts';
import { openTlsIdentity, type TlsIdentity } from '../tls-identity.ts';
import type { Contender } from './contenders.ts';
import { quotaRemark } from './lambda.ts';
import { newIds, rotated, type Section, type SectionContext } from './section.ts';
import { type ENDINGS, Wire } from './wire.ts';

/** The time of every AWS call. */
const LATENCY_MS = 4;
const WARM_UP = 3;

/** What happens to the idle connections of a frozen function. */
export interface Freeze {
  /** How the connections end. Without it, they stay open. */
  readonly ending?: keyof typeof ENDINGS;
  /** They end after the message has arrived, just before the function continues. */
  readonly isLate?: boolean;
}

export const FREEZES = {
  'connections open': {},
  'connections closed': { ending: 'closed' },
  'closed while thawing': { ending: 'closed', isLate: true },
  'connections reset': { ending: 'reset' },
  'forgotten by a NAT gateway': { ending: 'forgotten' },
} as const satisfies Record<string, Freeze>;

/** The measurements of the first message after a freeze. */
export interface Thawed {
  /** The time since the process continued. */
  readonly wallMs: number;
  readonly cpuMs: number;
  /** AWS calls that got an answer. */
  readonly calls: number;
  /** Attempts without an answer, by the SDK's own count. */
  readonly lost: number;
  /** New connections. */
  readonly connections: number;
}

export const freeze: Section = {
  name: 'freeze',
  about: 'as on Lambda: the first message after a freeze in which idle connections ended',
  options: { freezes: [20, 'freezes a contender and kind'] },

  async run(context) {
    await using tls = await openTlsIdentity();
    {
      await using quota = await openCpuQuota(LAMBDA_CORES);
      context.remark(
        `A new process handles ${WARM_UP} messages over HTTPS, where a call takes ${LATENCY_MS} ms. It is stopped, ` +
          'its connections end, and it goes on when its next message is there. Times count from then on. ' +
          quotaRemark(quota.refusal),
      );
    }
    await measureFreezes(context, tls);
    await measureSilence(context, tls);
  },
};

async function measureFreezes(
  { contenders, number, progress, record }: SectionContext,
  tls: TlsIdentity,
): Promise<void> {
  const freezes = number('freezes');
  const thaws: ({ kind: string; name: string } & Thawed)[] = [];
  for (let round = 0; round <= freezes; round++) {
    if (round % 5 === 1) progress(`run ${round} of ${freezes}`);
    for (const contender of rotated(contenders, round)) {
      const { name } = contender;
      const ids = newIds(`f3ee${String(round).padStart(4, '0')}-0000-4000-8000-`, 100);
      await using frozen = await openFrozen(contender, tls, { isHeldBack: true });
      await frozen.deliver(ids.splice(0, WARM_UP));
      for (const [kind, how] of rotated(Object.entries(FREEZES), round)) {
        const thawed = await frozen.thaw(ids.splice(0, 1), how);
        // Its connections are in use again before the next freeze.
        await frozen.deliver(ids.splice(0, 1));
        // The first round fills the disk's cache and is not counted.
        if (round > 0) thaws.push({ kind, name, ...thawed });
      }
    }
  }
  for (const kind of Object.keys(FREEZES)) {
    const ofKind = thaws.filter((thawed) => thawed.kind === kind);
    for (const { name, wallMs, cpuMs } of ofKind) {
      record({ name: kind, unit: 'ms' }, name, wallMs);
      record({ name: `${kind}, CPU`, unit: 'ms' }, name, cpuMs);
    }
    const line = { name: `${kind}, attempts lost in ${freezes} freezes`, unit: 'attempts' };
    for (const { name } of contenders) {
      const own = ofKind.filter((thawed) => thawed.name === name);
      record(
        line,
        name,
        own.reduce((sum, { lost }) => sum + lost, 0),
      );
    }
  }
}

/** Runs each once and all at the same time, because most wait for the function's timeout. */
async function measureSilence(
  { contenders, progress, record }: SectionContext,
  tls: TlsIdentity,
): Promise<void> {
  progress('connections on which nothing is answered');
  const measure = async (contender: Contender) => {
    const ids = newIds('f3eeffff-0000-4000-8000-', WARM_UP + 1);
    await using frozen = await openFrozen(contender, tls, { isHeldBack: true });
    await frozen.deliver(ids.splice(0, WARM_UP));
    const { timeoutMs } = contender.fn;
    const thawed = await Promise.race([
      frozen.thaw(ids, { ending: 'silent' }),
      delay(timeoutMs, undefined, { ref: false }),
    ]);
    return thawed ? { ms: thawed.wallMs } : { ms: timeoutMs, note: 'timed out' };
  };
  const took = await Promise.all(contenders.map(measure));
  const line = { name: 'no answer on connections', unit: 'ms' };
  for (const [index, { name }] of contenders.entries()) {
    const { ms = 0, note } = took[index] ?? {};
    record(line, name, ms, note);
  }
}

interface FrozenFunction extends AsyncDisposable {
  /** Handles messages one right after another. */
  deliver(ids: readonly string[]): Promise<unknown>;
  /** Freezes the function, and lets it go on for messages, of which the first is the first after a freeze. */
  thaw(ids: readonly string[], freeze: Freeze): Promise<Thawed>;
}

/**
 * A process that has loaded a function, with an AWS of its own over HTTPS.
 *
 * @param options.isHeldBack Gives it Lambda's share of a core from then on.
 */
export async function openFrozen(
  contender: Contender,
  tls: TlsIdentity,
  { isHeldBack = false } = {},
): Promise<FrozenFunction> {
  await using opened = new AsyncDisposableStack();
  const stub = opened.use(await AwsStub.start({ latencyMs: LATENCY_MS, tls }));
  stub.remembers = false;
  const dynamodb = opened.use(await Wire.open(stub.endpoints.dynamodb));
  const sns = opened.use(await Wire.open(stub.endpoints.sns));
  const endpoints = { ...stub.endpoints, dynamodb: dynamodb.url, sns: sns.url };
  const quota = isHeldBack ? opened.use(await openCpuQuota(LAMBDA_CORES)) : undefined;
  const host = opened.use(await contender.load([], { endpoints, trust: stub.trust }));
  await quota?.add(host.pid);

  /** The number of the last attempt at each call. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
  const attempts = new Map<unknown, number>();
  stub.beforeAnswer = async (_, headers) => {
    const attempt = /attempt=(\d+)/.exec(String(headers['amz-sdk-request']))?.[1];
    attempts.set(headers['amz-sdk-invocation-id'], Number(attempt));
  };

  const thaw = async (ids: readonly string[], { ending, isLate = false }: Freeze) => {
    const connections = () => dynamodb.opened + sns.opened;
    const before = connections();
    const endIdle = async () => {
      if (ending) await Promise.all([dynamodb.end(ending), sns.end(ending)]);
    };
    attempts.clear();
    await host.freeze();
    if (!isLate) await endIdle();
    const answered = host.call('deliver', ids);
    if (isLate) await endIdle();
    const startedAt = performance.now();
    host.thaw();
    const { cpuMs } = await answered;
    const wallMs = performance.now() - startedAt;
    const lost = [...attempts.values()].reduce((sum, attempt) => sum + attempt - 1, 0);
    return { wallMs, cpuMs, calls: attempts.size, lost, connections: connections() - before };
  };
  const kept = opened.move();
  return {
    deliver: (ids) => host.call('deliver', ids),
    thaw,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
