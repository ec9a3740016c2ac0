import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startLocalStack } from '../local/stack.ts';
import { largestChildMb } from './child-memory.ts';
import { checkBacklog, drainBacklog, type SweepLine, storeBacklog } from './drain-backlog.ts';

const HELP = `Drains a backlog of pending records with the shipped sweeper, two sweeps at once.

  npm run backlog -- [--records 100000]

Prints the rate; fails if a record is left, was claimed twice, or a sweep ran past its deadline.
The emulators share the machine with the sweeper: the rate is theirs more than the sweeper's.`;

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
await using stack = await startLocalStack({
  schedules: false,
  onFunctionLog: (_, line) => {
    if (line.includes('"outcome":"swept"')) lines.push(JSON.parse(line));
    else console.error(line);
  },
});
const dynamodb = new DynamoDBClient({
  endpoint: stack.dynamodbEndpoint,
  region: 'ap-southeast-2',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
const table = { dynamodb, tableName: stack.tableName };

console.log(`Storing ${records} pending records ...`);
await storeBacklog(table, records);
const startedAt = Date.now();
const memory: (number | undefined)[] = [];
await drainBacklog(
  () => stack.invoke('publishPending', {}),
  lines,
  async (round) => {
    for (const { SweepPublished, Pending, stopped, duration_ms } of round) {
      const rate = Math.round((SweepPublished * 1_000) / duration_ms);
      console.log(
        `${SweepPublished} published in ${duration_ms} ms (${rate}/s), ${Pending} pending, ${stopped}`,
      );
    }
    memory.push(await largestChildMb());
  },
);
const seconds = (Date.now() - startedAt) / 1_000;
const result = await checkBacklog(table);
dynamodb.destroy();

const longest = Math.max(...lines.map(({ duration_ms }) => duration_ms));
console.log(
  `${records} drained in ${seconds.toFixed(1)} s: ${Math.round(records / seconds)}/s; longest sweep ` +
    `${longest} ms of ${TIMEOUT_MS}; the function’s memory in MB: ${memory.join(' ')}`,
);
console.log(JSON.stringify(result));
const isWhole = result.records === records && result.unpublished === 0;
if (!isWhole || result.claimedTwice > 0 || longest > TIMEOUT_MS) process.exitCode = 1;
