import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { type CliOptions, documentsOf, runCli, startCli } from './run-cli.ts';
import { asStored, publishedAt, store } from './stored-messages.ts';

const BEGIN = Date.parse('2026-11-07T10:00:00Z');

/** Enough that a pipe does not hold them. */
const RECORDS = Array.from({ length: 600 }, (_, n) =>
  someRecord({
    message_id: `message-${n}`,
    from: n % 2 ? '+61400000001' : 'A shop',
    body: n % 2 ? `=1+${n}, "quoted"\nand a second line` : 'x'.repeat(500),
    // Several of the same time.
    received_at: BEGIN + Math.floor(n / 3) * 1_000,
    extra: n === 0 ? { webhook_url: 'https://example.com/sms/REDACTED' } : {},
    ...(n > 0 && publishedAt(BEGIN + n * 1_000)),
  }),
);
const IDS = RECORDS.map(({ message_id }) => message_id).toSorted(
  (a, b) => timeOf(a) - timeOf(b) || (a < b ? -1 : 1),
);
function timeOf(id: string): number {
  return Math.floor(Number(id.split('-')[1]) / 3);
}

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
  await store(stack, RECORDS);
});
afterAll(() => stack?.close());

const exported = (args: readonly string[] = [], options?: CliOptions) =>
  runCli(['export', `--local=${stack.url}`, ...args], options);
const rowsOf = (csv: string): Record<string, string>[] => parse(csv, { bom: true, columns: true });
const idsOf = (result: { stdout: string }) =>
  documentsOf(result).map(({ message_id }) => message_id);

describe('export', () => {
  it('writes every message, the oldest first, as JSON Lines', async () => {
    const result = await exported();
    expect(result).toMatchObject({ code: 0, stderr: '600 messages written.\n' });
    expect(idsOf(result)).toEqual(IDS);
    const [oldest] = RECORDS.map((record) => ({ ...asStored(record), state: 'pending' }));
    expect(documentsOf(result)[0]).toEqual(oldest);
    expect((await exported(['--json'])).stderr).toBe('');
  });

  it('writes only selected messages', async () => {
    const result = await exported([
      ...['--from', '+61 400 000 001', '--since', '2026-11-07T10:00:01'],
      ...['--until', '2026-11-07T10:00:03'],
    ]);
    expect(idsOf(result)).toEqual(['message-3', 'message-5', 'message-7']);
    expect(idsOf(await exported(['--to', 'nobody']))).toEqual([]);
  });

  it('writes CSV for spreadsheets: marked as UTF-8, guarded, with times to read', async () => {
    const { code, stdout } = await exported(['--format', 'csv']);
    expect(code).toBe(0);
    expect(stdout.startsWith('\ufeffmessage_id,')).toBe(true);
    const rows = rowsOf(stdout);
    expect(rows.map((row) => row.message_id)).toEqual(IDS);
    expect(rows[0]).toEqual({
      message_id: 'message-0',
      service_id: '4711',
      from: 'A shop',
      sms_number: "'+61400000002",
      body: 'x'.repeat(500),
      timestamp: '1576391654',
      timestamp_iso: '2019-12-15T06:34:14.000Z',
      received_at: String(BEGIN),
      received_at_iso: '2026-11-07T10:00:00.000Z',
      state: 'pending',
      requests: '1',
      attempts: '1',
      published_at: '',
      published_at_iso: '',
      sns_message_id: '',
      expires_at: '',
      expires_at_iso: '',
      extra: '{"webhook_url":"https://example.com/sms/REDACTED"}',
    });
    expect(rows[1]).toMatchObject({
      from: "'+61400000001",
      body: '\'=1+1, "quoted"\nand a second line',
    });
  });

  it('writes plain CSV for programs with --exact', async () => {
    const args = ['--format', 'csv', '--exact', '--until', '2026-11-07T10:00:01'];
    const { stdout } = await exported(args);
    expect(stdout.split('\n', 1)[0]).toBe(
      'message_id,service_id,from,sms_number,body,timestamp,received_at,state,requests,attempts,published_at,sns_message_id,expires_at,extra',
    );
    expect(rowsOf(stdout)[1]).toMatchObject({
      from: '+61400000001',
      body: '=1+1, "quoted"\nand a second line',
    });
  });

  it.each(['jsonl', 'csv'])('goes on in %s where it was stopped', async (format) => {
    const args = ['export', `--local=${stack.url}`, '--format', format];
    const running = await startCli(args);
    // Nobody reads: it fills the pipe and waits.
    running.child.stdout?.pause();
    const isWriting = () => expect(running.child.stdout?.readableLength).toBeGreaterThan(2_000);
    await vi.waitFor(isWriting, 10_000);
    running.child.kill('SIGINT');
    await vi.waitFor(() => expect(running.stderr()).toContain('To continue'), 10_000);
    running.child.stdout?.resume();
    const { code, stdout, stderr } = await running.result;
    expect(code).toBe(130);
    const [, position = ''] = /^To continue, add: --after (\S+)$/m.exec(stderr) ?? [];

    const rest = await exported(['--format', format, '--after', position]);
    expect(rest.stdout).not.toBe('');
    const whole = stdout + rest.stdout;
    const ids =
      format === 'jsonl' ? idsOf({ stdout: whole }) : rowsOf(whole).map((row) => row.message_id);
    expect(ids).toEqual(IDS);
  });

  it('ends quietly when its reader has read enough', async () => {
    const running = await startCli(['export', `--local=${stack.url}`]);
    running.child.stdout?.destroy();
    expect(await running.result).toMatchObject({ code: 0 });
    expect(running.stderr()).not.toContain('error');
  });

  it.each([
    [['--format', 'xml'], 'Allowed choices are jsonl, csv'],
    [['--exact'], '--exact needs --format csv'],
    [['--format', 'csv', '--json'], '--json cannot be used with --format csv'],
    [['--after', 'there'], 'It must be a position that a command printed'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await exported(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
