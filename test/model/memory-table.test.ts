import { describe } from 'vitest';
import { DynamoDBMessageStore } from '../../lib/message-store.ts';
import { messageStoreContract } from '../contract/message-store.contract.ts';
import { MemoryTable } from './memory-table.ts';

describe('table', () =>
  messageStoreContract(async () => {
    const table = new MemoryTable();
    return new DynamoDBMessageStore(
      { send: async (c: object) => table.execute(c) } as never,
      'messages',
    );
  }));
