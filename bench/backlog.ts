import { parseArgs } from 'node:util';
import { startLocalStack } from '../local/stack.ts';
import { largestChildMb } from './child-memory.ts';
import { backlogOf, drainBacklog, type SweepLine } from './drain-backlog.ts';
import { startPendingStub } from './pending-stub.ts';

const HELP = `Drains a backlog of pending records with the shipped sweeper, two sweeps at once.

  npm run backlog -- [--records 100000]

The shipped bundle runs against a stub of DynamoDB and SNS that takes 5 ms a call. Prints the rate;
fails if a record is left or was published twice, or a sweep ran past its deadline.`;

/** The function's timeout in serverless.yml, ms. */
const TIMEOUT_MS = 55_000;

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '100000' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const records = Number(values.records);
if (!Number.isInteger(records) || records < 1) {
  console.error('--records takes a whole number');
  process.exit(1);
}

const lines: SweepLine[] = [];
await using stub = await startPendingStub(backlogOf(records), { latencyMs: 5 });
await using stack = await startLocalStack({
  schedules: false,
  endpoints: { dynamodb: stub.url, sns: stub.url },
  onFunctionLog: (_, line) => {
    if (line.includes('"outcome":"swept"')) lines.push(JSON.parse(line));
    else console.error(line);
  },
});
const startedAt = Date.now();
const memory: (number | undefined)[] = [];
await drainBacklog(
  () => stack.invoke('publishPending', {}),
  lines,
  async (round) => {
    for (const { SweepPublished = 0, Pending, stopped, duration_ms } of round) {
      const rate = Math.round((SweepPublished * 1_000) / duration_ms);
      console.log(
        `${SweepPublished} published in ${duration_ms} ms (${rate}/s), ${Pending} pending, ${stopped}`,
      );
    }
    memory.push(await largestChildMb());
  },
);
const seconds = (Date.now() - startedAt) / 1_000;
const publishedTwice = [...stub.publications.values()].filter((times) => times > 1).length;

const longest = Math.max(...lines.map(({ duration_ms }) => duration_ms));
console.log(
  `${records} drained in ${seconds.toFixed(1)} s: ${Math.round(records / seconds)}/s; longest sweep ` +
    `${longest} ms of ${TIMEOUT_MS}; the function’s memory in MB: ${memory.join(' ')}`,
);
console.log(`AWS calls ${JSON.stringify(stub.calls)}`);
console.log(
  `${stub.publications.size} published, ${publishedTwice} of them twice, ${stub.pending()} pending`,
);
const isDrained = stub.publications.size === records && stub.pending() === 0;
if (!isDrained || publishedTwice > 0 || longest > TIMEOUT_MS) process.exitCode = 1;
