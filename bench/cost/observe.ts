import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/message-item.ts';
import { clientOf } from '../../local/aws.ts';
import { type AwsCall, type FaultProxy, startFaultProxy } from '../../local/fault-proxy.ts';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';
import type { Index } from './item-size.ts';
import { postForm } from './post-form.ts';
import { formBody, formOf, HOST, type SampleMessage } from './samples.ts';
import { type RecordWrites, recordWrites } from './usage.ts';

/** What the shipped bundle did for one message. */
export interface ObservedMessage {
  readonly name: string;
  /** `PutItem`, `Publish`, ... */
  readonly operations: readonly string[];
  readonly bodyBytes: number;
  readonly notificationBytes: number;
  readonly stored: Item;
  readonly marked: Item;
  readonly writes: RecordWrites;
  /** Write units of put and mark as the emulator counts them: of the table alone. */
  readonly emulatorUnits: readonly [number, number];
  readonly logLine: string;
}

/** What the shipped bundle does in a sweep when nothing is pending. */
export interface ObservedSweep {
  readonly operations: readonly string[];
  readonly readUnits: number;
  readonly logLine: string;
}

/** An eventually consistent query that finds nothing is billed as one of up to 4 KB. */
const EMPTY_QUERY_UNITS = 0.5;

export interface Observation {
  readonly messages: readonly ObservedMessage[];
  readonly sweep: ObservedSweep;
}

/** Runs the shipped bundle on emulators, and writes down all that AWS would bill. */
export async function observeService(
  packageDir: string,
  indexes: readonly Index[],
  samples: readonly SampleMessage[],
): Promise<Observation> {
  await using dynamodb = await startFaultProxy({ target: '' });
  await using sns = await startFaultProxy({ target: '' });
  const lines = new Lines();
  await using stack = await startLocalStack({
    packageDir,
    schedules: false,
    endpoints: { dynamodb: dynamodb.url, sns: sns.url },
    onFunctionLog: (_, line) => lines.add(line),
  });
  dynamodb.setTarget(stack.dynamodbEndpoint);
  sns.setTarget(stack.snsEndpoint);
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  const observer = { stack, client, lines, indexes, calls: callsOf(dynamodb, sns) };
  try {
    // The first invocation of a process logs that it was a cold start.
    await observeMessage({ name: 'cold', text: '' }, observer);
    await observeSweep(observer);
    const messages: ObservedMessage[] = [];
    for (const sample of samples) messages.push(await observeMessage(sample, observer));
    return { messages, sweep: await observeSweep(observer) };
  } finally {
    client.destroy();
  }
}

interface Observer {
  readonly stack: LocalStack;
  readonly client: DynamoDBClient;
  readonly lines: Lines;
  readonly indexes: readonly Index[];
  /** The calls since the last time. */
  readonly calls: () => AwsCall[];
}

async function observeMessage(
  sample: SampleMessage,
  { stack, client, lines, indexes, calls }: Observer,
): Promise<ObservedMessage> {
  const form = formOf(sample, new URL(stack.webhookUrl).pathname);
  const body = formBody(form);
  const status = await postForm(stack.webhookUrl, HOST, body);
  if (status !== 200) throw new Error(`A message was answered ${status}`);
  const logLine = await lines.next();
  const made = calls();
  const inputOf = (operation: string) => {
    const call = made.find((candidate) => candidate.operation === operation);
    if (!call) throw new Error(`The service did not call ${operation}`);
    return call.body;
  };

  const key = { TableName: stack.tableName, Key: { message_id: { S: form.message_id } } };
  const stored = inputOf('PutItem').Item as Item;
  const { Item: marked = {} } = await client.send(new GetItemCommand(key));
  await client.send(new DeleteItemCommand(key));
  const counted = { ReturnConsumedCapacity: 'INDEXES' } as const;
  const put = await client.send(
    new PutItemCommand({ ...(inputOf('PutItem') as never as PutInput), ...counted }),
  );
  const mark = await client.send(
    new UpdateItemCommand({ ...(inputOf('UpdateItem') as never as UpdateInput), ...counted }),
  );
  return {
    name: sample.name,
    operations: made.map(({ operation }) => operation),
    bodyBytes: Buffer.byteLength(body),
    notificationBytes: Buffer.byteLength(Object.values(inputOf('Publish')).join('')),
    stored,
    marked,
    writes: recordWrites(stored, marked, indexes),
    emulatorUnits: [
      put.ConsumedCapacity?.CapacityUnits ?? 0,
      mark.ConsumedCapacity?.CapacityUnits ?? 0,
    ],
    logLine,
  };
}

type PutInput = ConstructorParameters<typeof PutItemCommand>[0];
type UpdateInput = ConstructorParameters<typeof UpdateItemCommand>[0];

async function observeSweep({ stack, lines, calls }: Observer): Promise<ObservedSweep> {
  await stack.invoke('publishPending', {});
  const logLine = await lines.next();
  const operations = calls().map(({ operation }) => operation);
  const other = operations.find((operation) => operation !== 'Query');
  if (other) throw new Error(`A sweep with nothing to do called ${other}`);
  return { operations, readUnits: operations.length * EMPTY_QUERY_UNITS, logLine };
}

/** Both services' calls in order; each time, those since the last. */
function callsOf(...proxies: readonly FaultProxy[]): () => AwsCall[] {
  const seen = proxies.map(() => 0);
  return () =>
    proxies
      .flatMap((proxy, index) => {
        const calls = proxy.calls.slice(seen[index]);
        seen[index] = proxy.calls.length;
        return calls;
      })
      .toSorted((a, b) => a.at - b.at);
}

/** Log lines, one at a time. */
class Lines {
  readonly #arrived: string[] = [];
  #waiting: ((line: string) => void) | undefined;

  add(line: string): void {
    if (this.#waiting) this.#waiting(line);
    else this.#arrived.push(line);
    this.#waiting = undefined;
  }

  next(): Promise<string> {
    const line = this.#arrived.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}
