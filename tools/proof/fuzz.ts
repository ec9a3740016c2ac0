import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { largestChildMb } from '../bench/child-processes.ts';
import { benchCommand, count, packageOption, progress } from '../bench/command.ts';
import { packaged } from '../bench/stacks.ts';
import { clientOf } from '../local/aws.ts';
import { startLocalStack } from '../local/stack.ts';
import { fuzzWebhook } from './fuzz-webhook.ts';

export const command = benchCommand(
  'Posts fuzzed bodies to the shipped bundle on the local stack. ' +
    'Fails on a 5xx, a hang, or a 200 without a record equal to what was sent.',
)
  .addOption(count('--runs <n>', 'bodies', 100_000))
  .addOption(count('--seed <n>', 'what decides the bodies', Date.now() % 1e9, 0))
  .addOption(packageOption())
  .action(async ({ runs, seed, package: existing }) => {
    await using resources = new AsyncDisposableStack();
    const packageDir = await packaged(existing, resources);
    console.log(`${runs} bodies, seed ${seed}`);
    const stack = resources.use(await startLocalStack({ packageDir, schedules: false }));
    const { webhookUrl, tableName } = stack;
    const dynamodb = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
    resources.defer(() => dynamodb.destroy());
    const startedAt = Date.now();
    const memory: number[] = [];
    const tenth = Math.max(1, Math.floor(runs / 10));
    let reported = 0;
    const onProgress = async (done: number) => {
      if (done - reported < tenth) return;
      reported = done;
      const mb = await largestChildMb();
      if (mb) memory.push(mb);
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      progress(`${done} bodies, ${seconds} s, function ${mb} MB`);
    };
    const statuses = await fuzzWebhook({ webhookUrl, dynamodb, tableName, runs, seed, onProgress });
    const answered = JSON.stringify(statuses);
    console.log(`statuses ${answered}, the function’s memory in MB: ${memory.join(' ')}`);
  });
