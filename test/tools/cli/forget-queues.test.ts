import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';
import { type SubscriberStack, withSubscribers } from './subscriber-stack.ts';

const SENDER = '+61491570006';
const OTHER = '+61491570156';

const bodyOf = (from: string, message_id: string) =>
  notificationsIn('inbound-sms')(someRecord({ from, message_id })).message;
/** What SNS itself puts into a dead-letter queue has this around the message. */
const envelope = (Message: string) => JSON.stringify({ Type: 'Notification', Message });

const EMPTY = { waiting: 0, dead_letters: 0, problems: [] };

describe('forget, with subscribers,', () => {
  let stack: LocalStack;
  let subscribers: SubscriberStack;
  /** Nobody may read its queues. */
  let denying: SubscriberStack;
  beforeAll(async () => {
    stack = await startTestStack();
    subscribers = await withSubscribers(stack, [
      { name: 'crm', kind: 'https', secret: 'SECRET', url: 'https://crm.example' },
      { name: 'jobs', kind: 'queue' },
    ]);
    denying = await withSubscribers(stack, [{ name: 'jobs', kind: 'queue' }], {
      sqs: () => ({ __type: 'AccessDeniedException', message: 'Denied' }),
    });
  });
  afterEach(async () => {
    for (const name of ['crm', 'jobs']) {
      await subscribers.take(subscribers.of(name).queue);
      await subscribers.take(subscribers.of(name).deadLetters);
    }
  });
  afterAll(async () => {
    await subscribers?.[Symbol.asyncDispose]();
    await denying?.[Symbol.asyncDispose]();
    await stack?.close();
  });

  const forget = (...args: string[]) =>
    runCli(['forget', SENDER, `--local=${subscribers.url}`, ...args]);
  async function put(queueUrl: string, bodies: readonly string[]): Promise<void> {
    for (const MessageBody of bodies) await subscribers.send(queueUrl, { MessageBody });
  }
  const storeOne = (message_id: string) =>
    store(stack, [
      someRecord({ message_id, from: SENDER, received_at: Date.now(), ...publishedAt(Date.now()) }),
    ]);

  it('deletes the sender’s dead letters in every form, and leaves all others', async () => {
    await storeOne('stored');
    const { deadLetters } = subscribers.of('crm');
    const others = [
      ...Array.from({ length: 12 }, (_, n) => bodyOf(OTHER, `other-${n}`)),
      'no message of ours',
    ];
    await put(deadLetters, [
      ...others,
      bodyOf(SENDER, 'one'),
      envelope(bodyOf('0491570006', 'two')),
    ]);
    const { code, stdout } = await forget('--yes');
    expect(code).toBe(0);
    expect(stdout).toContain('1 of 1 from +61491570006 deleted.');
    expect(stdout).toContain('crm: 2 messages deleted from its dead-letter queue.');
    expect(stdout).toContain('Subscribers keep their own copies: delete those there.');
    // They are visible at once.
    const left = (await subscribers.take(deadLetters)).map(({ Body }) => Body);
    expect(left.toSorted()).toEqual(others.toSorted());
  });

  it('deletes dead letters of a sender without records', async () => {
    await put(subscribers.of('jobs').deadLetters, [bodyOf(SENDER, 'alone')]);
    const result = documentsOf(await forget('--yes', '--json')).at(-1);
    expect(result).toMatchObject({
      found: 0,
      deleted: 0,
      subscribers: [
        { ...EMPTY, subscriber: 'crm', dead_letters_deleted: 0 },
        { ...EMPTY, subscriber: 'jobs', dead_letters_deleted: 1 },
      ],
    });
  });

  it('says how many messages wait, and leaves them', async () => {
    await storeOne('waits');
    const { queue } = subscribers.of('crm');
    await put(queue, [bodyOf(SENDER, 'waits')]);
    const { stdout } = await forget('--yes');
    expect(stdout).toContain(
      'crm: about 1 message of any sender in its queue. It will still be delivered.',
    );
    expect(await subscribers.take(queue)).toHaveLength(1);
  });

  it('counts with --dry-run, and touches nothing', async () => {
    const { deadLetters } = subscribers.of('crm');
    await put(deadLetters, [bodyOf(SENDER, 'one'), bodyOf(OTHER, 'two')]);
    const { stdout } = await forget('--dry-run');
    expect(stdout).toContain('crm: about 2 messages of any sender in its dead-letter queue.');
    const left = await subscribers.take(deadLetters);
    expect(left.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['1', '1']);
  });

  it('deletes the records and the other dead letters where a queue is gone, and names it', async () => {
    await using partly = await withSubscribers(stack, [
      { name: 'crm', kind: 'queue' },
      { name: 'jobs', kind: 'queue' },
    ]);
    const [crm, jobs] = [partly.of('crm'), partly.of('jobs')];
    await partly.deleteQueue(crm.queue);
    await partly.deleteQueue(crm.deadLetters);
    await storeOne('beside');
    await partly.send(jobs.deadLetters, { MessageBody: bodyOf(SENDER, 'beside') });
    const { code, stdout } = await runCli(['forget', SENDER, `--local=${partly.url}`, '--yes']);
    expect(code).toBe(0);
    expect(stdout).toContain('1 of 1 from +61491570006 deleted.');
    expect(stdout).toContain('crm: its queue is gone');
    expect(stdout).toContain('crm: its dead-letter queue is gone');
    expect(stdout).toContain('jobs: 1 message deleted from its dead-letter queue.');
  });

  it('deletes the records where a queue may not be read, and ends with 4', async () => {
    await storeOne('unread');
    const args = ['forget', SENDER, `--local=${denying.url}`, '--yes'];
    const { code, stdout, stderr } = await runCli(args);
    expect(code).toBe(4);
    expect(stdout).toContain('1 of 1 from +61491570006 deleted.');
    expect(stdout).toContain('jobs: AWS does not allow you to read its dead-letter queue.');
    expect(stderr).toContain('AWS does not allow you to read the dead letters of jobs');
    const [result] = documentsOf(await runCli([...args, '--dry-run', '--json']));
    expect(result.subscribers).toEqual([
      {
        ...{ subscriber: 'jobs', waiting: null, dead_letters: null },
        problems: ['queue not allowed', 'dead-letter queue not allowed'],
      },
    ]);
  });

  it('asks before it touches a dead-letter queue', async () => {
    await put(subscribers.of('crm').deadLetters, [bodyOf(SENDER, 'one')]);
    const { code, stderr } = await forget();
    expect(code).toBe(2);
    expect(stderr).toContain(
      'what dead-letter queues hold of that sender will be deleted for good',
    );
    expect(await subscribers.take(subscribers.of('crm').deadLetters)).toHaveLength(1);
  });
});
