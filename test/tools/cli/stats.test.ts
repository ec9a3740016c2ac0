import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { main } from '../../../tools/cli/main.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { store } from './stored-messages.ts';

const DAY = 86_400_000;
const FIRST = Date.parse('2026-03-05T12:00Z');

/** On the first day 40 to one number and 10 to another; two days later 5. */
const RECORDS = Array.from({ length: 55 }, (_, n) =>
  someRecord({
    message_id: `message-${n}`,
    from: n === 0 ? 'A shop' : '+61400000001',
    sms_number: n < 40 ? '+61290000001' : '+61290000002',
    received_at: n < 50 ? FIRST + n : FIRST + 2 * DAY + n,
  }),
);

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
  await store(stack, RECORDS);
});
afterAll(() => stack?.close());

const stats = (...args: string[]) => runCli(['stats', `--local=${stack.url}`, ...args]);
const ALL = ['--since', '2026-03-01', '--until', '2026-03-08'];

const NONE = { sms_number: null, messages: 0 };
const EACH_DAY = [
  ...['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'].map((day) => ({ day, ...NONE })),
  { day: '2026-03-05', sms_number: '+61290000001', messages: 40 },
  { day: '2026-03-05', sms_number: '+61290000002', messages: 10 },
  { day: '2026-03-06', ...NONE },
  { day: '2026-03-07', sms_number: '+61290000002', messages: 5 },
  { day: '2026-03-08', ...NONE },
];

it('counts per day and number, and draws it', async () => {
  const { runtime, read } = fakeTerminal({}, 80);
  expect(await main(['stats', `--local=${stack.url}`, ...ALL], runtime)).toBe(0);
  const rows = stripVTControlCharacters(read())
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  expect(rows).toEqual([
    ['DAY', 'TO', 'MESSAGES'],
    ['2026-03-01', '0'],
    ['2026-03-02', '0'],
    ['2026-03-03', '0'],
    ['2026-03-04', '0'],
    ['2026-03-05', '+61290000001', '40', '█'.repeat(30)],
    ['2026-03-05', '+61290000002', '10', '███████▌'],
    ['2026-03-06', '0'],
    ['2026-03-07', '+61290000002', '5', '███▊'],
    ['2026-03-08', '0'],
    [''],
    ['ALL DAYS', 'TO', 'MESSAGES'],
    ['+61290000001', '40'],
    ['+61290000002', '15'],
    ['all numbers', '55'],
    [''],
  ]);
});

it('is for scripts in a pipe and with --json: every day of the range', async () => {
  const { code, stdout, stderr } = await stats(...ALL);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = EACH_DAY.map(
    ({ day, sms_number, messages }) => `${day}\t${sms_number ?? ''}\t${messages}\n`,
  );
  expect(stdout).toBe(lines.join(''));
  expect(documentsOf(await stats('--json', ...ALL))).toEqual(EACH_DAY);
});

it('ends with today, however far the range goes', async () => {
  const future = ['--since', '2130-01-01', '--until', '2130-01-03'];
  expect(await stats(...future)).toEqual({ code: 0, stdout: '', stderr: 'No message matches.\n' });
  const days = documentsOf(await stats('--since', 'today', '--until', '2130-01-03', '--json'));
  expect(days).toEqual([{ day: new Date().toISOString().slice(0, 10), ...NONE }]);
});

it.each(['0001-01-01', '999999d'])('begins as long ago as %s', async (since) => {
  const { code, stderr } = await stats('--since', since, '--until', '1970-01-01');
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'No message matches.\n' });
});

it('counts only selected messages', async () => {
  const counted = async (...args: string[]) =>
    documentsOf(await stats('--json', ...args)).flatMap(({ messages }) => messages || []);
  expect(await counted(...ALL, '--from', 'A shop')).toEqual([1]);
  expect(await counted(...ALL, '--to', '+61290000001')).toEqual([40]);
  expect(await counted('--since', '2026-03-06', '--until', '2026-03-07')).toEqual([5]);
});

it('counts the last 30 days, of which today is one, unless it is told otherwise', async () => {
  const midnight = new Date().setUTCHours(0, 0, 0, 0);
  const first = someRecord({ message_id: 'first', received_at: midnight - 29 * DAY });
  await store(stack, [first, { ...first, message_id: 'old', received_at: first.received_at - 1 }]);
  const counted = documentsOf(await stats('--json'));
  const days = Array.from({ length: 30 }, (_, n) =>
    new Date(midnight - (29 - n) * DAY).toISOString().slice(0, 10),
  );
  expect(counted.map(({ day }) => day)).toEqual(days);
  expect(counted.map(({ messages }) => messages)).toEqual([1, ...Array(29).fill(0)]);
});

it('says that there is nothing', async () => {
  expect(await stats('--since', '2020-01-01', '--until', '2020-01-01')).toEqual({
    code: 0,
    stdout: '2020-01-01\t\t0\n',
    stderr: 'No message matches.\n',
  });
});
