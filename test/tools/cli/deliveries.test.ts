import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../tools/cli/main.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';
import { type SubscriberStack, withSubscribers } from './subscriber-stack.ts';

const MINUTE = 60_000;

let stack: LocalStack;
let subscribers: SubscriberStack;
/** When the messages below were published: after the queues were made. */
let published: number;
beforeAll(async () => {
  stack = await startTestStack();
  subscribers = await withSubscribers(stack, [
    { name: 'crm', kind: 'https', secret: 'CRM_SECRET', url: 'https://crm.example' },
    { name: 'jobs', kind: 'queue' },
    { name: 'staff', kind: 'slack', secret: 'CHAT_URL', filterPolicy: { from: ['MyBank'] } },
  ]);
  published = Date.now() + MINUTE;
  const record = (
    message_id: string,
    changes: Parameters<typeof store>[1][number] | object = {},
  ) => ({
    ...someRecord({ message_id, received_at: published, ...publishedAt(published) }),
    ...changes,
  });
  const failed = { failed_at: published, reason: '500' };
  await store(stack, [
    record('delivered', {
      deliveries: { crm: { attempts: 4, ...failed, delivered_at: published + 4 * MINUTE } },
    }),
    record('waiting', { received_at: published + 1 }),
    record('failing', {
      received_at: published + 2,
      deliveries: { crm: { attempts: 1, ...failed } },
    }),
    record('dead', {
      received_at: published + 3,
      from: '+61400000009',
      deliveries: { crm: { attempts: 34, ...failed, reason: 'timeout', dead_at: published } },
    }),
    record('before', {
      received_at: published - 10 * MINUTE,
      ...publishedAt(published - 10 * MINUTE),
    }),
    someRecord({ message_id: 'pending', received_at: published + 4 }),
  ]);
});
afterAll(async () => {
  await subscribers?.[Symbol.asyncDispose]();
  await stack?.close();
});

const cli = (command: string) => runCli([...command.split(' '), `--local=${subscribers.url}`]);

/** The lines of `show` about subscribers. */
async function deliveries(id: string): Promise<string[]> {
  const { code, stdout } = await cli(`show ${id}`);
  expect(code).toBe(0);
  return stdout.split('\n').filter((line) => line.startsWith('delivery.'));
}

describe('show has the delivery to each subscriber:', () => {
  it.each([
    [
      'delivered',
      [
        'delivery.crm\t500 three times, delivered 4 minutes later',
        'delivery.jobs\thanded to SNS',
        'delivery.staff\tnot for it (filter)',
      ],
    ],
    [
      'pending',
      [
        'delivery.crm\tnot published yet',
        'delivery.jobs\tnot published yet',
        'delivery.staff\tnot published yet',
      ],
    ],
    [
      'before',
      [
        'delivery.crm\tnot for it (published before it subscribed)',
        'delivery.jobs\tnot for it (published before it subscribed)',
        'delivery.staff\tnot for it (published before it subscribed)',
      ],
    ],
  ])('%s', async (id, lines) => {
    expect(await deliveries(id)).toEqual(lines);
  });

  it('on a terminal', async () => {
    const { runtime, read } = fakeTerminal({}, 160);
    expect(await main(['show', 'dead', `--local=${subscribers.url}`], runtime)).toBe(0);
    expect(stripVTControlCharacters(read())).toMatch(
      /^delivery\.crm +given up after 34 attempts \(timeout\), in the dead-letter queue$/m,
    );
  });

  it('as the marks of its record, with --json', async () => {
    const [message] = documentsOf(await cli('show failing --json'));
    expect(message.deliveries).toEqual({
      crm: { attempts: 1, failed_at: published, reason: '500' },
    });
  });
});

describe('list --undelivered', () => {
  it('lists undelivered messages of a subscriber, with their states', async () => {
    const { code, stdout } = await cli('list --undelivered crm');
    expect(code).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    expect(rows.map(([, , , state, id]) => [id, state])).toEqual([
      ['dead', 'dead (timeout)'],
      ['failing', 'failing (500)'],
      ['waiting', 'waiting'],
    ]);
  });

  it('applies the filter of the subscription', async () => {
    const { code, stdout, stderr } = await cli('list --undelivered staff');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No message matches.\n',
    });
  });

  it('goes with the other options', async () => {
    const [dead, ...others] = documentsOf(
      await cli('list --undelivered crm --from +61400000009 --since 1d --json'),
    );
    expect(others).toEqual([]);
    expect(dead).toMatchObject({
      message_id: 'dead',
      delivery: { subscriber: 'crm', state: 'dead', reason: 'timeout' },
    });
  });

  it('ends with the place where it goes on', async () => {
    const { stderr } = await cli('list --undelivered crm --limit 1');
    const [, after] = /add --after (\S+)/.exec(stderr) ?? [];
    const found = documentsOf(await cli(`list --undelivered crm --json --after ${after}`));
    expect(found.map(({ message_id }) => message_id)).toEqual(['failing', 'waiting']);
  });

  it.each([
    ['list --undelivered jobs', 2, /jobs is a queue of your own: only your code knows/],
    [
      'list --undelivered nobody',
      3,
      /has no subscriber nobody[\s\S]*Its subscribers are crm, jobs, staff/,
    ],
    ['list --undelivered crm --pending', 2, /cannot be used with --pending/],
    ['list --undelivered crm --conflicts', 2, /--conflicts can only be used with/],
  ])('%s ends with %i', async (command, code, message) => {
    const { stderr, ...result } = await cli(command);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('needs a stack', async () => {
    const args = ['list', '--undelivered', 'crm', '--table', 'messages', '--region', 'us-east-1'];
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain('This needs a stack');
  });

  it('is there for export, too, the oldest first', async () => {
    const { code, stdout } = await cli('export --undelivered crm --format csv --exact');
    expect(code).toBe(0);
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(',')[0]);
    expect(ids).toEqual(['message_id', 'waiting', 'failing', 'dead']);
  });
});
