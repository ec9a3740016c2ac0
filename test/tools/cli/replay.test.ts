import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageFormatOf } from '../../../tools/cli/message-options.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack, subscribeQueue } from '../../helpers/local-stack.ts';
import { startFaultyAws } from './behind-faults.ts';
import { documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';

const BEGIN = Date.parse('2026-11-07T10:00:00Z');

/** One a second; each tenth is pending. */
const RECORDS = Array.from({ length: 150 }, (_, n) =>
  someRecord({
    message_id: `Message-${n}`,
    from: n % 2 ? '+61400000001' : 'A shop',
    body: `Text ${n}`,
    received_at: BEGIN + n * 1_000,
    ...(n % 10 > 0 && publishedAt(BEGIN + n * 1_000)),
  }),
);
const PUBLISHED = RECORDS.filter(({ published_at }) => published_at).map((r) => r.message_id);
const ALL = ['--since', '2026-11-07', '--rate', '100000'];

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
  await store(stack, RECORDS);
});
afterAll(() => stack?.close());

const argsOf = (args: readonly string[]) => [
  'replay',
  `--local=${stack.url}`,
  '--format=inbound-sms',
  ...args,
];
const replay = (...args: string[]) => runCli(argsOf(args));
const idOf = ({ message }: { message: string }): string => JSON.parse(message).message_id;
const archived = async () => (await runCli(['export', `--local=${stack.url}`])).stdout;

describe('replay', () => {
  it('publishes one message as it was, but for the attribute', async () => {
    await using queue = await subscribeQueue(stack);
    const before = await archived();
    const result = await replay('Message-1', '--json');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [each, sum] = documentsOf(result);
    const { message_id, received_at } = RECORDS[1] ?? someRecord();
    expect(each).toEqual({
      message_id,
      received_at,
      outcome: 'published',
      replay: sum.replay,
      dry_run: false,
    });
    expect(sum).toEqual({
      replay: expect.stringMatching(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/),
      dry_run: false,
      published: 1,
      pending: 0,
      refused: 0,
      uncertain: 0,
      done: true,
      after: `${received_at}/Message-1`,
    });
    const [notification] = await queue.receive(1);
    expect(notification?.attributes).toEqual({
      schema: 'inbound-sms/1',
      message_id,
      service_id: '4711',
      from: '+61400000001',
      sms_number: '+61400000002',
      replay: sum.replay,
    });
    expect(JSON.parse(notification?.message ?? '')).toMatchObject({ body: 'Text 1', received_at });
    expect(await queue.all()).toEqual([]);
    expect(await archived()).toBe(before);
  });

  it('publishes selected messages, the oldest first, and leaves pending ones', async () => {
    await using queue = await subscribeQueue(stack);
    const { code, stdout } = await replay(
      ...['--since', '2026-11-07T10:00:10', '--until', '2026-11-07T10:00:30'],
      ...['--from', 'A shop', '--to', '61400000002'],
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^8 messages published again, as replay \S+\.\n2 messages not published yet: left to the sweeper\.\n$/,
      ),
    });
    const published = [12, 14, 16, 18, 22, 24, 26, 28].map((n) => `Message-${n}`);
    expect((await queue.receive(8)).map(idOf).toSorted()).toEqual(published);
    expect(await queue.all()).toEqual([]);
  });

  it('takes a part of a number or name for no number or name', async () => {
    for (const part of ['0400 0', 'shop']) {
      const { stdout } = await replay('--from', part, '--dry-run');
      expect(stdout).toBe('0 messages would be published again.\n');
    }
  });

  it('publishes nothing with --dry-run', async () => {
    await using queue = await subscribeQueue(stack);
    const { code, stdout } = await replay(...ALL, '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^135 messages would be published again\.\n15 messages not published/);
    expect(await queue.all()).toEqual([]);
  });

  it('publishes no more than 100 messages without a confirmation', async () => {
    await using queue = await subscribeQueue(stack);
    const { code, stdout, stderr } = await replay(...ALL);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: 150 messages will be published again.*\n.*add --yes/);
    expect(await queue.all()).toEqual([]);
  });

  it('goes on where it was stopped, under the same id', async () => {
    await using queue = await subscribeQueue(stack);
    const running = await startCli(argsOf(['--since', '2026-11-07', '--yes', '--rate', '25']));
    const first = await queue.receive(20, { withinMs: 15_000 });
    running.child.kill('SIGINT');
    const { code, stderr } = await running.result;
    expect(code).toBe(130);
    first.push(...(await queue.all()));
    expect(first.length).toBeLessThan(PUBLISHED.length);

    const [, options = ''] = /^To continue, add or replace: (.+)$/m.exec(stderr) ?? [];
    expect(options).toMatch(/^--after \d+\/Message-\d+ --replay-id \S+ --until \S+Z$/);
    const { code: second } = await replay(...ALL, '--yes', ...options.split(' '));
    expect(second).toBe(0);
    const all = [...first, ...(await queue.all())];
    expect(new Set(all.map(({ attributes }) => attributes.replay)).size).toBe(1);
    expect([...new Set(all.map(idOf))].toSorted()).toEqual(PUBLISHED.toSorted());
    expect(all.length - PUBLISHED.length).toBeLessThanOrEqual(10);
  });

  it('publishes nothing if one of the ids is not stored', async () => {
    await using queue = await subscribeQueue(stack);
    expect(await replay('Message-1', 'Message-1000')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'error: There is no message Message-1000. Nothing was done.\n',
    });
    expect(await queue.all()).toEqual([]);
  });

  it('says how far it came while SNS is down', async () => {
    await stack.stopSns();
    try {
      const { code, stdout, stderr } = await replay('Message-1');
      expect(code).toBe(1);
      expect(stdout).toMatch(/^0 messages published again/);
      expect(stderr).toMatch(/^error: SNS does not take the messages/m);
      expect(stderr).toMatch(/^To continue, add or replace: --replay-id \S+$/m);
    } finally {
      await stack.startSns();
    }
  });

  it('stopped in its first batch, says what may be published, and goes on under the same id', async () => {
    await using aws = await startFaultyAws(stack);
    aws.sns.setFault(() => ({ kind: 'hang-after' }));
    await using queue = await subscribeQueue(stack);
    const ids = ['Message-1', 'Message-2'];
    const running = await startCli(['replay', `--local=${aws.url}`, ...ids]);
    const first = await queue.receive(2, { withinMs: 15_000 });
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.result;
    expect(code).toBe(130);
    expect(stdout).toMatch(
      /^0 messages published again.*\n2 messages may be published or not: their batch was not finished\.\n$/,
    );
    const [, options = ''] = /^To continue, add or replace: (.+)$/m.exec(stderr) ?? [];
    expect((await replay(...ids, ...options.split(' '))).code).toBe(0);
    const all = [...first, ...(await queue.receive(2))];
    expect(new Set(all.map(({ attributes }) => attributes.replay)).size).toBe(1);
  });

  it('knows that nothing is published where AWS refuses', async () => {
    await using aws = await startFaultyAws(stack);
    aws.sns.setFault(() => ({ kind: 'error-before', code: 'AuthorizationError', status: 403 }));
    const args = ['--since=2026-11-07T10:00:10', '--until=2026-11-07T10:00:30', '--after=1/a'];
    const result = await runCli(['replay', `--local=${aws.url}`, ...args]);
    expect(result.code).toBe(4);
    expect(result.stdout).toMatch(/^0 messages published again, as replay \S+\.\n$/);
    expect(result.stderr).toMatch(
      /^To continue, add or replace: --after 1\/a --replay-id \S+ --until 2026-11-07T10:00:30.000Z$/m,
    );
  });

  it('killed, has said how to go on under the same id', async () => {
    await using queue = await subscribeQueue(stack);
    const running = await startCli(argsOf(['--since=2026-11-07', '--yes', '--rate=25']));
    const [first] = await queue.receive(10, { withinMs: 15_000 });
    running.child.kill('SIGKILL');
    const { stderr } = await running.result;
    expect(stderr).toMatch(
      /^Replay (\S+) begins\. If it is killed, add or replace: --replay-id \1 --until \S+Z$/m,
    );
    expect(stderr).toContain(`Replay ${first?.attributes.replay} begins.`);
    await queue.all();
  });

  it('goes on to its end after its reader has gone, as in `replay --json | head -1`', async () => {
    await using queue = await subscribeQueue(stack);
    const args = ['--since=2026-11-07', '--yes', '--rate=100', '--json'];
    const { child, result } = await startCli(argsOf(args));
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect((await result).code).toBe(0);
    const ids = new Set((await queue.receive(PUBLISHED.length)).map(idOf));
    expect([...ids].toSorted()).toEqual(PUBLISHED.toSorted());
  });

  it.each([
    [[], 'No messages are named'],
    [['Message-1', '--since', '1d'], 'Give ids, or --since'],
    [['--since', '1d', '--format', 'xml'], 'Allowed choices are inbound-sms, aws-two-way-sms'],
    [['Message-1', '--replay-id', 'ä'], 'It must be 1 to 100 visible ASCII'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await replay(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('replay on a FIFO topic', () => {
  it('publishes recent messages again, in order', async () => {
    await using fifo = await startTestStack({
      packageDir: undefined,
      params: { topicType: 'fifo' },
    });
    const records = RECORDS.slice(0, 5).map((record) => ({ ...record, from: 'A shop' }));
    await store(fifo, records);
    await using queue = await subscribeQueue(fifo);
    const again = () =>
      runCli(['replay', `--local=${fifo.url}`, '--format=inbound-sms', '--since', '2026-11-07']);
    expect((await again()).code).toBe(0);
    expect((await again()).code).toBe(0);
    const ids = (await queue.receive(8)).map(idOf);
    const published = records.slice(1).map(({ message_id }) => message_id);
    expect(ids).toEqual([...published, ...published]);
  }, 120_000);
});

describe('the message format', () => {
  const stackWith = (outputs: Record<string, string>) => ({ name: 'a-stack', outputs });

  it('is the format of the stack, unless --format names another', () => {
    const stack = stackWith({ MessageFormat: 'aws-two-way-sms' });
    expect(messageFormatOf(stack, undefined)).toBe('aws-two-way-sms');
    expect(messageFormatOf(stack, 'inbound-sms')).toBe('inbound-sms');
  });

  it('is not guessed', () => {
    expect(() => messageFormatOf(stackWith({}), undefined)).toThrow('does not tell the format');
    expect(() => messageFormatOf(stackWith({ MessageFormat: 'x' }), undefined)).toThrow();
  });
});
