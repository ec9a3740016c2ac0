import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startLocalStack } from '../local/stack.ts';
import { largestChildMb } from './child-memory.ts';
import { fuzzWebhook } from './fuzz-webhook.ts';

const HELP = `Posts fuzzed bodies to the shipped bundle on the local stack.

  npm run fuzz -- [--runs 100000] [--seed N]

Fails on a 5xx, a hang, or a 200 without a record equal to what was sent.`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const runs = Number(values.runs);
const seed = Number(values.seed);
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  console.error('--runs and --seed take whole numbers');
  process.exit(1);
}

console.log(`${runs} bodies, seed ${seed}`);
await using stack = await startLocalStack({ schedules: false });
const dynamodb = new DynamoDBClient({
  endpoint: stack.dynamodbEndpoint,
  region: 'ap-southeast-2',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
const startedAt = Date.now();
const memory: number[] = [];
const tenth = Math.max(1, Math.floor(runs / 10));
let reported = 0;
const statuses = await fuzzWebhook({
  ...{ webhookUrl: stack.webhookUrl, dynamodb, tableName: stack.tableName, runs, seed },
  onProgress: async (done) => {
    if (done - reported < tenth) return;
    reported = done;
    const mb = await largestChildMb();
    if (mb) memory.push(mb);
    console.log(
      `${done} bodies, ${Math.round((Date.now() - startedAt) / 1000)} s, function ${mb} MB`,
    );
  },
});
dynamodb.destroy();
console.log(
  `statuses ${JSON.stringify(statuses)}, the function’s memory in MB: ${memory.join(' ')}`,
);
