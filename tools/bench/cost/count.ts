import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../../lib/aws/message-item.ts';
import { clientOf } from '../../local/aws.ts';
import { startFaultProxy } from '../../local/fault-proxy.ts';
import { startLocalStack } from '../../local/stack.ts';
import type { TemplateDocument } from '../../local/template.ts';
import { deliverForm, formBody, type Sms, smsForm } from '../sms.ts';
import type { Usage } from './prices.ts';

/** The attributes of each index's entries, its own keys first: see infra/table.js. */
export const INDEXES = {
  'pending-index': ['pending_shard', 'received_at', 'message_id'],
  'timeline-index': ['timeline_shard', 'received_at', 'message_id', 'from', 'sms_number'],
};

export type Service = ReturnType<typeof serviceOf>;
export type Counts = Awaited<ReturnType<typeof countService>>;
export type Work = ReturnType<typeof workOf>;
export type Counted = Counts['messages'][number];

/** Runs the shipped bundle on emulators, and counts its calls to AWS. */
export async function countService(packageDir: string, texts: readonly Sms[]) {
  await using dynamodb = await startFaultProxy({ target: '' });
  await using sns = await startFaultProxy({ target: '' });
  const log = new EventEmitter();
  await using stack = await startLocalStack({
    packageDir,
    schedules: false,
    endpoints: { dynamodb: dynamodb.url, sns: sns.url },
    onFunctionLog: (_, line) => log.emit('line', line),
  });
  dynamodb.setTarget(stack.dynamodbEndpoint);
  sns.setTarget(stack.snsEndpoint);
  await using resources = new AsyncDisposableStack();
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  resources.defer(() => client.destroy());

  /** The log lines and the calls during the work. */
  async function watch(work: () => Promise<unknown>) {
    const seen = [dynamodb, sns].map((proxy) => proxy.calls.length);
    const [[logLine]] = await Promise.all([once(log, 'line') as Promise<[string]>, work()]);
    const calls = [dynamodb, sns].flatMap((proxy, index) => proxy.calls.slice(seen[index]));
    return { logLine, calls };
  }

  async function countMessage(sms: Sms) {
    const form = smsForm(sms, new URL(stack.webhookUrl).pathname);
    const { logLine, calls } = await watch(() => deliverForm(stack.webhookUrl, form));
    const sent = (operation: string) => calls.find((call) => call.operation === operation)?.body;
    const stored = sent('PutItem')?.Item as Item;
    const Key = { message_id: { S: form.message_id } };
    const read = new GetItemCommand({ TableName: stack.tableName, Key });
    const { Item: marked = {} } = await client.send(read);
    return {
      ...{ name: sms.name, calls: calls.length, logLine, stored, marked },
      ...{ put: writesOf({}, stored), mark: writesOf(stored, marked) },
      formBytes: Buffer.byteLength(formBody(form)),
      notificationBytes: Buffer.byteLength(Object.values(sent('Publish') ?? {}).join('')),
    };
  }

  // The first invocation of a process logs that it was a cold start.
  await countMessage({ name: 'cold', text: '' });
  await watch(() => stack.invoke('publishPending', {}));
  const messages = [];
  for (const sms of texts) messages.push(await countMessage(sms));
  const { logLine, calls } = await watch(() => stack.invoke('publishPending', {}));
  const template = join(packageDir, 'cloudformation-template-update-stack.json');
  const service = serviceOf(JSON.parse(await readFile(template, 'utf8')));
  return { service, messages, sweep: { logLine, queries: calls.length } };
}

/** The billed parts of a compiled template. @throws {Error} If it has no function. */
export function serviceOf({ Resources }: TemplateDocument) {
  const all = (type: string) =>
    Object.values(Resources)
      .filter(({ Type }) => Type === `AWS::${type}`)
      .map(({ Properties = {} }) => Properties as Record<string, unknown>);
  // As serverless.yml has them: the webhook, then the sweeper.
  const [fn, sweeper = fn] = all('Lambda::Function');
  if (!fn) throw new Error('The template has no function');
  const { Variables } = fn.Environment as { Variables: Record<string, unknown> };
  const log = all('ApiGatewayV2::Stage')[0]?.AccessLogSettings as { Format: string } | undefined;
  return {
    memoryMb: Number(fn.MemorySize),
    sweeperMemoryMb: Number(sweeper?.MemorySize),
    recordDays: Number(Variables.RETENTION_DAYS),
    // Without a retention, logs are kept forever. It counts as a year.
    logDays: Number(all('Logs::LogGroup')[0]?.RetentionInDays ?? 365),
    // An alarm watches one metric: see infra/alarms.js.
    alarmMetrics: all('CloudWatch::Alarm').length,
    dashboards: all('CloudWatch::Dashboard').length,
    // The values of a usual request have 74 bytes.
    accessLogBytes: log ? eventBytes(log.Format.replace(/\$context\.[\w.]+/g, '')) + 74 : 0,
  };
}

/**
 * An item's size in bytes as DynamoDB counts it, for strings and numbers, as in a record.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 *
 * @throws {Error} If there is an attribute of another type.
 */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, { S, N }]) => {
    if (S !== undefined) return sum + Buffer.byteLength(name + S);
    if (N === undefined) throw new Error(`The size of the attribute ${name} is not known`);
    const digits = N.replace(/^-|\./g, '').replace(/^0+|0+$/g, '').length;
    return sum + Buffer.byteLength(name) + Math.ceil(digits / 2) + 1;
  }, 0);
}

/** Write units of one write: of the table, by the larger of the two sizes, then of each index. */
export function writesOf(before: Item, after: Item): number[] {
  const units = (...items: Item[]) => Math.ceil(Math.max(1, ...items.map(itemBytes)) / 1_024);
  const ofIndexes = entriesOf(before).map((entry, index) => {
    // A write that leaves an entry as it is costs nothing. No entry moves to another key.
    const other = entriesOf(after)[index] ?? {};
    return isDeepStrictEqual(entry, other) ? 0 : units(entry, other);
  });
  return [units(before, after), ...ofIndexes];
}

/** The entry of each index for an item. An item without the index's keys has none. */
export function entriesOf(item: Item): Item[] {
  return Object.values(INDEXES).map((names) =>
    item[names[0] ?? '']
      ? Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)))
      : {},
  );
}

/** For storage, DynamoDB bills 100 bytes on top of an item or an index's entry. */
const keptBytes = (item: Item) => (Object.keys(item).length > 0 ? itemBytes(item) + 100 : 0);

/** CloudWatch adds 26 bytes to each event. Lambda's own three, START, END and REPORT, have 264. */
const eventBytes = (line: string) => Buffer.byteLength(line) + 26;
const PLATFORM_LOG_BYTES = 264 + 3 * 26;
/** The bytes that CloudWatch takes in for an invocation that writes one line. */
export const logBytes = (line: number) => line + 26 + PLATFORM_LOG_BYTES;
/** The two lines that Powertools' logger and metrics wrote for one message. */
const POWERTOOLS_LOG_BYTES = 477 + 198 + 2 * 26;

/** The usage of one message, in AWS's units. */
export function workOf({ put, mark, marked, logLine, formBytes, notificationBytes }: Counted) {
  return {
    ...{ formBytes, notificationBytes, logBytes: eventBytes(logLine) },
    units: [...put, ...mark].reduce((sum, each) => sum + each, 0),
    recordBytes: keptBytes(marked),
    indexBytes: entriesOf(marked).reduce((sum, entry) => sum + keptBytes(entry), 0),
  };
}

/** The usage of the contenders: see docs/cost.md. The naive one puts once and publishes. */
export function peersOf(message: Counted): Record<'ours' | 'floor' | 'powertools' | 'naive', Work> {
  const ours = workOf(message);
  const [table = 0, pending = 0] = message.put;
  const naive = { ...ours, units: table, indexBytes: 0, logBytes: 0 };
  // The floor has the pending index and no timeline. Powertools puts and updates a record of its own.
  return {
    ours,
    floor: { ...naive, units: 2 * (table + pending) },
    powertools: { ...naive, units: table + 2, logBytes: POWERTOOLS_LOG_BYTES },
    naive,
  };
}

/** @param milliseconds That Lambda bills. */
export function messageUsage(work: Work, milliseconds: number, service: Service): Usage {
  const gbMonths = (bytes: number) => (bytes / 1e9) * (service.recordDays / 30);
  const logBytes = work.logBytes + service.accessLogBytes;
  return {
    apiRequests: Math.max(1, Math.ceil(work.formBytes / 512 / 1_024)),
    ...invocation(logBytes, milliseconds, service.memoryMb, service),
    writes: work.units,
    publishes: Math.ceil(work.notificationBytes / 64 / 1_024),
    tableKept: gbMonths(work.recordBytes + work.indexBytes),
    backupKept: gbMonths(work.recordBytes),
  };
}

/** Of a sweep with nothing to do. DynamoDB bills a query that finds nothing as half a read unit. */
export function sweepUsage(sweep: Counts['sweep'], milliseconds: number, service: Service): Usage {
  const logBytes = eventBytes(sweep.logLine);
  const run = invocation(logBytes, milliseconds, service.sweeperMemoryMb, service);
  return { ...run, reads: sweep.queries / 2 };
}

function invocation(bytes: number, ms: number, memoryMb: number, { logDays }: Service): Usage {
  const logGb = (bytes + PLATFORM_LOG_BYTES) / 1e9;
  const gbSeconds = (ms / 1_000) * (memoryMb / 1_024);
  return { invocations: 1, gbSeconds, logGb, logKept: logGb * (logDays / 30) };
}
