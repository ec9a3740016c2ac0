import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { markAttribute, toMarkValue } from '../../lib/aws/delivery-marks.ts';
import { toItem } from '../../lib/aws/message-item.ts';
import { DynamoDBQuarantineStore } from '../../lib/aws/quarantine-store.ts';
import type { DeliveryMarks } from '../../lib/forwarding/delivery-mark.ts';
import type { MessageRecord } from '../../lib/messages/message-record.ts';
import { notificationsIn } from '../../lib/messages/notification.ts';
import { MessageArchive } from '../../tools/archive/message-archive.ts';
import { QuarantineArchive } from '../../tools/archive/quarantine-archive.ts';
import {
  type ArchiveSource,
  type ArchiveSourceOptions,
  createArchiveSource,
} from '../../tools/console/server/archive-source.ts';
import { AttemptMemory } from '../../tools/console/server/attempts.ts';
import { type DynaliteTables, startDynalite } from './dynalite-table.ts';

/** DynamoDB's limit for one BatchWriteItem. */
const BATCH = 25;

export interface TestArchive {
  readonly archive: MessageArchive;
  readonly quarantine: QuarantineArchive;
  /** Refuses a request: see {@link DynamoDBQuarantineStore.keep}. */
  readonly store: DynamoDBQuarantineStore;
  /** Stores records unchanged, and replaces those with the same ids. */
  put(...records: readonly MessageRecord[]): Promise<void>;
  remove(messageId: string): Promise<void>;
  /** Marks deliveries on a stored record, by subscriber. */
  mark(messageId: string, marks: DeliveryMarks): Promise<void>;
}

/** An archive over an empty table. */
export async function createTestArchive({ client, create }: DynaliteTables): Promise<TestArchive> {
  const TableName = await create();
  return {
    archive: new MessageArchive(client, TableName),
    quarantine: new QuarantineArchive(client, TableName),
    store: new DynamoDBQuarantineStore(client, TableName),
    async put(...records) {
      for (let first = 0; first < records.length; first += BATCH) {
        const portion = records.slice(first, first + BATCH);
        const requests = portion.map((record) => ({ PutRequest: { Item: toItem(record) } }));
        await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
      }
    },
    async mark(messageId, marks) {
      for (const [subscriber, mark] of Object.entries(marks)) {
        await client.send(
          new UpdateItemCommand({
            TableName,
            Key: { message_id: { S: messageId } },
            UpdateExpression: 'SET #mark = :mark',
            ExpressionAttributeNames: { '#mark': markAttribute(subscriber) },
            ExpressionAttributeValues: { ':mark': toMarkValue(mark) },
          }),
        );
      }
    },
    async remove(messageId) {
      const Key = { message_id: { S: messageId } };
      await client.send(new DeleteItemCommand({ TableName, Key }));
    },
  };
}

/** An empty archive, without attempts, for each test of the file. */
export function archiveForEachTest(): { stored: TestArchive; attempts: AttemptMemory } {
  const current = { stored: {} as TestArchive, attempts: new AttemptMemory() };
  let tables: DynaliteTables;
  beforeAll(async () => {
    tables = await startDynalite();
  });
  afterAll(() => tables?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    current.stored = await createTestArchive(tables);
    current.attempts = new AttemptMemory();
  });
  return current;
}

/** The failures that a test's source has reported. */
export const failures: string[] = [];

/** A source over the archive. It polls only on request. */
export function sourceOver(
  { archive, quarantine }: TestArchive,
  options: Partial<ArchiveSourceOptions> = {},
): ArchiveSource {
  failures.splice(0);
  return createArchiveSource({
    info: {
      ...{ name: 'a-stack', region: 'nowhere', country: 'AU', selector: '--stack a-stack' },
      ...{ isLocal: false, messageFormat: 'inbound-sms' },
    },
    setup: { tableName: 'a-table', settings: {}, subscribers: [] },
    archive,
    quarantine,
    toNotification: notificationsIn('inbound-sms'),
    attempts: new AttemptMemory(),
    pollMs: 3_600_000,
    reportFailure: (what, error) => void failures.push(`${what}: ${(error as Error).message}`),
    ...options,
  });
}
