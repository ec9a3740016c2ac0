import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { listen } from '../../local/listen.ts';
import { type Item, type Update, updated } from './update-expression.ts';

interface Input extends Update {
  readonly TableName: string;
  readonly Item?: Item;
  readonly Key?: Item;
  readonly ConditionExpression?: string;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** A call of one operation that is kept waiting for its answer. */
interface Hold {
  readonly operation: string;
  isFree: boolean;
  readonly arrived: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/**
 * As much of DynamoDB and SNS, on the wire, as a message needs. It answers at once and keeps items
 * only while it is told to, so that it costs every client the same and never grows.
 *
 * A condition of a put holds where there is no item, that of an update always: no record expires and
 * no claim is lost here.
 */
export class AwsStub {
  readonly #server: Server;
  readonly #items = new Map<string, Item>();
  #calls = 0;
  #remembers = true;
  #hold: Hold | undefined;
  #published = 0;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const { status, type, body } = await this.#answer(request, await text(request));
      response.writeHead(status, {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    });
    // A client that waits for its turn must find its connection as it left it.
    this.#server.keepAliveTimeout = 0;
  }

  /** @returns The URL of both services. */
  async listen(): Promise<string> {
    return `http://127.0.0.1:${await listen(this.#server)}`;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Whether items that are put from now on are kept; those that were stay. */
  set remembers(value: boolean) {
    this.#remembers = value;
  }

  /** Keeps the next call of an operation waiting for its answer until it is released. */
  hold(operation: string): void {
    this.#hold = {
      operation,
      isFree: true,
      arrived: Promise.withResolvers(),
      released: Promise.withResolvers(),
    };
  }

  /** Resolves when the call has arrived. */
  async held(): Promise<void> {
    await this.#hold?.arrived.promise;
  }

  release(): void {
    this.#hold?.released.resolve();
  }

  async #answer({ headers }: IncomingMessage, body: string): Promise<Answer> {
    this.#calls++;
    const target = headers['x-amz-target'];
    const operation = target ? String(target).split('.')[1] : /(?:^|&)Action=(\w+)/.exec(body)?.[1];
    const hold = this.#hold;
    if (hold?.isFree && hold.operation === operation) {
      hold.isFree = false;
      hold.arrived.resolve();
      await hold.released.promise;
    }
    if (operation === 'Publish') return this.#publish();
    if (operation === 'PutItem') return this.#put(JSON.parse(body));
    if (operation === 'UpdateItem') return this.#update(JSON.parse(body));
    if (operation === 'GetItem') return this.#get(JSON.parse(body));
    if (operation === 'DeleteItem') return this.#delete(JSON.parse(body));
    return dynamodbError('UnknownOperationException', {});
  }

  #publish(): Answer {
    const id = `00000000-0000-4000-8000-${String(this.#published++).padStart(12, '0')}`;
    const result = `<PublishResult><MessageId>${id}</MessageId></PublishResult>`;
    const metadata = `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata>`;
    const body = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">${result}${metadata}</PublishResponse>`;
    return { status: 200, type: 'text/xml', body };
  }

  #put(input: Input): Answer {
    const { Item = {}, ConditionExpression, ReturnValuesOnConditionCheckFailure } = input;
    const existing = this.#items.get(keyOf(input));
    if (existing && ConditionExpression) {
      return dynamodbError(
        'ConditionalCheckFailedException',
        ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? { Item: existing } : {},
      );
    }
    if (this.#remembers) this.#items.set(keyOf(input), Item);
    return dynamodb({});
  }

  #update(input: Input): Answer {
    const existing = this.#items.get(keyOf(input));
    if (!existing) return dynamodb({});
    const item = updated(existing, input);
    this.#items.set(keyOf(input), item);
    return dynamodb(input.ReturnValues === 'ALL_NEW' ? { Attributes: item } : {});
  }

  #get(input: Input): Answer {
    const item = this.#items.get(keyOf(input));
    return dynamodb(item ? { Item: item } : {});
  }

  #delete(input: Input): Answer {
    this.#items.delete(keyOf(input));
    return dynamodb({});
  }
}

/** The tables have one key attribute each. */
function keyOf({ TableName, Item, Key = Item }: Input): string {
  const key: AttributeValue | undefined = Key?.message_id ?? Key?.id;
  if (key?.S === undefined) throw new Error(`The stub does not know the key of ${TableName}`);
  return `${TableName}/${key.S}`;
}

function dynamodb(output: object): Answer {
  return { status: 200, type: 'application/x-amz-json-1.0', body: JSON.stringify(output) };
}

function dynamodbError(name: string, details: object): Answer {
  const __type = `com.amazonaws.dynamodb.v20120810#${name}`;
  return { ...dynamodb({ __type, message: name, ...details }), status: 400 };
}
