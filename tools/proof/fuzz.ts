import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { fromItem } from '../../lib/aws/message-item.ts';
import { MAX_EXTRA_BYTES } from '../../lib/http/extra.ts';
import { largestChildMb } from '../bench/child-processes.ts';
import { benchCommand, count, packageOption, progress } from '../bench/command.ts';
import { packaged } from '../bench/stacks.ts';
import { clientOf } from '../local/aws.ts';
import { startLocalStack } from '../local/stack.ts';

/** A request body. `fields` are its fields, if it was built from fields. */
interface FuzzedForm {
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  readonly fields?: ReadonlyMap<string, string>;
}

const SPECIAL = [
  ...['é', '😀', '\u202Eשלום', 'e\u0301', '\0', '\x1b'],
  ...['€[]{}^~|\\', '+', '%', '&=', '%zz'],
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.constantFrom(...SPECIAL), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.constant('x'.repeat(1_600)),
  fc.constant('\x01'.repeat(2_000)),
);
const number = fc.oneof(
  fc.constantFrom('+61400000001', ' 61400000002', 'ACME', '1300 000 000', ''),
  text,
);
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'extra', 'webhook_url', 'webhook_url_fallback'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }),
);

/** Forms that are valid, or nearly. */
const built = fc
  .record({
    message_id: fc.oneof({ weight: 9, arbitrary: fc.uuid() }, { weight: 1, arbitrary: text }),
    from: number,
    sms_number: number,
    body: text,
    timestamp: fc.oneof(fc.nat().map(String), fc.constantFrom('', '1576391654123'), text),
    others: fc.array(fc.tuple(name, text), { maxLength: 4 }),
  })
  .map(({ others, ...known }): FuzzedForm => {
    const fields = new Map([...others, ...Object.entries(known)]);
    const body = Buffer.from(String(new URLSearchParams([...fields])));
    return { body, contentType: 'application/x-www-form-urlencoded', fields };
  });

const contentType = fc.constantFrom(
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=iso-8859-1',
  'application/json',
  undefined,
);

/** Random bytes, or a form with a few changed bytes. */
const raw = fc.record({ body: fc.uint8Array({ maxLength: 300 }), contentType });
const damaged = fc
  .tuple(built, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([{ body, contentType: type }, changes]): FuzzedForm => {
    const bytes = Uint8Array.from(body);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return { body: bytes, contentType: type };
  });

const fuzzedForm: fc.Arbitrary<FuzzedForm> = fc.oneof(
  { weight: 5, arbitrary: built },
  { weight: 3, arbitrary: damaged },
  { weight: 2, arbitrary: raw },
);

interface FuzzOptions {
  readonly webhookUrl: string;
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly runs: number;
  readonly seed: number;
  /** Called after each batch with the number of bodies so far. */
  readonly onProgress?: (done: number) => void | Promise<void>;
}

const BATCH = 250;
const CONCURRENCY = 8;
/** The function answers within 10 s. Otherwise API Gateway answers. */
const HANG_MS = 15_000;

/**
 * Posts bodies of every kind to the webhook.
 *
 * @returns How often each status was answered.
 * @throws {Error} If the answer is a 5xx other than for a message in flight, if there is none, or if it is
 * a 200 and no record equals what was sent. Names seed and body.
 */
export async function fuzzWebhook(options: FuzzOptions): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  for (let done = 0; done < options.runs; ) {
    const numRuns = Math.min(BATCH, options.runs - done);
    const forms = fc.sample(fuzzedForm, { numRuns, seed: options.seed + done });
    const next = forms.values();
    const worker = async () => {
      for (const form of next) {
        const status = await postAndCheck(form, options).catch((error: Error) => {
          const body = JSON.stringify(Buffer.from(form.body).toString('latin1'));
          throw new Error(`${error.message}; seed ${options.seed + done}, body ${body}`);
        });
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    done += numRuns;
    await options.onProgress?.(done);
  }
  return statuses;
}

async function postAndCheck(form: FuzzedForm, options: FuzzOptions): Promise<number> {
  const answer = await fetch(options.webhookUrl, {
    method: 'POST',
    body: form.body as NonNullable<RequestInit['body']>,
    headers: form.contentType === undefined ? {} : { 'content-type': form.contentType },
    signal: AbortSignal.timeout(HANG_MS),
  });
  const { status } = answer;
  const answered = (await answer.json()) as { message_id?: string };
  if (status >= 500) throw new Error(`Answered ${status}`);
  if (status !== 200) return status;

  const { Item } = await options.dynamodb.send(
    new GetItemCommand({
      TableName: options.tableName,
      Key: { message_id: { S: answered.message_id ?? '' } },
      ConsistentRead: true,
    }),
  );
  if (!Item) throw new Error('200 without a record');
  if (form.fields) checkRecord(form.fields, fromItem(Item));
  return status;
}

/** The record has exactly the sent fields. Only necessary changes are allowed. */
function checkRecord(
  fields: ReadonlyMap<string, string>,
  record: ReturnType<typeof fromItem>,
): void {
  const sent = Object.fromEntries(fields);
  const same = (what: string, got: unknown, expected: unknown) => {
    if (got !== expected) throw new Error(`200 with another ${what} in the record`);
  };
  const restored = (value = '') => (/^ \d[\d ()-]*$/.test(value) ? `+${value.slice(1)}` : value);
  same('body', record.body, sent.body);
  same('from', record.from, restored(sent.from));
  same('sms_number', record.sms_number, restored(sent.sms_number));
  same('message_id', record.message_id.toLowerCase(), sent.message_id?.toLowerCase());
  const timestamp = secondsOf(sent.timestamp);
  same('timestamp', record.timestamp, timestamp);

  const known = ['message_id', 'from', 'sms_number', 'body', 'timestamp', 'service_id'];
  const isOdd = sent.timestamp && Number(sent.timestamp) !== timestamp;
  const extra = [...fields].filter(
    ([name]) => !known.includes(name) || (name === 'timestamp' && isOdd),
  );
  const bytes = (of: object) => Buffer.byteLength(JSON.stringify(of));
  if (bytes(record.extra) > MAX_EXTRA_BYTES) throw new Error('200 with too large an extra');
  if (bytes(Object.fromEntries(extra)) > MAX_EXTRA_BYTES) {
    if (!('[CUT]' in record.extra)) throw new Error('200 with an extra that is cut without a word');
    return;
  }
  for (const [name, value] of extra) {
    if (name === 'webhook_url' || /\/sms\//.test(name + value)) continue;
    const got = Object.entries(record.extra).find(([other]) => other === name)?.[1];
    same(`extra ${JSON.stringify(name)}`, got, value);
  }
  same('number of extra fields', Object.keys(record.extra).length, extra.length);
}

/** A timestamp's value: seconds or milliseconds since 1970, until the year 9999. */
function secondsOf(timestamp: string | undefined): number | undefined {
  if (!timestamp || !/^\d+$/.test(timestamp)) return undefined;
  const latest = 253_402_300_799;
  const [seconds, milliseconds] = [Number(timestamp), Math.floor(Number(timestamp) / 1000)];
  return [seconds, milliseconds].find((time) => time <= latest);
}

export const command = benchCommand(
  'Posts fuzzed bodies to the shipped bundle on the local stack. ' +
    'Fails on a 5xx, a hang, or a 200 without a record equal to what was sent.',
)
  .addOption(count('--runs <n>', 'bodies', 100_000))
  .addOption(count('--seed <n>', 'what decides the bodies', Date.now() % 1e9, 0))
  .addOption(packageOption())
  .action(async ({ runs, seed, package: existing }) => {
    await using folder = await packaged(existing);
    console.log(`${runs} bodies, seed ${seed}`);
    await using stack = await startLocalStack({ packageDir: folder.path, schedules: false });
    const { webhookUrl, tableName } = stack;
    const dynamodb = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
    const startedAt = Date.now();
    const memory: number[] = [];
    const tenth = Math.max(1, Math.floor(runs / 10));
    let reported = 0;
    const onProgress = async (done: number) => {
      if (done - reported < tenth) return;
      reported = done;
      const mb = await largestChildMb();
      if (mb) memory.push(mb);
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      progress(`${done} bodies, ${seconds} s, function ${mb} MB`);
    };
    const statuses = await fuzzWebhook({ webhookUrl, dynamodb, tableName, runs, seed, onProgress });
    dynamodb.destroy();
    const answered = JSON.stringify(statuses);
    console.log(`statuses ${answered}, the function’s memory in MB: ${memory.join(' ')}`);
  });
