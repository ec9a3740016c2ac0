import { AwsStub } from '../aws-stub.ts';
import { type CpuQuota, LAMBDA_CORES, openCpuQuota } from '../cpu-quota.ts';
import { openTlsIdentity } from '../tls-identity.ts';
import type { Contender } from './contenders.ts';
import type { Cost } from './function-host.ts';
import type { FunctionProcess } from './function-process.ts';
import { TARGETS } from './measurement.ts';
import { newIds, rotated, type Section, type SectionContext } from './section.ts';
import { duplicates, warmUp } from './warm.ts';

export const lambda: Section = {
  name: 'lambda',
  about: "conditions like Lambda's: HTTPS, latency, full speed to start, then 0.29 of a core",
  options: {
    latency: [4, 'ms that an AWS call takes in the section lambda'],
    warm: [100, 'warm messages a contender and kind in the section lambda'],
  },

  run: ({ contenders, number, ...report }) =>
    measureLambda(
      contenders,
      {
        runs: number('runs'),
        latencyMs: number('latency'),
        warmMessages: number('warm'),
      },
      report,
    ),
};

/** The parts of a contender that are needed. */
export type LambdaContender = Pick<Contender, 'name' | 'target' | 'start'>;

export interface LambdaSettings {
  /** The number of processes for each contender that are started for their first two messages. */
  readonly runs: number;
  /** The time of every AWS call. */
  readonly latencyMs: number;
  /** New messages that are counted in one process for each contender, and as many duplicates. */
  readonly warmMessages: number;
}

type Report = Pick<SectionContext, 'record' | 'remark' | 'progress'>;

/** A contender and the AWS that it calls. */
interface Runner extends LambdaContender {
  readonly stub: AwsStub;
}

/** Measures contenders in turns, under conditions like Lambda's: see {@link remarkOf}. */
export async function measureLambda(
  contenders: readonly LambdaContender[],
  settings: LambdaSettings,
  report: Report,
): Promise<void> {
  const { latencyMs } = settings;
  await using resources = new AsyncDisposableStack();
  const tls = resources.use(await openTlsIdentity());
  const runners: Runner[] = [];
  for (const contender of contenders) {
    runners.push({ ...contender, stub: resources.use(await AwsStub.start({ latencyMs, tls })) });
  }
  const { refusal } = resources.use(await openCpuQuota(LAMBDA_CORES));
  report.remark(remarkOf(latencyMs, refusal));
  await measureFirstMessages(runners, settings, report);
  await measureWarmMessages(runners, settings, report);
}

/**
 * The conditions, for those who read the figures.
 *
 * @param refusal Why there is no CPU quota, if there is none.
 */
export function remarkOf(latencyMs: number, refusal: string | undefined): string {
  return (
    `DynamoDB and SNS are two HTTPS hosts on this machine. Each call takes ${latencyMs} ms plus its ` +
    'handling. TLS handshakes cost CPU time, but no time on the network. The start is the import of the ' +
    `module, including what it awaits, but not the boot of Node. ${quotaRemark(refusal)}`
  );
}

/** @param refusal Why there is no CPU quota, if there is none. */
export function quotaRemark(refusal: string | undefined): string {
  const share = LAMBDA_CORES.toFixed(2);
  if (refusal === undefined) {
    return `After its start, a process has ${share} of a core, in periods of 20 ms.`;
  }
  return (
    `This machine allows no CPU quota (${refusal}). Messages had whole cores instead of ${share} of one, ` +
    'so only their CPU times count.'
  );
}

/** Starts new processes and sends two messages to each. */
async function measureFirstMessages(
  runners: readonly Runner[],
  { runs }: LambdaSettings,
  { record, progress }: Report,
): Promise<void> {
  const { start: startRatios, firstWall, firstCpu, startAndFirst } = TARGETS.lambdaRatios;
  for (const { stub } of runners) stub.remembers = false;
  for (const [round, id] of newIds('1a3bda00-0000-4000-8000-', runs + 1).entries()) {
    if (round % 10 === 1) progress(`run ${round} of ${runs}`);
    for (const runner of rotated(runners, round)) {
      await using started = await startHeldBack(runner);
      const { start, host } = started;
      const first = await host.call('deliver', [id]);
      const second = await host.call('deliver', [id.replace('1a3b', '1a3c')]);
      // The first round fills the disk's cache and is not counted.
      if (round === 0) continue;
      const add = (name: string, value: number, ratioTargets: Record<string, number> = {}) =>
        record({ name, unit: 'ms', ratioTargets }, runner.name, value);
      add('start', start.wallMs, startRatios);
      add('CPU of the start', start.cpuMs);
      add('first message', first.wallMs, firstWall);
      add('CPU of the first message', first.cpuMs, firstCpu);
      add('start and first message', start.wallMs + first.wallMs, startAndFirst);
      add('CPU of start and first message', start.cpuMs + first.cpuMs);
      add('second message', second.wallMs);
      add('CPU of the second message', second.cpuMs);
    }
  }
}

/** The number of warm-up messages, as a multiple of the counted ones. */
const WARM_UP = 3;
const WARM_ROUNDS = 10;

/** Sends messages to one process of each contender, and counts those that come after the first hundreds. */
async function measureWarmMessages(
  runners: readonly Runner[],
  { warmMessages }: LambdaSettings,
  { record, progress }: Report,
): Promise<void> {
  const batch = Math.ceil(warmMessages / WARM_ROUNDS);
  await using resources = new AsyncDisposableStack();
  const hosts: { name: string; host: FunctionProcess }[] = [];
  for (const runner of runners) {
    const { name, stub } = runner;
    progress(`${name}: ${2 * WARM_UP * warmMessages} messages to warm up`);
    const { host } = resources.use(await startHeldBack(runner));
    await warmUp(host, stub, WARM_UP * warmMessages);
    hosts.push({ name, host });
  }
  for (let round = 0; round < WARM_ROUNDS; round++) {
    for (const { name, host } of rotated(hosts, round)) {
      const ids = newIds(`1a3b${String(round).padStart(4, '0')}-0000-4000-8000-`, batch);
      const add = (what: string, costs: readonly Cost[]) => {
        for (const { wallMs, cpuMs } of costs) {
          record({ name: what, unit: 'ms' }, name, wallMs);
          record({ name: `CPU of ${what}`, unit: 'ms' }, name, cpuMs);
        }
      };
      add('a warm new message', await host.call('deliverEach', ids));
      add('a warm duplicate', await host.call('deliverEach', duplicates(batch)));
    }
  }
  const ratioTargets = TARGETS.peakMemoryRatios;
  for (const { name, host } of hosts) {
    const line = { name: 'peak resident memory', unit: 'MB', ratioTargets };
    record(line, name, await host.call('peakRssMb'));
  }
}

/** A process that loads the function at full speed, and then gets only Lambda's share of a core. */
interface Started extends AsyncDisposable {
  readonly host: FunctionProcess;
  /** The time of loading. */
  readonly start: Cost;
}

async function startHeldBack({ start, stub, target }: Runner): Promise<Started> {
  await using resources = new AsyncDisposableStack();
  // A new group. One that was used before may have to wait for its next period.
  const quota: CpuQuota = resources.use(await openCpuQuota(LAMBDA_CORES));
  const host = resources.use(start([], stub));
  const cost = await host.call('load', target);
  await quota.add(host.pid);
  const kept = resources.move();
  return { host, start: cost, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
