import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toItem } from '../../lib/message-item.ts';
import { DynamoDBMessageStore } from '../../lib/message-store.ts';
import { messageStoreContract } from '../contract/message-store.contract.ts';
import { MemoryMessageStore } from '../fakes/memory-message-store.ts';
import { someRecord } from '../fixtures/messages.ts';
import { type DynaliteTables, startDynalite } from '../helpers/dynalite-table.ts';

describe('the fake', () => messageStoreContract(async () => new MemoryMessageStore()));
describe('the fake, in small pages', () =>
  messageStoreContract(async () => new MemoryMessageStore({ pageSize: 2 })));

describe('DynamoDB', () => {
  let tables: DynaliteTables;
  beforeAll(async () => {
    tables = await startDynalite();
  });
  afterAll(() => tables[Symbol.asyncDispose]());

  messageStoreContract(async () => new DynamoDBMessageStore(tables.client, await tables.create()));
});

describe('an update whose answer was lost and that the SDK sent again', () => {
  const claim = { owner: 'me', until: 10 };
  const failsWith = (record: Parameters<typeof toItem>[0]) => {
    const send = vi.fn(async () => {
      throw new ConditionalCheckFailedException({
        message: 'The conditional request failed',
        $metadata: {},
        Item: toItem(record),
      });
    });
    return new DynamoDBMessageStore({ send } as never, 'table');
  };

  it('is a claim of ours if the claim in place is ours', async () => {
    const record = someRecord({ claim, attempts: 2 });
    expect(await failsWith(record).takeOver(record, claim)).toEqual(record);
    expect(await failsWith(record).claimPending(record.message_id, claim, 0)).toEqual(record);
  });

  it('is no claim if the claim in place is another one', async () => {
    const record = someRecord({ claim: { owner: 'other', until: 10 } });
    expect(await failsWith(record).takeOver(record, claim)).toBeUndefined();
  });

  it('gives back to a sweep the record that another holds, and none that nobody holds', async () => {
    const held = someRecord({ claim: { owner: 'other', until: 10 } });
    expect(await failsWith(held).claimPending(held.message_id, claim, 0)).toEqual(held);
    const published = someRecord({ published_at: 1, sns_message_id: 'sns' });
    expect(await failsWith(published).claimPending(held.message_id, claim, 0)).toBeUndefined();
  });

  it('is a mark if the publication in place is ours', async () => {
    const publication = { published_at: 1, sns_message_id: 'sns', expires_at: 1 };
    const { published_at, sns_message_id } = publication;
    const marked = someRecord({ published_at, sns_message_id });
    expect(await failsWith(marked).markPublished('id', 'me', publication)).toBe(true);
    const others = someRecord({ published_at, sns_message_id: 'other' });
    expect(await failsWith(others).markPublished('id', 'me', publication)).toBe(false);
  });
});
