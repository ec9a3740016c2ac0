import { AwsStub } from '../bench/aws-stub.ts';
import { largestChildMb } from '../bench/child-processes.ts';
import { benchCommand, count, packageOption, progress } from '../bench/command.ts';
import { packaged } from '../bench/stacks.ts';
import { type LocalStack, startLocalStack } from '../local/stack.ts';

/** The function's timeout in serverless.yml, ms. */
const TIMEOUT_MS = 55_000;

/** A sweep's log line. */
interface SweepLine {
  /** Absent for a sweep with nothing to do. */
  readonly SweepPublished?: number;
  readonly Pending: number;
  readonly stopped: string;
  readonly duration_ms: number;
}

export const command = benchCommand(
  'Drains a backlog of pending records with the shipped sweeper, two sweeps at once, against a stub of ' +
    'DynamoDB and SNS that takes 5 ms a call. Prints the rate; fails if a record is left or was published ' +
    'twice, or a sweep ran past its deadline.',
)
  .addOption(count('--records <n>', 'pending records', 100_000))
  .addOption(packageOption())
  .action(async ({ records, package: existing }) => {
    await using resources = new AsyncDisposableStack();
    const { path: packageDir } = resources.use(await packaged(existing));
    const stub = resources.use(await AwsStub.start({ backlog: records, latencyMs: 5 }));
    const lines: SweepLine[] = [];
    const stack = resources.use(
      await startLocalStack({
        packageDir,
        schedules: false,
        endpoints: stub.endpoints,
        onFunctionLog: (_, line) => {
          if (line.includes('"outcome":"swept"')) lines.push(JSON.parse(line));
          else console.error(line);
        },
      }),
    );
    const startedAt = Date.now();
    const memory = await drain(stack, lines);
    const seconds = (Date.now() - startedAt) / 1_000;

    const { publications, pending } = stub;
    const twice = [...publications.values()].filter((times) => times > 1).length;
    const longest = Math.max(...lines.map(({ duration_ms }) => duration_ms));
    console.log(
      `${records} drained in ${seconds.toFixed(1)} s: ${Math.round(records / seconds)}/s; longest sweep ` +
        `${longest} ms of ${TIMEOUT_MS}; the function’s memory in MB: ${memory.join(' ')}`,
    );
    console.log(`AWS calls ${JSON.stringify(stub.calls)}`);
    console.log(`${publications.size} published, ${twice} of them twice, ${pending} pending`);
    const isDrained = publications.size === records && pending === 0;
    if (!isDrained || twice > 0 || longest > TIMEOUT_MS) process.exitCode = 1;
  });

/**
 * Runs sweeps, two in parallel, until nothing is pending.
 *
 * @param lines The function's log lines, which are added as they come.
 * @returns The function's memory in MB after each round.
 * @throws {Error} If a round publishes nothing while something is pending.
 */
async function drain(stack: LocalStack, lines: readonly SweepLine[]) {
  const memory: (number | undefined)[] = [];
  for (let pending = Number.POSITIVE_INFINITY; pending > 0; ) {
    const seen = lines.length;
    const sweep = () => stack.invoke('publishPending', {});
    await Promise.all([sweep(), sweep()]);
    const round = lines.slice(seen);
    let publishedInRound = 0;
    for (const { SweepPublished = 0, Pending, stopped, duration_ms } of round) {
      publishedInRound += SweepPublished;
      const rate = Math.round((SweepPublished * 1_000) / duration_ms);
      progress(
        `${SweepPublished} published in ${duration_ms} ms (${rate}/s), ${Pending} pending, ${stopped}`,
      );
    }
    memory.push(await largestChildMb());
    pending = Math.max(0, ...round.map(({ Pending }) => Pending));
    if (pending > 0 && publishedInRound === 0) {
      throw new Error(`${pending} are pending, none published`);
    }
  }
  return memory;
}
