import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toItem } from '../../../lib/aws/message-item.ts';
import { ALL_SHARDS, type MessageRecord } from '../../../lib/messages/message-record.ts';
import type { CallOptions } from '../../../tools/archive/abortable.ts';
import type { ArchiveQuery } from '../../../tools/archive/archive-query.ts';
import { MessageArchive } from '../../../tools/archive/message-archive.ts';
import { phoneNumbersOf } from '../../../tools/shared/phone-number.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { type DynaliteTables, startDynalite } from '../../helpers/dynalite-table.ts';
import { skipDelays } from '../../helpers/node-modules.ts';

const COUNT = 400;
const NUMBERS = ['+61290000001', '+61290000002'] as const;

/** Some are of the same millisecond. There are three senders, and every tenth is pending. */
const RECORDS = Array.from({ length: COUNT }, (_, n) =>
  someRecord({
    message_id: `message-${String((n * 7919) % COUNT).padStart(4, '0')}`,
    from: n % 50 === 7 ? '' : `+6140000000${n % 3}`,
    sms_number: NUMBERS[n % 2] ?? '',
    body: `Text ${n}`,
    received_at: 1_000_000 + Math.floor(n / 3) * 10,
    ...(n % 10 > 0 && { published_at: 2_000_000 + n, sns_message_id: `sns-${n}` }),
  }),
);

const { matcher } = phoneNumbersOf('AU');

/** The expected list, by sorting all messages. */
function expected(query: ArchiveQuery): string[] {
  const { since = 0, until = Number.POSITIVE_INFINITY, from, sms_number, isPending } = query;
  const sorted = RECORDS.filter(
    (record) =>
      record.received_at >= since &&
      record.received_at < until &&
      (from?.(record.from) ?? true) &&
      (sms_number?.(record.sms_number) ?? true) &&
      (!isPending || record.published_at === undefined),
  ).toSorted((a, b) => a.received_at - b.received_at || (a.message_id < b.message_id ? -1 : 1));
  const ids = sorted.map(({ message_id }) => message_id);
  const ordered = query.order === 'oldest-first' ? ids : ids.toReversed();
  return ordered.slice(0, query.limit);
}

let tables: DynaliteTables;
let tableName: string;
let archive: MessageArchive;

beforeAll(async () => {
  tables = await startDynalite();
  tableName = await tables.create();
  archive = new MessageArchive(tables.client, tableName);
  await put(tables.client, tableName, RECORDS);
});
afterAll(() => tables?.[Symbol.asyncDispose]());

async function put(client: DynamoDBClient, table: string, records: readonly MessageRecord[]) {
  for (let first = 0; first < records.length; first += 25) {
    const requests = records
      .slice(first, first + 25)
      .map((record) => ({ PutRequest: { Item: toItem(record) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function idsOf(messages: AsyncIterable<{ readonly message_id: string }>): Promise<string[]> {
  return (await all(messages)).map(({ message_id }) => message_id);
}

/** A client that records, and may change, its commands. */
function throughput(change: (command: object) => object | undefined = () => undefined) {
  const commands: object[] = [];
  const send = async (command: never, options: never) => {
    commands.push(command);
    return change(command) ?? tables.client.send(command, options);
  };
  return { commands, archive: new MessageArchive({ send } as never, tableName) };
}

describe('a list', () => {
  it.each<[string, ArchiveQuery]>([
    ['all', {}],
    ['oldest first', { order: 'oldest-first' }],
    ['the newest few', { limit: 7 }],
    ['the oldest few', { limit: 7, order: 'oldest-first' }],
    ['a range', { since: 1_000_200, until: 1_000_600 }],
    ['a range without any', { since: 5, until: 6 }],
    ['an empty range', { since: 6, until: 6 }],
    ['one sender', { from: matcher(['+61400000001']) }],
    ['many of one sender', { from: matcher(['+61400000001']), limit: 100 }],
    ['one sender in another spelling', { from: matcher(['0400 000 001']) }],
    ['one recipient', { sms_number: matcher([NUMBERS[0]]) }],
    ['both', { from: matcher(['+61400000002']), sms_number: matcher([NUMBERS[1]]), limit: 5 }],
    ['pending', { isPending: true }],
    [
      'pending, of one sender, oldest first',
      { isPending: true, from: matcher(['+61400000000']), order: 'oldest-first' },
    ],
    ['pending, to a number that has none', { isPending: true, sms_number: matcher([NUMBERS[1]]) }],
    ['nobody', { from: matcher(['nobody']) }],
    ['withheld numbers', { from: matcher(['']) }],
    ['none', { limit: 0 }],
  ])('of %s is complete and in order', async (_, query) => {
    const wanted = expected(query);
    expect(await idsOf(archive.list(query))).toEqual(wanted);
    if (query.isPending) return;
    expect(await idsOf(archive.listKeys(query))).toEqual(wanted);
  });

  it('has complete messages', async () => {
    const [newest] = await all(archive.list({ limit: 1 }));
    expect(newest).toEqual(RECORDS.find(({ message_id }) => message_id === newest?.message_id));
  });

  it.each(['newest-first', 'oldest-first'] as const)(
    'in pages, %s, is the whole list',
    async (order) => {
      const ids: string[] = [];
      // Pages that end within a millisecond.
      for (let after: ArchiveQuery['after']; ; ) {
        const page = await all(archive.list({ order, limit: 37, after }));
        if (page.length === 0) break;
        ids.push(...page.map(({ message_id }) => message_id));
        after = page.at(-1);
      }
      expect(ids).toEqual(expected({ order }));
    },
  );

  it('of the newest reads no more than needed', async () => {
    const { commands, archive: counted } = throughput();
    await idsOf(counted.list({ limit: 50 }));
    const queries = commands.filter((command) => command instanceof QueryCommand);
    // Each shard returns its share, and seldom needs a second query.
    expect(queries.length).toBeLessThan(ALL_SHARDS.length * 2);
    expect(queries[0]?.input.Limit).toBe(8);
    const gets = commands.filter((command) => command instanceof BatchGetItemCommand);
    const keysOf = ({ input }: BatchGetItemCommand) => input.RequestItems?.[tableName]?.Keys;
    expect(gets.map((get) => keysOf(get)?.length)).toEqual([50]);
  });

  it('of few among many is read in growing pages', async () => {
    const { commands, archive: counted } = throughput();
    await idsOf(counted.list({ from: matcher(['nobody']), limit: 1 }));
    const limits = commands.map(
      (command) => command instanceof QueryCommand && command.input.Limit,
    );
    expect(limits.length).toBeLessThanOrEqual(ALL_SHARDS.length * 2);
    expect([...new Set(limits)]).toEqual([8, 32]);
  });

  it('reads no record that its key excludes', async () => {
    const { commands, archive: counted } = throughput();
    const wanted = expected({ order: 'oldest-first' }).filter((id) => id.endsWith('7'));
    const whereKey = ({ message_id }: { readonly message_id: string }) => message_id.endsWith('7');
    expect(await idsOf(counted.list({ order: 'oldest-first', whereKey }))).toEqual(wanted);
    const gets = commands.filter((command) => command instanceof BatchGetItemCommand);
    const keys = gets.flatMap(({ input }) => input.RequestItems?.[tableName]?.Keys ?? []);
    expect(keys.map(({ message_id }) => message_id?.S)).toEqual(wanted);
  });

  it('leaves out messages that were deleted since the index was read', async () => {
    const { archive: lossy } = throughput((command) =>
      command instanceof BatchGetItemCommand ? { Responses: { [tableName]: [] } } : undefined,
    );
    expect(await idsOf(lossy.list({}))).toEqual([]);
  });

  it('of pending messages leaves out those that were published since', async () => {
    const { archive: late } = throughput(async (command) => {
      if (!(command instanceof BatchGetItemCommand)) return tables.client.send(command as never);
      const { Responses } = await tables.client.send(command);
      const items = Responses?.[tableName]?.map((item, n) =>
        n === 0 ? { ...item, published_at: { N: '1' } } : item,
      );
      return { Responses: { [tableName]: items } };
    });
    const found = await idsOf(late.list({ isPending: true }));
    expect(found).toHaveLength(expected({ isPending: true }).length - 1);
  });

  it('ends when its signal aborts', async () => {
    const stopping = new AbortController();
    const listing = (async () => {
      for await (const _ of archive.list({}, { signal: stopping.signal })) stopping.abort();
    })();
    await expect(listing).rejects.toThrow('abort');
  });
});

describe('the messages with certain ids', () => {
  it('are complete, even if DynamoDB answers in parts', async () => {
    const { archive: partial } = throughput((command) => {
      if (!(command instanceof BatchGetItemCommand)) return undefined;
      const { Keys = [] } = command.input.RequestItems?.[tableName] ?? {};
      if (Keys.length <= 3) return undefined;
      const RequestItems = { [tableName]: { Keys: Keys.slice(0, 3) } };
      return tables.client.send(new BatchGetItemCommand({ RequestItems })).then((answer) => ({
        ...answer,
        UnprocessedKeys: { [tableName]: { Keys: Keys.slice(3) } },
      }));
    });
    const ids = RECORDS.slice(0, 8).map(({ message_id }) => message_id);
    const found = await partial.findAll([...ids, 'unknown', ids[0] ?? '']);
    expect(found.map(({ message_id }) => message_id).sort()).toEqual(ids.sort());
  });

  it('are given up when DynamoDB keeps reading none of them', async () => {
    const { commands, archive: refusing } = throughput(() => ({
      UnprocessedKeys: { [tableName]: { Keys: [{ message_id: { S: 'a' } }] } },
    }));
    const delays = skipDelays();
    await expect(refusing.findAll(['a'])).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(commands).toHaveLength(1 + 6);
    expect(delays.mock.calls.map(([ms]) => ms)).toEqual([50, 100, 200, 400, 800, 1_600]);
  });
});

it.each<[string, (from: MessageArchive, options: CallOptions) => Promise<unknown>]>([
  ['find', (from, options) => from.find('a', options)],
  ['findAll', (from, options) => from.findAll(['a'], options)],
  ['list', (from, options) => all(from.list({}, options))],
  ['listKeys', (from, options) => all(from.listKeys({}, options))],
])('%s makes no call after its signal has aborted', async (_, read) => {
  const { commands, archive: counted } = throughput();
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(read(counted, { signal })).rejects.toThrow('stopped');
  expect(commands).toEqual([]);
});

describe('one message', () => {
  it('is found by its id, with its expiry', async () => {
    const record = someRecord({ message_id: 'expiring' });
    const own = await tables.create();
    const PutRequest = { Item: { ...toItem(record), expires_at: { N: '1800000000' } } };
    await tables.client.send(
      new BatchWriteItemCommand({ RequestItems: { [own]: [{ PutRequest }] } }),
    );
    const found = await new MessageArchive(tables.client, own).find('expiring');
    expect(found).toEqual({ ...record, expires_at: 1_800_000_000 });
  });

  it('is not found if it does not exist, after one call', async () => {
    const { commands, archive: counted } = throughput();
    expect(await counted.find('unknown')).toBeUndefined();
    expect(commands).toMatchObject([{ input: { ConsistentRead: true } }]);
  });
});
