import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toItem } from '../../../lib/aws/message-item.ts';
import type { MessageRecord } from '../../../lib/messages/message-record.ts';
import { main } from '../../../tools/cli/main.ts';
import { TailQueue } from '../../../tools/cli/tail-queue.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { dynamoDBError, serveStack } from './fake-local-stack.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { publishedAt } from './stored-messages.ts';

vi.mock('../../../tools/cli/tail-queue.ts', async (original) => ({
  ...(await original<object>()),
  removeLeftovers: async () => {},
}));
afterEach(() => vi.restoreAllMocks());

const NOON = new Date(2026, 10, 7, 12).getTime();
const messages = (count: number, changes: Partial<MessageRecord> = {}) =>
  Array.from({ length: count }, (_, n) =>
    someRecord({ message_id: `m-${n}`, received_at: NOON, ...publishedAt(NOON), ...changes }),
  );

/** What a person sees of a command on a stack. */
async function run(url: string, ...args: string[]) {
  const { runtime, read, readErrors } = fakeTerminal();
  const code = await main([...args, `--local=${url}`], runtime);
  const [raw, rawErrors] = [read(), readErrors()];
  const errors = rawErrors
    .split(/\r\x1b\[K|\n/)
    .map(stripVTControlCharacters)
    .filter(Boolean);
  const lines = stripVTControlCharacters(raw).trimEnd().split('\n');
  return { code, raw, rawErrors, lines, errors };
}

describe('stats', () => {
  it('ends with today, and sums up several numbers only', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(NOON + 86_400_000);
    const args = ['stats', '--since', '2026-11-07', '--until', '2999-12-31'];
    const { lines, errors } = await run(await serveStack(messages(1_001)), ...args);
    expect(lines.map((line) => line.trim().split(/ {2,}/).slice(0, 3))).toEqual([
      ['DAY', 'TO', 'MESSAGES'],
      ['2026-11-07', '+61400000002', '1,001'],
      ['2026-11-08', '0'],
      [''],
      ['ALL DAYS', 'TO', 'MESSAGES'],
      ['+61400000002', '1,001'],
    ]);
    expect(errors[0]).toMatch(/^Counting .* 0% 1$/);
  });
});

describe('export', () => {
  it('of a text cannot command the terminal, as CSV either', async () => {
    const url = await serveStack(messages(1, { body: 'a\x1b[2Jb\x9b1mc' }));
    const { raw, errors } = await run(url, 'export', '--format', 'csv');
    expect(raw).toContain(',a\\x1b[2Jb\\x9b1mc,');
    expect(errors).toEqual(['1 message written.']);
  });
});

describe('forget', () => {
  const forget = (url: string) => run(url, 'forget', '+61400000001', '--yes');

  it('says after a failure what is deleted, and how to continue', async () => {
    let deleted = 0;
    const url = await serveStack(messages(20), {
      DeleteItem: () => (++deleted === 1 ? { body: {} } : dynamoDBError('AccessDeniedException')),
      GetItem: () => ({ body: { Item: toItem(someRecord()) } }),
    });
    const { code, lines, errors } = await forget(url);
    expect(code).toBe(4);
    expect(lines.at(-1)).toBe('1 of 20 from +61400000001 deleted.');
    expect(errors).toContain('Looking for messages 0 of 1');
    expect(errors).toContain('To continue, run it again.');
    expect(errors).toContain('error: AWS does not allow it: Said AWS');
  });

  it('without a match leaves no progress on the terminal', async () => {
    const url = await serveStack(messages(1));
    const { lines, rawErrors } = await run(url, 'forget', 'nobody');
    expect(lines).toEqual(['No message of that sender is stored.']);
    expect(rawErrors).toBe('\r\x1b[KLooking for messages 0 of 1\r\x1b[K');
  });

  it('counts a message as deleted that is gone after a failed condition', async () => {
    const url = await serveStack(messages(1), {
      DeleteItem: () => dynamoDBError('ConditionalCheckFailedException'),
      GetItem: () => ({ body: {} }),
    });
    const { code, lines, errors } = await forget(url);
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe('1 of 1 from +61400000001 deleted.');
    expect(errors).toContain(`Deleting ${'█'.repeat(24)} 100% 1 deleted`);
    expect(errors).not.toContain('To continue, run it again.');
  });

  it('says of how many it does not know whether they are deleted', async () => {
    const url = await serveStack(messages(1), {
      DeleteItem: () => dynamoDBError('AccessDeniedException'),
      GetItem: () => dynamoDBError('AccessDeniedException'),
    });
    const { code, lines } = await forget(url);
    expect(code).toBe(4);
    expect(lines.slice(-2)).toEqual([
      '0 of 1 from +61400000001 deleted.',
      '1 may be deleted or not, because AWS did not answer: run it again.',
    ]);
  });
});

describe('replay', () => {
  it('leaves nothing of its counting on the terminal', async () => {
    const url = await serveStack(messages(2));
    const args = ['replay', '--since', '2026-11-07', '--dry-run', '--format', 'inbound-sms'];
    const { code, rawErrors } = await run(url, ...args);
    expect(code).toBe(0);
    const counted = rawErrors.slice(0, rawErrors.indexOf('Reading'));
    // Gone when it is counted, and once more before the next.
    expect(counted).toBe('\r\x1b[KCounting 1\r\x1b[K\r\x1b[K');
  });
});

describe('tail', () => {
  function withQueue(remove: () => Promise<void>, ...portions: object[][]) {
    const queue = {
      name: 'the-queue',
      receive: async () => (portions.shift() ?? []).map((message) => JSON.stringify(message)),
      [Symbol.asyncDispose]: vi.fn(remove),
    };
    vi.spyOn(TailQueue, 'open').mockResolvedValue(queue as unknown as TailQueue);
    return queue;
  }
  const sms = (message_id: string) => ({ message_id, from: '+1', sms_number: '+2', body: 'Hi' });

  it('shows no more than it is told, however many come at once', async () => {
    let isLeft = true;
    const remove = async () => {
      await new Promise(setImmediate);
      isLeft = false;
    };
    const queue = withQueue(remove, [sms('a'), sms('b')], [sms('c'), sms('d')]);
    const { code, lines } = await run(await serveStack([]), 'tail', '--limit', '3');
    expect(code).toBe(0);
    expect(lines.slice(1).map((line) => line.split(/ {2,}/)[3])).toEqual(['a', 'b', 'c']);
    expect(queue[Symbol.asyncDispose]).toHaveBeenCalledOnce();
    expect(isLeft).toBe(false);
  });

  it('shows the other format that a stack may publish in', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(NOON);
    const numbers = { originationNumber: '+1', destinationNumber: '+2' };
    withQueue(async () => {}, [{ ...numbers, inboundMessageId: 'a', messageBody: 'Hi\nthere' }]);
    const { lines } = await run(await serveStack([]), 'tail', '--limit', '1');
    expect(lines[1]?.split(/ {2,}/)).toEqual([
      '2026-11-07 12:00:00',
      '+1',
      '+2',
      'a',
      'Hi ⏎ there',
    ]);
  });

  it('says if its queue is left', async () => {
    withQueue(() => Promise.reject(new Error('denied')), [sms('a')]);
    const { code, errors } = await run(await serveStack([]), 'tail', '--limit', '1');
    expect(code).toBe(0);
    expect(errors).toEqual([
      'Waiting for messages. Ctrl-C ends it.',
      'The queue the-queue could not be removed. The next `tail` removes it.',
    ]);
  });
});
