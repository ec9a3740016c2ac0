import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type Item, toItem } from '../lib/message-item.ts';
import { type MessageRecord, shardOf } from '../lib/message-record.ts';

/**
 * Just enough of DynamoDB and SNS, on the wire, for a sweep: fast, and with a latency of its own. The
 * emulators read a large index so slowly that they would be all that a measurement shows.
 */
export interface PendingStub extends AsyncDisposable {
  readonly url: string;
  /** AWS calls so far. */
  readonly calls: Record<string, number>;
  /** How often each message was published. */
  readonly publications: Map<string, number>;
  /** Records that are not marked as published. */
  pending(): number;
  /** The most connections that were open at once. */
  connections(): number;
}

interface Operations {
  [operation: string]: (input: Record<string, never> & Input) => object;
}

interface Input {
  readonly Select?: string;
  readonly Limit?: number;
  readonly Key: { readonly message_id: { readonly S: string } };
  readonly UpdateExpression: string;
  readonly ExclusiveStartKey?: Item;
  readonly ExpressionAttributeValues: Record<string, { readonly S: string; readonly N: string }>;
}

class ConditionFailed extends Error {}

export async function startPendingStub(
  records: readonly MessageRecord[],
  { latencyMs }: { latencyMs: number },
): Promise<PendingStub> {
  const calls: Record<string, number> = {};
  const publications = new Map<string, number>();
  const items = new Map<string, Item>();
  const shards = new Map<string, Item[]>();
  for (const record of records) {
    const item = toItem(record);
    const shard = shardOf(record.message_id);
    items.set(record.message_id, item);
    if (!shards.has(shard)) shards.set(shard, []);
    shards.get(shard)?.push(item);
  }

  const dynamodb: Operations = {
    Query: ({ ExpressionAttributeValues: values, ExclusiveStartKey, Limit, Select }) => {
      const shard = values[':shard']?.S ?? '';
      const left = (shards.get(shard) ?? []).filter((item) => item.pending_shard);
      shards.set(shard, left);
      if (Select === 'COUNT') return { Count: left.length };
      const after = Number(ExclusiveStartKey?.received_at?.N ?? -1);
      const start = left.findIndex((item) => Number(item.received_at?.N) > after);
      const page = start < 0 ? [] : left.slice(start, start + (Limit ?? left.length));
      const keys = page.map(({ message_id, received_at }) => ({ message_id, received_at }));
      const isLast = start < 0 || start + page.length >= left.length;
      return { Items: keys, Count: keys.length, ...(!isLast && { LastEvaluatedKey: keys.at(-1) }) };
    },
    UpdateItem: ({ Key, UpdateExpression, ExpressionAttributeValues: values }) => {
      const item = items.get(Key.message_id.S);
      if (!item) throw new ConditionFailed();
      const isOwner = item.claim_owner?.S === values[':owner']?.S;
      if (UpdateExpression.startsWith('SET claim_owner')) {
        const isFree = !item.claim_until || Number(item.claim_until.N) <= Number(values[':now']?.N);
        if (!item.pending_shard || !isFree) throw new ConditionFailed();
        item.claim_owner = values[':owner'] as never;
        item.claim_until = values[':until'] as never;
        return { Attributes: item };
      }
      if (!isOwner) throw new ConditionFailed();
      delete item.claim_owner;
      delete item.claim_until;
      if (UpdateExpression.startsWith('SET published_at')) delete item.pending_shard;
      return {};
    },
  };

  const publishBatch = (form: URLSearchParams): string => {
    const results: string[] = [];
    for (let n = 1; form.has(`PublishBatchRequestEntries.member.${n}.Id`); n++) {
      const entry = `PublishBatchRequestEntries.member.${n}`;
      const { message_id } = JSON.parse(form.get(`${entry}.Message`) ?? '{}');
      publications.set(message_id, (publications.get(message_id) ?? 0) + 1);
      const id = form.get(`${entry}.Id`);
      results.push(`<member><Id>${id}</Id><MessageId>sns-${message_id}</MessageId></member>`);
    }
    const result = `<Successful>${results.join('')}</Successful><Failed/>`;
    return `<PublishBatchResponse><PublishBatchResult>${result}</PublishBatchResult></PublishBatchResponse>`;
  };

  const server = createServer(async (request, response) => {
    const body = await text(request);
    const target = request.headers['x-amz-target'];
    const operation = target ? String(target).split('.')[1] : 'PublishBatch';
    calls[operation ?? ''] = (calls[operation ?? ''] ?? 0) + 1;
    let status = 200;
    let answer: string;
    try {
      answer = target
        ? JSON.stringify(dynamodb[operation ?? '']?.(JSON.parse(body)))
        : publishBatch(new URLSearchParams(body));
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      status = 400;
      answer = '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}';
    }
    await delay(latencyMs);
    response.writeHead(status, {
      'content-type': target ? 'application/x-amz-json-1.0' : 'text/xml',
    });
    response.end(answer);
  });
  let [open, mostOpen] = [0, 0];
  server.on('connection', (socket) => {
    mostOpen = Math.max(mostOpen, ++open);
    socket.once('close', () => open--);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    publications,
    connections: () => mostOpen,
    pending: () => [...items.values()].filter((item) => item.pending_shard).length,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
