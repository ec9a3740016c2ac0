import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { basename } from 'node:path/posix';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  AttributeValue,
  PutItemCommandInput,
  QueryCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { shardOf } from '../../lib/messages/message-record.ts';
import type { Endpoints } from '../local/function-definition.ts';
import { hangUp, listen } from '../local/listen.ts';
import { storedItem } from './stored-records.ts';
import type { TlsIdentity } from './tls-identity.ts';

export interface StubOptions {
  /** Pending messages at the start, as after a long outage. */
  readonly backlog?: number;
  /** The time of every call. */
  readonly latencyMs?: number;
  /** The value of each parameter, by the end of its name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Speaks HTTPS, SNS at a host of its own as on AWS. Without it, plain HTTP and one host for all. */
  readonly tls?: TlsIdentity;
}

type Item = Record<string, AttributeValue>;

type Input = Partial<PutItemCommandInput & UpdateItemCommandInput & QueryCommandInput> & {
  /** The name of a parameter of SSM. */
  readonly Name?: string;
};

const CONDITION_FAILED = 'ConditionalCheckFailedException';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * As much of DynamoDB, SNS and SSM, on the wire, as a message, a delivery and a sweep need: fast, with a latency of its
 * own, and the same for every client. The emulators are so slow that they would be all that a
 * measurement shows. It keeps items only while it is told to, so that it never grows.
 *
 * A condition of a put holds where there is no item. Of an update, those of a sweeper's claim and of a
 * claim's owner are looked at.
 */
export class AwsStub implements AsyncDisposable {
  readonly #servers: readonly Server[];
  readonly #items = new Map<string, Item>();
  /** The keys of the backlog's items by shard, the oldest first. */
  readonly #shards = new Map<string, string[]>();
  endpoints: Required<Endpoints> = { dynamodb: '', sns: '', sqs: '', ssm: '' };
  /** Variables for a client, so that it trusts the stub. */
  readonly trust: Readonly<Record<string, string>>;
  /** How often each operation was called. */
  readonly calls: Record<string, number> = {};
  /** How often each message was published in a batch. */
  readonly publications = new Map<string, number>();
  /** Whether new items are kept. Kept items stay. */
  remembers = true;
  /** The most connections that were open at once. */
  connections = 0;
  /** A call waits for it before it is done. */
  beforeAnswer: ((operation: string, headers: IncomingHttpHeaders) => Promise<void>) | undefined;
  readonly #parameters: Readonly<Record<string, string>>;
  #open = 0;
  #published = 0;

  /** A stub that listens. */
  static async start(options: StubOptions = {}): Promise<AwsStub> {
    const stub = new AwsStub(options);
    // A certificate has a name.
    const origin = options.tls ? 'https://localhost' : 'http://127.0.0.1';
    const urls: string[] = [];
    for (const server of stub.#servers) urls.push(`${origin}:${await listen(server)}`);
    const [dynamodb = '', sns = dynamodb] = urls;
    stub.endpoints = { dynamodb, sns, sqs: dynamodb, ssm: dynamodb };
    return stub;
  }

  private constructor({ backlog = 0, latencyMs = 0, parameters = {}, tls }: StubOptions) {
    this.#parameters = parameters;
    this.trust = tls ? { NODE_EXTRA_CA_CERTS: tls.caFile } : {};
    for (let n = 0; n < backlog; n++) this.#addPending(n);
    const handle = async (request: IncomingMessage, response: ServerResponse) => {
      const { status, type, body } = await this.#answer(request, await text(request));
      if (latencyMs > 0) await delay(latencyMs);
      response.writeHead(status, {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    };
    this.#servers = tls
      ? [createTlsServer(tls, handle), createTlsServer(tls, handle)]
      : [createServer(handle)];
    for (const server of this.#servers) {
      // A waiting client must find its connection open.
      server.keepAliveTimeout = 0;
      server.on(tls ? 'secureConnection' : 'connection', (socket) => {
        this.connections = Math.max(this.connections, ++this.#open);
        socket.once('close', () => this.#open--);
      });
    }
  }

  /** All calls so far. */
  get callCount(): number {
    return Object.values(this.calls).reduce((sum, count) => sum + count, 0);
  }

  /** Records that are not marked as published. */
  get pending(): number {
    return [...this.#items.values()].filter((item) => item.pending_shard).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map(hangUp));
  }

  #addPending(n: number): void {
    const message_id = `backlog-${n}`;
    const shard = shardOf(message_id);
    const message = { from: '+61400000001', sms_number: '+61400000002', body: `Message ${n}` };
    this.#items.set(message_id, storedItem({ ...message, message_id }, 1_000 + n));
    if (!this.#shards.has(shard)) this.#shards.set(shard, []);
    this.#shards.get(shard)?.push(message_id);
  }

  async #answer({ headers }: IncomingMessage, body: string): Promise<Answer> {
    const target = headers['x-amz-target'];
    const operation =
      (target ? String(target).split('.')[1] : /(?:^|&)Action=(\w+)/.exec(body)?.[1]) ?? '';
    this.calls[operation] = (this.calls[operation] ?? 0) + 1;
    if (this.beforeAnswer) await this.beforeAnswer(operation, headers);
    if (operation === 'Publish') return this.#publish();
    if (operation === 'GetTopicAttributes') return confirmedTopic();
    if (operation === 'PublishBatch') return this.#publishBatch(new URLSearchParams(body));
    const input: Input = JSON.parse(body);
    switch (operation) {
      case 'PutItem':
        return this.#put(input);
      case 'UpdateItem':
        return this.#update(input);
      case 'Query':
        return this.#query(input);
      case 'GetItem':
        return dynamodb({ Item: this.#items.get(keyOf(input)) });
      case 'GetParameter':
        return dynamodb({ Parameter: { Value: this.#parameters[basename(input.Name ?? '')] } });
      case 'DeleteItem':
        this.#items.delete(keyOf(input));
        return dynamodb({});
      default:
        return dynamodbError('UnknownOperationException');
    }
  }

  #publish(): Answer {
    const id = `00000000-0000-4000-8000-${String(this.#published++).padStart(12, '0')}`;
    return sns('Publish', `<MessageId>${id}</MessageId>`);
  }

  #publishBatch(form: URLSearchParams): Answer {
    let results = '';
    for (let n = 1; form.has(`PublishBatchRequestEntries.member.${n}.Id`); n++) {
      const entry = `PublishBatchRequestEntries.member.${n}`;
      const { message_id } = JSON.parse(form.get(`${entry}.Message`) ?? '{}');
      this.publications.set(message_id, (this.publications.get(message_id) ?? 0) + 1);
      const id = form.get(`${entry}.Id`);
      results += `<member><Id>${id}</Id><MessageId>sns-${message_id}</MessageId></member>`;
    }
    return sns('PublishBatch', `<Successful>${results}</Successful><Failed/>`);
  }

  #put(input: Input): Answer {
    const { Item = {}, ConditionExpression, ReturnValuesOnConditionCheckFailure } = input;
    const existing = this.#items.get(keyOf(input));
    if (existing && ConditionExpression) {
      const Item = ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? existing : undefined;
      return dynamodbError(CONDITION_FAILED, { Item });
    }
    if (this.remembers) this.#items.set(keyOf(input), Item);
    return dynamodb({});
  }

  #update(input: Input): Answer {
    const item = this.#items.get(keyOf(input));
    // An update of an item that is not kept succeeds, too.
    if (!item) return dynamodb({});
    if (!conditionHolds(item, input)) return dynamodbError(CONDITION_FAILED);
    const changed = updated(item, input);
    this.#items.set(keyOf(input), changed);
    return dynamodb(input.ReturnValues === 'ALL_NEW' ? { Attributes: changed } : {});
  }

  /** A page of one shard of the pending index. */
  #query({ ExpressionAttributeValues, ExclusiveStartKey, Limit, Select }: Input): Answer {
    const shard = ExpressionAttributeValues?.[':shard']?.S ?? '';
    const pending = (this.#shards.get(shard) ?? []).filter(
      (key) => this.#items.get(key)?.pending_shard,
    );
    this.#shards.set(shard, pending);
    if (Select === 'COUNT') return dynamodb({ Count: pending.length });
    const receivedAt = (key: string) => this.#items.get(key)?.received_at;
    const after = Number(ExclusiveStartKey?.received_at?.N ?? -1);
    const first = pending.findIndex((key) => Number(receivedAt(key)?.N) > after);
    const rest = first < 0 ? [] : pending.slice(first);
    const page = rest.slice(0, Limit);
    const Items = page.map((key) => ({ message_id: { S: key }, received_at: receivedAt(key) }));
    const more = page.length < rest.length && { LastEvaluatedKey: Items.at(-1) };
    return dynamodb({ Items, Count: page.length, ...more });
  }
}

function conditionHolds(item: Item, { ConditionExpression = '', ...input }: Input): boolean {
  const values = input.ExpressionAttributeValues ?? {};
  if (ConditionExpression.includes('claim_until <= :now')) {
    const isFree = !item.claim_until || Number(item.claim_until.N) <= Number(values[':now']?.N);
    return item.pending_shard !== undefined && isFree;
  }
  const isOwners = ConditionExpression.includes('claim_owner = :owner');
  return !isOwners || item.claim_owner?.S === values[':owner']?.S;
}

/** Counters are left out, because nothing reads them here. */
const COUNTED = /, \w+ = if_not_exists\(\w+, :?\w+\)( \+ :one)?/g;

/**
 * The item after an update of plain attributes: `SET a = :a, #b = :b REMOVE c`.
 *
 * @throws {Error} If the expression has more in it than that, and what is {@link COUNTED}.
 */
export function updated(item: Item, update: Input): Item {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = update;
  const result = { ...item };
  const expression = update.UpdateExpression?.replaceAll(COUNTED, '') ?? '';
  const clauses = expression.matchAll(/\b([A-Z]+)\b(.*?)(?=\b[A-Z]+\b|$)/g);
  for (const [, keyword, list = ''] of clauses) {
    for (const part of list.split(',')) {
      const [path = '', placeholder = ''] = part.split('=').map((side) => side.trim());
      const name = names[path] ?? path;
      const value = values[placeholder];
      if (keyword === 'REMOVE') delete result[name];
      else if (keyword === 'SET' && value) result[name] = value;
      else throw new Error(`The stub does not know the update ${update.UpdateExpression}`);
    }
  }
  return result;
}

/** Of messages and of idempotency records. The tables have one key attribute each. */
function keyOf({ TableName, Item, Key = Item }: Input): string {
  const key = Key?.message_id?.S ?? Key?.id?.S;
  if (key === undefined) throw new Error(`The stub does not know the key of ${TableName}`);
  return key;
}

function sns(operation: string, result: string): Answer {
  const name = `${operation}Response`;
  const metadata =
    '<ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>';
  const body = `<${name} xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><${operation}Result>${result}</${operation}Result>${metadata}</${name}>`;
  return { status: 200, type: 'text/xml', body };
}

/** Of an e-mail topic that somebody has confirmed. */
function confirmedTopic(): Answer {
  const entry = '<entry><key>SubscriptionsConfirmed</key><value>1</value></entry>';
  return sns('GetTopicAttributes', `<Attributes>${entry}</Attributes>`);
}

function dynamodb(output: object): Answer {
  return { status: 200, type: 'application/x-amz-json-1.0', body: JSON.stringify(output) };
}

function dynamodbError(name: string, details = {}): Answer {
  const __type = `com.amazonaws.dynamodb.v20120810#${name}`;
  return { ...dynamodb({ __type, message: name, ...details }), status: 400 };
}
