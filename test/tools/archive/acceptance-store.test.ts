import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { toQuarantineItem } from '../../../lib/aws/quarantine-item.ts';
import { DynamoDBAcceptanceStore } from '../../../tools/archive/acceptance-store.ts';
import { SENT_ID, someEntry } from '../../fixtures/quarantined.ts';
import { startDynalite } from '../../helpers/dynalite-table.ts';

it('does not withdraw an acceptance whose message was published', async () => {
  await using tables = await startDynalite();
  const TableName = await tables.create();
  const entry = someEntry();
  await tables.client.send(new PutItemCommand({ TableName, Item: toQuarantineItem(entry) }));
  const store = new DynamoDBAcceptanceStore(tables.client, TableName);
  const acceptance = { message_id: SENT_ID, fingerprint: 'f', set: {} };
  const id = entry.quarantine_id;
  await store.begin(id, acceptance);
  await store.finish(id, acceptance, 1_700_000_000_000);
  expect(await store.withdraw(id, acceptance)).toMatchObject({ isDone: false });
  expect(await store.find(id)).toMatchObject({ acceptance, accepted_at: 1_700_000_000_000 });
});
