import { describe } from 'vitest';
import { DynamoDBMessageStore } from '../../lib/aws/message-store.ts';
import { messageStoreContract } from '../contract/message-store.contract.ts';
import { MemoryTable } from './memory-table.ts';

describe("the DynamoDB adapter on the model's table", () =>
  messageStoreContract(async () => {
    const table = new MemoryTable();
    const client = { send: async (command: object) => table.execute(command) };
    return new DynamoDBMessageStore(client as never, 'messages');
  }));
