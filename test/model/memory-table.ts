import {
  type AttributeValue,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import putItem from 'dynalite/actions/putItem.js';
import updateItem from 'dynalite/actions/updateItem.js';
import { compare } from 'dynalite/db/index.js';
import { type ParsedExpressions, parseExpressions } from './expressions.ts';

export type Item = Record<string, AttributeValue>;

/** An emulated page is short, so that a sweep reads on. DynamoDB ends a page where it likes, too. */
const PAGE_SIZE = 3;

const SCHEMA = {
  TableName: 'messages',
  KeySchema: [{ AttributeName: 'message_id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'message_id', AttributeType: 'S' }],
};

/**
 * A DynamoDB table in memory that executes the commands of the real adapter: dynalite's own code
 * evaluates their expressions, in process and at once.
 */
export class MemoryTable {
  /** Binary values are base64, as dynalite has them. */
  readonly items = new Map<string, Item>();
  /** Each write's item as it was before, the oldest first: what an index that lags still shows. */
  readonly #undo: { readonly id: string; readonly before: Item | undefined }[] = [];
  /** What dynalite's actions work on. */
  readonly #store = {
    options: { maxItemSize: 400 * 1024 },
    getTable: (_: string, done: (error: null, table: object) => void) => done(null, SCHEMA),
    getItemDb: () => this.#itemDb,
  };
  #id = '';
  readonly #itemDb = {
    lock: (_: string, run: (release: (done: unknown) => unknown) => void) => run((done) => done),
    get: (_: string, done: (error: Error | null, item?: Item) => void) => {
      const item = this.items.get(this.#id);
      if (item) done(null, item);
      else done(NOT_FOUND);
    },
    put: (_: string, item: Item, done: () => void) => {
      this.#undo.push({ id: this.#id, before: this.items.get(this.#id) });
      this.items.set(this.#id, copyOf(item));
      done();
    },
  };

  /**
   * @param lag How many of the last writes an index does not show yet.
   * @throws {ConditionalCheckFailedException} As DynamoDB does.
   */
  execute(command: object, lag = 0): Record<string, unknown> {
    if (command instanceof PutItemCommand) {
      return this.#write(putItem, command.input, command.input.Item);
    }
    if (command instanceof UpdateItemCommand) {
      return this.#write(updateItem, command.input, command.input.Key);
    }
    if (command instanceof GetItemCommand) {
      const item = this.items.get(command.input.Key?.message_id?.S ?? '');
      return item ? { Item: answerOf(item) } : {};
    }
    if (command instanceof QueryCommand) return this.#query(command.input, lag);
    throw new Error(`The table does not know ${command.constructor.name}`);
  }

  #write(
    action: typeof putItem,
    input: PutItemCommand['input'] | UpdateItemCommand['input'],
    key: Item | undefined,
  ): Record<string, unknown> {
    this.#id = key?.message_id?.S ?? '';
    const inPlace = this.items.get(this.#id);
    const request = requestOf(input);
    let failure: Error | null | undefined;
    let answer: Record<string, unknown> | undefined;
    action(this.#store, { ...request, ...parseExpressions(request) }, (error, result) => {
      failure = error;
      answer = result;
    });
    if (answer) {
      const { Attributes } = answer as { Attributes?: Item };
      return Attributes ? { Attributes: answerOf(Attributes) } : {};
    }
    if (!isConditionFailure(failure)) throw failure;
    throw new ConditionalCheckFailedException({
      message: failure.message,
      $metadata: {},
      ...(inPlace &&
        input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && {
          Item: answerOf(inPlace),
        }),
    });
  }

  #query(input: QueryCommandInput, lag: number): Record<string, unknown> {
    const { keyConditions = {} } = parseExpressions(input) as ParsedExpressions;
    const matches = (item: Item) =>
      Object.entries(keyConditions).every(([name, { ComparisonOperator, AttributeValueList }]) => {
        const value = item[name];
        return value && compare(ComparisonOperator, value, AttributeValueList);
      });
    const found = [...this.#asOf(lag).values()].filter(matches).sort(byReceivedAt);
    if (input.Select === 'COUNT') return { Count: found.length };
    const start = input.ExclusiveStartKey;
    const rest = start ? found.filter((item) => byReceivedAt(start, item) < 0) : found;
    const page = rest.slice(0, Math.min(PAGE_SIZE, input.Limit ?? PAGE_SIZE));
    const last = page.at(-1);
    return {
      Items: page.map(indexEntry),
      ...(last && page.length < rest.length && { LastEvaluatedKey: indexEntry(last) }),
    };
  }

  /** The items before the last writes. */
  #asOf(lag: number): ReadonlyMap<string, Item> {
    if (lag === 0) return this.items;
    const items = new Map<string, Item | undefined>(this.items);
    for (const { id, before } of this.#undo.slice(-lag).reverse()) items.set(id, before);
    return new Map([...items].filter((entry): entry is [string, Item] => entry[1] !== undefined));
  }
}

const NOT_FOUND = Object.assign(new Error('No such item'), { name: 'NotFoundError' });

function isConditionFailure(failure: Error | null | undefined): failure is Error {
  const type = (failure as { body?: { __type?: string } } | undefined)?.body?.__type;
  return type?.endsWith('#ConditionalCheckFailedException') === true;
}

/** The key attributes, which is all that a KEYS_ONLY index holds. */
function indexEntry({ message_id, received_at, pending_shard }: Item): Item {
  return copyOf({ message_id, received_at, pending_shard } as Item);
}

function byReceivedAt(a: Item, b: Item): number {
  const order = Number(a.received_at?.N) - Number(b.received_at?.N);
  return order || ((a.message_id?.S ?? '') < (b.message_id?.S ?? '') ? -1 : 1);
}

/** An attribute holds one value, which nobody changes. */
function copyOf(item: Item): Item {
  const copy: Item = {};
  for (const name in item) copy[name] = { ...item[name] } as AttributeValue;
  return copy;
}

/** An item as the SDK gives it: binary values are bytes. */
function answerOf(item: Item): Item {
  return withBinaries(item, (base64) => Buffer.from(String(base64), 'base64'));
}

/** A request as the SDK sends it: binary values are base64. */
function requestOf<Input extends PutItemCommand['input'] | UpdateItemCommand['input']>(
  input: Input,
): Input {
  const encoded = (item: Item | undefined) =>
    item && withBinaries(item, (bytes) => Buffer.from(bytes).toString('base64'));
  return {
    ...input,
    ...('Item' in input && { Item: encoded(input.Item) }),
    ...(input.ExpressionAttributeValues && {
      ExpressionAttributeValues: encoded(input.ExpressionAttributeValues),
    }),
  };
}

/** A copy with other binary values. */
function withBinaries(item: Item, change: (value: Uint8Array) => Uint8Array | string): Item {
  const copy = copyOf(item);
  for (const name in item) {
    const value = item[name]?.B;
    if (value !== undefined) copy[name] = { B: change(value) as Uint8Array };
  }
  return copy;
}
