import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { postForm, startTestStack } from '../../helpers/local-stack.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { type CliOptions, documentsOf, runCli } from './run-cli.ts';
import { asStored, publishedAt, store } from './stored-messages.ts';

const SECOND = Date.parse('2026-11-07T10:00:00Z');
const OURS = ['+61290000001', '+61290000002'] as const;

/** One a second; each third is pending. */
const RECORDS = Array.from({ length: 60 }, (_, n) =>
  someRecord({
    message_id: `message-${n}`,
    from: n % 2 ? '+61400000001' : 'A shop',
    sms_number: OURS[n % 2] ?? '',
    body: `Text ${n}\nsecond \x1b[31mline`,
    received_at: SECOND + n * 1_000,
    ...(n % 3 > 0 && publishedAt(SECOND + n * 1_000 + 50)),
  }),
);
const ids = (keep: (n: number) => boolean = () => true) =>
  RECORDS.flatMap(({ message_id }, n) => (keep(n) ? message_id : [])).toReversed();

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
  await store(stack, RECORDS);
});
afterAll(() => stack?.close());

const list = (args: readonly string[], options?: CliOptions) =>
  runCli(['list', `--local=${stack.url}`, ...args], options);
async function listedIds(...args: string[]): Promise<string[]> {
  const result = await list(['--json', ...args]);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return documentsOf(result).map(({ message_id }) => message_id);
}

describe('list', () => {
  it('shows the newest 50, and how to get the others', async () => {
    const { code, stdout, stderr } = await list([]);
    expect(code).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    expect(rows.map(([, , , , id]) => id)).toEqual(ids().slice(0, 50));
    expect(rows[0]).toEqual([
      '2026-11-07 10:00:59',
      '+61400000001',
      '+61290000002',
      'published',
      'message-59',
      'Text 59\\x0asecond \\x1b[31mline',
    ]);
    expect(stderr).toBe(`There are more: add --after ${SECOND + 10_000}/message-10\n`);
    expect(await listedIds('--after', `${SECOND + 10_000}/message-10`)).toEqual(ids((n) => n < 10));
  });

  it('is for scripts with --json: whole messages, one a line, controls escaped', async () => {
    const { stdout } = await list(['--json', '--limit', '2']);
    const [first, second] = documentsOf({ stdout });
    const wanted = RECORDS.slice(58).map((record) => ({ ...asStored(record), state: 'published' }));
    expect([second, first]).toEqual(wanted);
    expect(first.body).toContain('\x1b');
    expect(stdout).not.toMatch(/[\x1b\x80-\x9f]/);
  });

  it('filters by sender and by recipient', async () => {
    expect(await listedIds('--from', 'A shop')).toEqual(ids((n) => n % 2 === 0));
    expect(await listedIds('--from', '61 400 000 001')).toEqual(ids((n) => n % 2 === 1));
    expect(await listedIds('--from', '0400 000 001')).toEqual(ids((n) => n % 2 === 1));
    expect(await listedIds('--to', 'tel:0011-61-2-9000-0001')).toEqual(ids((n) => n % 2 === 0));
    expect(await listedIds('--to', OURS[0], '--from', '+61400000001')).toEqual([]);
  });

  it('finds a part of a number, and of a name in any case', async () => {
    expect(await listedIds('--from', '0400 0')).toEqual(ids((n) => n % 2 === 1));
    expect(await listedIds('--from', 'SHOP')).toEqual(ids((n) => n % 2 === 0));
  });

  it('reads a national number as the country of settings.yml writes it', async () => {
    const cwd = await temporaryDir();
    const found = async (country: string, number: string) => {
      await writeFile(join(cwd, 'settings.yml'), `country: ${country}\n`);
      const env = { INBOUND_SMS_PROJECT: cwd };
      const { stdout } = await list(['--json', '--limit', '60', '--from', number], { env });
      return documentsOf({ stdout }).length;
    };
    expect(await found('AU', '0400 000 001')).toBe(30);
    expect(await found('NZ', '0400 000 001')).toBe(0);
    expect(await found('NZ', '0061 400 000 001')).toBe(30);
  });

  it('filters by time', async () => {
    const range = ['--since', '2026-11-07T10:00:10', '--until', '2026-11-07T10:00:20'];
    expect(await listedIds(...range)).toEqual(ids((n) => n >= 10 && n < 20));
    expect(await listedIds('--until', '2026-11-06')).toEqual([]);
    expect(await listedIds('--until', '2026-11-07', '--limit', '99')).toEqual(ids());
  });

  it('shows pending messages', async () => {
    const pending = ids((n) => n % 3 === 0);
    expect(await listedIds('--pending')).toEqual(pending);
    const ofOne = await listedIds('--pending', '--to', OURS[1], '--limit', '3');
    expect(ofOne).toEqual(ids((n) => n % 6 === 3).slice(0, 3));
    const { stdout } = await list(['--pending', '--limit', '1']);
    expect(stdout).toContain('\tpending\t');
  });

  it('says that there is nothing', async () => {
    expect(await list(['--from', 'nobody'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No message matches.\n',
    });
  });

  it.each([
    [['--limit', '0'], "option '--limit <count>' argument '0' is invalid"],
    [['--since', 'soon'], "option '--since <time>' argument 'soon' is invalid"],
    [['--from', ' '], '--from is empty'],
    [['--after', '1'], "option '--after <position>' argument '1' is invalid"],
    [['--since', '1d', '--until', '2d'], '--until must be after --since'],
    ...[['--pending'], ['--from', 'x'], ['--to', 'x'], ['--after', '1/x']].map(
      (option): [string[], string] => [
        ['--conflicts', ...option],
        '--conflicts can only be used with',
      ],
    ),
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await list(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: ${message}`);
  });
});

describe('list --conflicts', () => {
  const form = (message_id: string, body: string) => ({
    message_id,
    body,
    from: '+61400000009',
    sms_number: OURS[0],
  });

  it('shows nothing if there is no conflict', async () => {
    expect(await list(['--conflicts'])).toMatchObject({
      code: 0,
      stderr: 'No conflict was logged.\n',
    });
  });

  it('shows each id once, with the message that has it', async () => {
    for (const id of ['first', 'second'])
      await postForm(stack.webhookUrl, form(id, `Text of ${id}`));
    for (const id of ['second', 'first', 'second']) {
      expect((await postForm(stack.webhookUrl, form(id, 'Another'))).status).toBe(409);
    }
    const conflicts = documentsOf(await list(['--conflicts', '--json']));
    expect(conflicts).toMatchObject([
      { message_id: 'second', refused: 2, stored: { body: 'Text of second', state: 'published' } },
      { message_id: 'first', refused: 1, stored: { body: 'Text of first' } },
    ]);
    expect(conflicts[0]).toMatchObject({
      first_at: expect.any(Number),
      last_at: expect.any(Number),
    });

    const { stdout } = await list(['--conflicts', '--limit', '1']);
    expect(stdout).toMatch(
      /^[^\t]{19}\t2\tsecond\t\+61400000009\t\+61290000001\tText of second\n$/,
    );
    const later = await list(['--conflicts', '--until', '1d']);
    expect(later).toMatchObject({ stdout: '', stderr: 'No conflict was logged.\n' });
  });
});
