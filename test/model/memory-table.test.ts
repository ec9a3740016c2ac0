import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe } from 'vitest';
import { DynamoDBMessageStore } from '../../lib/aws/message-store.ts';
import {
  fromQuarantineItem,
  quarantineKeyOf,
  toQuarantineItem,
} from '../../lib/aws/quarantine-item.ts';
import { DynamoDBQuarantineStore } from '../../lib/aws/quarantine-store.ts';
import { messageStoreContract } from '../contract/message-store.contract.ts';
import { quarantineStoreContract } from '../contract/quarantine-store.contract.ts';
import { type Item, MemoryTable } from './memory-table.ts';

const TableName = 'messages';

const clientOf = (table: MemoryTable) =>
  ({ send: async (command: object) => table.execute(command) }) as never;

describe("the DynamoDB adapter on the model's table", () =>
  messageStoreContract(
    async () => new DynamoDBMessageStore(clientOf(new MemoryTable()), TableName),
  ));

describe("the quarantine's adapter on the model's table", () =>
  quarantineStoreContract(async () => {
    const table = new MemoryTable();
    return {
      store: new DynamoDBQuarantineStore(clientOf(table), TableName),
      read: async (id) => {
        const Key = { message_id: { S: quarantineKeyOf(id) } };
        const { Item: found } = table.execute(new GetItemCommand({ TableName, Key }));
        return found ? fromQuarantineItem(found as Item) : undefined;
      },
      put: async (entry) =>
        void table.execute(new PutItemCommand({ TableName, Item: toQuarantineItem(entry) })),
    };
  }));
