import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack, subscribeQueue } from '../../helpers/local-stack.ts';
import { clockOf } from '../../helpers/moved-clock.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';
import { type SubscriberStack, withSubscribers } from './subscriber-stack.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const UUID = '297abf7f-99d9-4b7d-9c46-1d7c13687b11';
/** How far the clock of the commands is ahead: what the test stores is old enough by then. */
const AHEAD = 24 * HOUR;
const FILTERED = '+61400000009';
const MANY = 60;

let stack: LocalStack;
let subscribers: SubscriberStack;
/** When the messages were received and published: after the queues were made. */
let begin: number;
beforeAll(async () => {
  stack = await startTestStack();
  const filterPolicy = { from: [{ 'anything-but': FILTERED }] };
  subscribers = await withSubscribers(stack, [
    { name: 'crm', kind: 'https', secret: 'SECRET', url: 'https://crm.example', filterPolicy },
    { name: 'jobs', kind: 'queue' },
  ]);
  begin = Date.now() + MINUTE;
  let count = 0;
  const record = (
    message_id: string,
    changes: Partial<Parameters<typeof store>[1][number]> = {},
  ) => ({
    ...someRecord({ message_id, received_at: begin + count++ }),
    ...publishedAt(begin),
    ...changes,
  });
  const failed = { failed_at: begin, reason: '500' };
  const delivered = { crm: { attempts: 1, delivered_at: begin } };
  await store(stack, [
    record('kept', { deliveries: delivered }),
    record(UUID, { deliveries: delivered }),
    record('dead', { deliveries: { crm: { attempts: 34, ...failed, dead_at: begin } } }),
    record('failing', { deliveries: { crm: { attempts: 1, ...failed } } }),
    record('unmarked'),
    record('recent', publishedAt(begin + AHEAD)),
    record('filtered', { from: FILTERED }),
    record('before', publishedAt(begin - 10 * MINUTE)),
    someRecord({ message_id: 'pending', received_at: begin + count++ }),
    record('later', { received_at: begin + HOUR, deliveries: delivered }),
    ...Array.from({ length: MANY }, (_, n) =>
      record(`many-${n}`, { received_at: begin + 2 * HOUR + n }),
    ),
  ]);
});
afterEach(async () => {
  await take('crm');
  await take('jobs');
});
afterAll(async () => {
  await subscribers?.[Symbol.asyncDispose]();
  await stack?.close();
});

const idOf = ({ Body = '' }: { Body?: string | undefined }): string => JSON.parse(Body).message_id;
const take = async (name: string) =>
  (await subscribers.take(subscribers.of(name).queue)).map(idOf).toSorted();
const fill = (name: string) =>
  subscribers.send(subscribers.of(name).queue, { MessageBody: '{"message_id":"in-the-queue"}' });

const time = (ms: number) => new Date(ms).toISOString();
/** Of the first hour. */
const range = () => [`--since=${time(begin)}`, `--until=${time(begin + HOUR)}`];
const later = () => [`--since=${time(begin + 2 * HOUR)}`, '--until=now'];

async function prepared(
  args: readonly string[],
  ids?: readonly string[],
  { url }: Pick<SubscriberStack, 'url'> = subscribers,
) {
  const cwd = await temporaryDir();
  const clock = join(cwd, 'clock');
  await writeFile(clock, String(AHEAD));
  if (ids) await writeFile(join(cwd, 'ids.txt'), ids.map((id) => `${id}\n`).join(''));
  const all = ['reconcile', ...args, ...(ids ? ['--ids=ids.txt'] : [])];
  return { args: [...all, `--local=${url}`], options: { cwd, env: clockOf(clock) } };
}

async function reconcile(...given: Parameters<typeof prepared>) {
  const command = await prepared(...given);
  return runCli(command.args, command.options);
}

/** State, id and reason of each row. */
const rowsOf = ({ stdout }: { stdout: string }) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t').filter((_, column) => column !== 1));

const PUBLISHED_OR_DELIVERED = 'published or delivered in the last 5 minutes';

describe('reconcile by the delivery marks', () => {
  it('lists missing messages and those on the way, and ends with 1', async () => {
    const result = await reconcile(['--subscriber=crm', ...range()]);
    expect(rowsOf(result)).toEqual([
      ['missing', 'dead', 'given up (500)'],
      ['missing', 'failing', 'failed, and not in its queue (500)'],
      ['missing', 'unmarked', 'no delivery is known, and not in its queue'],
      ['on the way', 'recent', PUBLISHED_OR_DELIVERED],
      ['on the way', 'pending', 'not published yet'],
    ]);
    expect(result.code).toBe(1);
    expect(result.stderr.split('\n')).toEqual([
      '2 messages delivered to crm, by the marks.',
      '3 messages missing.',
      '2 messages on the way: not missing, and not sent again.',
      '1 message not for crm: its filter leaves them out.',
      '1 message not for crm: published before it subscribed.',
      expect.stringMatching(/^crm was created at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.$/),
      'error: crm lacks 3 messages. Nothing was sent.',
      'To send them to crm only, add --replay.',
      '',
    ]);
  });

  it('counts messages that may be in the queue as on the way', async () => {
    await fill('crm');
    const result = await reconcile(['--subscriber=crm', ...range()]);
    expect(rowsOf(result).slice(0, 3)).toEqual([
      ['missing', 'dead', 'given up (500)'],
      ['on the way', 'failing', 'tried again (500)'],
      ['on the way', 'unmarked', 'may be in its queue'],
    ]);
    expect(result.stderr).toContain(
      'About 1 message in the queue of crm, and SQS does not tell which.',
    );
  });

  it('counts messages that were just delivered as on the way', async () => {
    await fill('crm');
    const sqs = new SQSClient(clientOf(stack.snsEndpoint));
    onTestFinished(() => sqs.destroy());
    const QueueUrl = subscribers.of('crm').queue;
    const hide = new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 600 });
    const { Messages: [received] = [] } = await sqs.send(hide);
    const result = await reconcile(['--subscriber=crm', ...range()]);
    const { ReceiptHandle } = received ?? expect.unreachable();
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    expect(rowsOf(result)[2]).toEqual(['on the way', 'unmarked', 'may be in its queue']);
    expect(result.stderr).toContain(
      'About 1 message in the queue of crm, and SQS does not tell which.',
    );
  });

  it('ends with 1 if something is missing, also without a reader, as in `reconcile | head -1`', async () => {
    const { args, options } = await prepared(['--subscriber=crm', ...range()]);
    const { child, result } = await startCli(args, options);
    child.stdout?.destroy();
    expect(await result).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('crm lacks 3 messages.'),
    });
  });

  it('begins a day before the subscription without --since', async () => {
    const sum = documentsOf(await reconcile(['--subscriber=crm', '--json'])).at(-1);
    expect(sum.since).toBeGreaterThan(begin - 24 * HOUR - 10 * MINUTE);
    expect(sum.since).toBeLessThan(begin - 24 * HOUR);
  });

  it('ends with 0 if nothing is missing', async () => {
    const result = await reconcile([
      ...['--subscriber=crm', `--since=${time(begin + HOUR)}`],
      `--until=${time(begin + 2 * HOUR)}`,
    ]);
    expect(result).toMatchObject({ code: 0, stdout: '' });
    expect(result.stderr).toContain(
      '1 message delivered to crm, by the marks.\n0 messages missing.',
    );
  });

  it('with --replay sends only missing messages, and only to that subscriber', async () => {
    await using other = await subscribeQueue(stack);
    const { code, stdout } = await reconcile(['--subscriber=crm', '--replay', ...range()]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 messages sent to crm again, as replay \S+\.$/m);
    expect(await take('crm')).toEqual(['dead', 'failing', 'unmarked']);
    expect(await take('jobs')).toEqual([]);
    expect(await other.all()).toEqual([]);
  });

  it('sends all that is missing without a reader, as in `reconcile --replay | head -1`', async () => {
    const { args, options } = await prepared(['--subscriber=crm', '--replay', ...range()]);
    const { child, result } = await startCli(args, options);
    child.stdout?.destroy();
    expect((await result).code).toBe(0);
    expect(await take('crm')).toEqual(['dead', 'failing', 'unmarked']);
  });

  it('sends nothing without --yes while the queue of the subscriber is not empty', async () => {
    await fill('crm');
    const args = ['--subscriber=crm', '--replay', ...range()];
    const asked = await reconcile(args);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain(
      'error: 1 message will be sent to crm only. About 1 message in the queue of crm: a replay may be under way, and what it sends would be sent twice. Nothing was done: there is no terminal to confirm it.\n',
    );
    expect(await take('crm')).toEqual(['in-the-queue']);
    await fill('crm');
    expect((await reconcile([...args, '--yes'])).code).toBe(0);
    expect(await take('crm')).toEqual(['dead', 'in-the-queue']);
  });

  it('says how to go on if SQS refuses its first batch', async () => {
    await using refusing = await withSubscribers(
      stack,
      [{ name: 'crm', kind: 'https', secret: 'SECRET', url: 'https://crm.example' }],
      {
        sqs: (operation) =>
          operation === 'GetQueueAttributes'
            ? { Attributes: { CreatedTimestamp: String(Math.floor(begin / 1_000)) } }
            : { __type: 'com.amazonaws.sqs#AccessDeniedException', message: 'no' },
      },
    );
    const place = `${begin}/kept`;
    const args = ['--subscriber=crm', '--replay', ...range(), `--after=${place}`];
    const { code, stdout, stderr } = await reconcile(args, undefined, refusing);
    expect(code).toBe(4);
    const [, id] = /^0 messages sent to crm again, as replay (\S+)\.$/m.exec(stdout) ?? [];
    expect(stdout).not.toContain('may be published');
    const options = `--after ${place} --replay-id ${id} --until ${time(begin + HOUR)}`;
    expect(stderr).toContain(`Replay ${id} begins. If it is killed, add or replace: ${options}\n`);
    expect(stderr).toContain(`\nTo continue, add or replace: ${options}\n`);
  });
});

describe('reconcile by a list', () => {
  const LIST = ['kept', 'failing', 'later', 'never-received', 'kept', ''];

  it('names messages that the list lacks, and ids that are not stored', async () => {
    const result = await reconcile(['--subscriber=crm', ...range()], LIST);
    expect(rowsOf(result)).toEqual([
      ['missing', UUID, 'accepted, and not in the list'],
      ['missing', 'dead', 'given up (500)'],
      ['missing', 'unmarked', 'no delivery is known, and not in its queue'],
      ['on the way', 'recent', PUBLISHED_OR_DELIVERED],
      ['on the way', 'pending', 'not published yet'],
      ['unknown', 'never-received', 'expired, or never received'],
    ]);
    expect(result.code).toBe(1);
    for (const line of [
      '2 messages on both sides.',
      '1 message of the list stored, and not in the range.',
      '1 message of the list not stored here: expired, or never received.',
    ]) {
      expect(result.stderr).toContain(line);
    }
  });

  it('compares UUIDs in any case', async () => {
    const { stdout } = await reconcile(['--subscriber=crm', ...range()], [UUID.toUpperCase()]);
    expect(stdout).not.toContain(UUID);
  });

  it('says the same with --json', async () => {
    const result = await reconcile(['--subscriber=crm', '--json', ...range()], LIST);
    expect(result.code).toBe(1);
    const documents = documentsOf(result);
    expect(documents).toContainEqual({
      ...{ message_id: 'dead', received_at: begin + 2, state: 'missing' },
      ...{ why: 'dead', reason: '500' },
    });
    expect(documents).toContainEqual({ message_id: 'never-received', state: 'unknown' });
    expect(documents.at(-1)).toEqual({
      ...{ subscriber: 'crm', since: begin, until: begin + HOUR, listed: 4, both: 2, missing: 3 },
      ...{ on_the_way: 2, filtered: 1, before_it: 1, outside: 1, unknown: 1, waiting: 0 },
    });
  });

  it('compares with all messages without a subscriber', async () => {
    const result = await reconcile([...range()], LIST);
    const missing = rowsOf(result).filter(([state]) => state === 'missing');
    expect(missing.map(([, id]) => id)).toEqual([UUID, 'dead', 'unmarked', 'filtered', 'before']);
    expect(result.stderr).toContain('error: The other side lacks 5 messages.');
  });

  it('is a list of what a queue of your own has handled, for which there are no marks', async () => {
    const all = ['kept', UUID, 'dead', 'unmarked', 'filtered'];
    const result = await reconcile(['--subscriber=jobs', ...range()], all);
    expect(rowsOf(result)[0]).toEqual([
      ...['missing', 'failing', 'no delivery is known, and not in its queue'],
    ]);
    await fill('jobs');
    const filled = await reconcile(['--subscriber=jobs', ...range()], all);
    expect({ code: filled.code, row: rowsOf(filled)[0] }).toEqual({
      code: 0,
      row: ['on the way', 'failing', 'may be in its queue'],
    });
  });

  it('sends the missing messages with --replay', async () => {
    const { code } = await reconcile(['--subscriber=crm', '--replay', ...range()], LIST);
    expect(code).toBe(0);
    expect(await take('crm')).toEqual([UUID, 'dead', 'unmarked']);
  });

  it('sends nothing for an empty list without --yes', async () => {
    const args = ['--subscriber=crm', '--replay', ...range()];
    const asked = await reconcile(args, []);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('The list is empty, so the other side has no message.');
    expect(asked.stderr).toContain(
      'error: 5 messages will be sent to crm only. The list is empty, so everything in the range counts as missing. Nothing was done: there is no terminal to confirm it.\n',
    );
    expect(await take('crm')).toEqual([]);
    expect((await reconcile([...args, '--yes'], [])).code).toBe(0);
    expect(await take('crm')).toEqual([UUID, 'dead', 'failing', 'kept', 'unmarked']);
  });

  it('sends nothing for a list without a message of the range without --yes', async () => {
    const args = ['--subscriber=crm', '--replay', ...range()];
    const ids = ['later', 'never-received'];
    const asked = await reconcile(args, ids);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain(
      'error: 5 messages will be sent to crm only. The list has no message of the range, so everything in it counts as missing. Nothing was done: there is no terminal to confirm it.\n',
    );
    expect(await take('crm')).toEqual([]);
    expect((await reconcile([...args, '--yes'], ids)).code).toBe(0);
    expect(await take('crm')).toHaveLength(5);
  });

  it('goes on where it was stopped, under the same id', async () => {
    const ids = ['many-7'];
    const first = await prepared(['--subscriber=crm', '--replay', '--rate=20', ...later()], ids);
    const running = await startCli(first.args, first.options);
    const sent: string[] = [];
    await expect
      .poll(async () => sent.push(...(await take('crm'))) && sent.length, { timeout: 20_000 })
      .toBeGreaterThan(5);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.result;
    expect(code).toBe(130);
    const [, options = ''] = /^To continue, add or replace: (.+)$/m.exec(stderr) ?? [];
    expect(options).toMatch(/^--after \d+\/many-\d+ --replay-id \S+ --until \S+Z$/);
    sent.push(...(await take('crm')));
    expect(new Set(sent).size).toBeLessThan(MANY - 1);
    const [since = ''] = later();
    const again = ['--subscriber=crm', '--replay', since, ...options.split(' ')];
    expect((await reconcile(again, ids)).code).toBe(0);
    sent.push(...(await take('crm')));
    const all = Array.from({ length: MANY }, (_, n) => `many-${n}`).filter((id) => id !== 'many-7');
    expect([...new Set(sent)].toSorted()).toEqual(all.toSorted());
    expect(sent.length - all.length).toBeLessThanOrEqual(10);
  });
});

describe('reconcile refuses', () => {
  it.each([
    [[], 2, 'Nothing to compare with: give --ids FILE, --subscriber NAME'],
    [['--subscriber=jobs'], 2, 'Give the message_ids that it has: --ids FILE.'],
    [['--subscriber=crn'], 3, 'has no subscriber crn.\nIts subscribers are crm, jobs.'],
    [['--ids=ids.txt', '--replay'], 2, '--replay needs --subscriber NAME.'],
    [
      ['--ids=ids.txt', '--replay', '--subscriber=crm'],
      2,
      'covers: --since, from which it is complete; --until, when it was made.',
    ],
    [
      ['--ids=ids.txt', '--replay', '--subscriber=crm', '--since=1d'],
      2,
      'covers: --until, when it was made.\nMessages of another time',
    ],
    [['--subscriber=crm', '--rate=50'], 2, '--rate needs --replay.'],
    [['--subscriber=crm', '--yes'], 2, '--yes needs --replay.'],
    [['--subscriber=crm', '--replay-id=x'], 2, '--replay-id needs --replay.'],
    [['--ids=nothing', '--subscriber=crm'], 2, 'nothing: there is no such file.'],
  ])('%j', async (args, code, message) => {
    const result = await reconcile(args);
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
  });
});
