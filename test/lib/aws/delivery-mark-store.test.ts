import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DynamoDBDeliveryMarkStore } from '../../../lib/aws/delivery-mark-store.ts';
import { fromItem, toItem } from '../../../lib/aws/message-item.ts';
import { deliveryMarksContract } from '../../contract/delivery-marks.contract.ts';
import { MemoryDeliveryMarks } from '../../fakes/memory-delivery-marks.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { type DynaliteTables, startDynalite } from '../../helpers/dynalite-table.ts';
import { hangUntilAborted } from '../../helpers/hang-until-aborted.ts';

describe('the fake', () =>
  deliveryMarksContract(async () => {
    const marks = new MemoryDeliveryMarks();
    return {
      marks,
      put: async (id) => void marks.records.set(id, new Map()),
      isThere: async (id) => marks.records.has(id),
    };
  }));

describe('DynamoDB', () => {
  let tables: DynaliteTables;
  beforeAll(async () => {
    tables = await startDynalite();
  });
  afterAll(() => tables[Symbol.asyncDispose]());

  async function start() {
    const TableName = await tables.create();
    const { client } = tables;
    const itemOf = async (message_id: string) => {
      const Key = { message_id: { S: message_id } };
      return (await client.send(new GetItemCommand({ TableName, Key }))).Item;
    };
    return {
      marks: new DynamoDBDeliveryMarkStore(client, TableName),
      put: async (message_id: string) => {
        const Item = toItem(someRecord({ message_id }));
        await client.send(new PutItemCommand({ TableName, Item }));
      },
      isThere: async (id: string) => (await itemOf(id)) !== undefined,
      itemOf,
    };
  }

  deliveryMarksContract(start);

  it('stores a mark as one attribute, and does not change the rest of the record', async () => {
    const { marks, put, itemOf } = await start();
    await put('m');
    const before = await itemOf('m');
    await marks.write('m', 'crm', { attempts: 2, delivered_at: 5, reason: 'timeout' });
    const after = (await itemOf('m')) ?? {};
    expect(after).toEqual({
      ...before,
      delivery_crm: {
        M: { attempts: { N: '2' }, delivered_at: { N: '5' }, reason: { S: 'timeout' } },
      },
    });
    expect(fromItem(after)).toEqual(someRecord({ message_id: 'm' }));
  });

  it('reads only the one mark, consistently', async () => {
    const { marks, put } = await start();
    await put('m');
    const sent = vi.spyOn(tables.client, 'send');
    onTestFinished(() => sent.mockRestore());
    await marks.read('m', 'crm');
    expect(sent.mock.calls[0]?.[0].input).toMatchObject({
      ConsistentRead: true,
      ProjectionExpression: '#mark',
      ExpressionAttributeNames: { '#mark': 'delivery_crm' },
    });
  });

  it('fails if the table fails, and as soon as the deadline aborts', async () => {
    const missing = new DynamoDBDeliveryMarkStore(tables.client, 'not-there');
    await expect(missing.read('m', 'crm')).rejects.toThrow();
    await expect(missing.write('m', 'crm', { attempts: 1 })).rejects.toThrow();

    const { marks } = await start();
    const sent = vi.spyOn(tables.client, 'send').mockImplementation(hangUntilAborted);
    onTestFinished(() => sent.mockRestore());
    for (const call of [
      (deadline: AbortSignal) => marks.read('m', 'crm', deadline),
      (deadline: AbortSignal) => marks.write('m', 'crm', { attempts: 1 }, deadline),
    ]) {
      const controller = new AbortController();
      const called = call(controller.signal);
      controller.abort(new Error('time is up'));
      await expect(called).rejects.toThrow('time is up');
    }
  });
});
