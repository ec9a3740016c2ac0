import { createServer } from 'node:http';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import { startDynamodb } from '../../../tools/local/dynamodb.ts';
import { listen, PortInUseError } from '../../../tools/local/listen.ts';
import { temporaryDir } from './temporary-dir.ts';

test('a DynamoDB that cannot listen leaves its folder unlocked', async () => {
  const dataDir = await temporaryDir();
  await using other = createServer();
  const port = await listen(other);
  await expect(startDynamodb(port, dataDir)).rejects.toEqual(new PortInUseError(port));
  // A database locks its folder while it is open.
  await using dynamodb = await startDynamodb(0, dataDir);
  const client = new DynamoDBClient({ ...clientOf(dynamodb.endpoint), maxAttempts: 1 });
  await expect(client.send(new ListTablesCommand())).resolves.toMatchObject({ TableNames: [] });
  client.destroy();
});
