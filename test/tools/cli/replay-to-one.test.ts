import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack, subscribeQueue } from '../../helpers/local-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';
import { type SubscriberStack, withSubscribers } from './subscriber-stack.ts';

const BEGIN = Date.parse('2026-11-07T10:00:00Z');

/** One a second; each fifth is pending. */
const RECORDS = Array.from({ length: 15 }, (_, n) =>
  someRecord({
    message_id: `Message-${n}`,
    from: n % 2 ? '+61400000001' : 'A shop',
    received_at: BEGIN + n * 1_000,
    ...(n % 5 > 0 && publishedAt(BEGIN + n * 1_000)),
  }),
);

describe('replay to one subscriber', () => {
  let stack: LocalStack;
  let subscribers: SubscriberStack;
  beforeAll(async () => {
    stack = await startTestStack();
    await store(stack, RECORDS);
    const filterPolicy = { from: ['nobody'] };
    subscribers = await withSubscribers(stack, [
      { name: 'crm', kind: 'https', secret: 'SECRET', url: 'https://example.com', filterPolicy },
      { name: 'jobs', kind: 'queue' },
    ]);
  });
  afterAll(async () => {
    await subscribers?.[Symbol.asyncDispose]();
    await stack?.close();
  });

  const replay = (...args: string[]) => runCli(['replay', `--local=${subscribers.url}`, ...args]);
  const take = (name: string) => subscribers.take(subscribers.of(name).queue);
  const idOf = ({ Body = '' }: { Body?: string | undefined }): string =>
    JSON.parse(Body).message_id;

  it('sends only to its queue, as SNS does, and ignores its filter', async () => {
    await using other = await subscribeQueue(stack);
    const result = await replay('Message-1', '--subscriber', 'crm', '--json');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [, sum] = documentsOf(result);
    expect(sum).toMatchObject({ published: 1, dry_run: false, done: true });
    const [message, ...more] = await take('crm');
    expect(more).toEqual([]);
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      ...{ schema: 'inbound-sms/1', message_id: 'Message-1', body: RECORDS[1]?.body },
    });
    const attributes = Object.entries(message?.MessageAttributes ?? {});
    expect(
      Object.fromEntries(attributes.map(([name, { StringValue }]) => [name, StringValue])),
    ).toEqual({
      schema: 'inbound-sms/1',
      message_id: 'Message-1',
      service_id: '4711',
      from: '+61400000001',
      sms_number: '+61400000002',
      replay: sum.replay,
    });
    expect(await take('jobs')).toEqual([]);
    expect(await other.all()).toEqual([]);
  });

  it('applies --from, and leaves pending messages', async () => {
    const { code, stdout } = await replay(
      '--since=2026-11-07',
      '--from=A shop',
      '--subscriber=crm',
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^6 messages sent to crm again, as replay .*\n2 messages not published yet/,
      ),
    });
    const ids = (await take('crm')).map(idOf).toSorted();
    expect(ids).toEqual([12, 14, 2, 4, 6, 8].map((n) => `Message-${n}`));
  });

  it('takes the name in --to, too, and a number there still chooses messages', async () => {
    expect((await replay('Message-2', '--to', 'jobs')).code).toBe(0);
    expect((await take('jobs')).map(idOf)).toEqual(['Message-2']);
    const args = ['--since=2026-11-07', '--subscriber=jobs'];
    expect((await replay(...args, '--to=0400000003')).stdout).toMatch(/^0 messages/);
    expect((await replay(...args, '--to=0400000002')).stdout).toMatch(/^12 messages/);
    expect(await take('jobs')).toHaveLength(12);
  });

  it('sends nothing with --dry-run', async () => {
    const { stdout } = await replay('Message-1', '--subscriber=crm', '--dry-run');
    expect(stdout).toBe('1 message would be sent to crm again.\n');
    expect(await take('crm')).toEqual([]);
  });

  it.each([
    [
      ['Message-1', '--subscriber=crn'],
      3,
      'has no subscriber crn.\nIts subscribers are crm, jobs.',
    ],
    [['Message-1', '--to=crn'], 3, 'has no subscriber crn.'],
    [['--subscriber=crm'], 2, 'No messages are named'],
    [['--to=crm'], 2, 'No messages are named'],
    [['Message-1', '--to=jobs', '--subscriber=crm'], 2, 'both name a subscriber'],
  ])('refuses %j', async (args, code, message) => {
    const result = await replay(...args);
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
  });

  it('refuses a table alone, which has no subscribers', async () => {
    const { code, stderr } = await runCli(
      ['replay', 'Message-1', '--table=messages', '--subscriber=crm', '--format=inbound-sms'],
      { env: { AWS_REGION: 'us-east-1' } },
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--table gives only a table');
  });

  it('says that SQS takes nothing while its queue is away', async () => {
    await stack.stopSns();
    try {
      const { code, stderr } = await replay('Message-1', '--subscriber=crm');
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: SQS does not take the messages/m);
    } finally {
      await stack.startSns();
    }
  });
});
