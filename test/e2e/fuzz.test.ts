import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { fuzzWebhook } from '../../tools/proof/fuzz.ts';
import { startTestStack } from '../helpers/local-stack.ts';

it('answers any body without a 5xx, and 200 only for a message stored as it was sent', async () => {
  await using stack = await startTestStack();
  const dynamodb = new DynamoDBClient({
    endpoint: stack.dynamodbEndpoint,
    region: 'ap-southeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
  console.log(`1000 bodies, FUZZ_SEED=${seed}`);
  const statuses = await fuzzWebhook({
    ...{ webhookUrl: stack.webhookUrl, dynamodb, tableName: stack.tableName },
    ...{ runs: 1_000, seed },
  });
  dynamodb.destroy();
  // Both accepted and refused bodies occurred. Otherwise the fuzzer would show nothing.
  expect(statuses[200]).toBeGreaterThan(50);
  expect(statuses[400]).toBeGreaterThan(50);
  expect(statuses[415]).toBeGreaterThan(10);
}, 120_000);
