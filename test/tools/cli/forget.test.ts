import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { printable } from '../../../tools/shared/terminal-text.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { type FaultyAws, startFaultyAws } from './behind-faults.ts';
import { documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';

const TIME = Date.parse('2026-11-07T10:00:00Z');
/** One number in four forms, one abroad with the same end, a short code with the same end, and a name. */
const SENDERS = [
  ...['+61491570006', '61491570006', '+61 491 570 006', '0491\u00a0570\u00a0006'],
  ...['+44491570006', '570006', 'A shop'],
];

/** Ten of each; the last of each is pending. */
const RECORDS = SENDERS.flatMap((from, sender) =>
  Array.from({ length: 10 }, (_, n) =>
    someRecord({
      message_id: `message-${sender}-${n}`,
      from,
      received_at: TIME + n * 1_000,
      ...(n < 9 && publishedAt(TIME + n)),
    }),
  ),
);

let stack: LocalStack | undefined;
const running = () => stack as LocalStack;
beforeEach(async () => {
  stack ??= await startTestStack();
  await store(stack, RECORDS);
});
afterAll(() => stack?.close());

const forget = (...args: string[]) => runCli(['forget', `--local=${running().url}`, ...args]);
const FORMS = SENDERS.slice(0, 4);
const ALL_THERE = SENDERS.map(() => 10);
/** How many messages of each sender are stored. */
async function stored(): Promise<number[]> {
  const messages = documentsOf(await runCli(['export', `--local=${running().url}`]));
  return SENDERS.map((sender) => messages.filter(({ from }) => from === sender).length);
}

describe('forget', () => {
  it('with --dry-run lists messages, and deletes nothing', async () => {
    const { code, stdout } = await forget('+61491570006', '--dry-run');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => line.split('\t'))).toEqual(
      expect.arrayContaining(
        FORMS.map((sender) => [
          printable(sender),
          '10',
          '2026-11-07 10:00:00',
          '2026-11-07 10:00:09',
        ]),
      ),
    );
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toMatch(/^40 messages from .+, .+, .+ and .+ would be deleted\.$/);
    for (const form of FORMS) expect(lines.at(-1)).toContain(printable(form));
    expect(await stored()).toEqual(ALL_THERE);
  });

  it('deletes nothing without a terminal to confirm it', async () => {
    const { code, stdout, stderr } = await forget('61491570006');
    expect(code).toBe(2);
    expect(stdout).toContain('61491570006');
    expect(stderr).toMatch(/^error: 40 messages from .+ will be deleted .*\n.*add --yes/);
    for (const form of FORMS) expect(stderr).toContain(form.replaceAll('\u00a0', ' '));
    expect(await stored()).toEqual(ALL_THERE);
  });

  it.each(['0491 570 006', '(61) 491-570-006', '\u202a+61 (0)491\u00a0570\u00a0006\u202c'])(
    '%j deletes all forms of the number, and no other, and leaves what is pending',
    async (text) => {
      const { code, stdout } = await forget(text, '--yes');
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /\n36 of 40 from .+ deleted\.\n4 kept, because not published yet: .*\n$/,
      );
      for (const form of FORMS) expect(stdout.split('\n').at(-3)).toContain(printable(form));
      expect(await stored()).toEqual([1, 1, 1, 1, 10, 10, 10]);
      expect((await forget('+61491570006', '--yes', '--pending')).stdout).toMatch(
        /\n4 of 4 from .+ deleted\.\n$/,
      );
      expect(await stored()).toEqual([0, 0, 0, 0, 10, 10, 10]);
    },
  );

  it('takes several senders, and a name as it is', async () => {
    const result = await forget('570006', 'A shop', '--yes', '--json');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const documents = documentsOf(result);
    expect(documents).toHaveLength(3);
    expect(documents).toContainEqual({
      from: 'A shop',
      messages: 10,
      first_received_at: TIME,
      last_received_at: TIME + 9_000,
    });
    expect(documents.at(-1)).toEqual({
      ...{
        dry_run: false,
        quarantined: 0,
        quarantined_deleted: 0,
        found: 20,
        deleted: 18,
        pending: 2,
        uncertain: 0,
      },
      doubtful: [],
      subscribers: [],
      forms: expect.toSatisfy((forms: string[]) => forms.toSorted().join() === '570006,A shop'),
    });
    expect(await stored()).toEqual([10, 10, 10, 10, 10, 1, 1]);
  });

  describe('of a number that may be Australian without its zero, or Austrian without its plus', () => {
    const ALIKE = ['+61437000111', '0437000111', '437 000\u00a0111', '+437000111'];
    const one = async (from: string, message_id: string) => {
      await store(running(), [someRecord({ message_id, from, ...publishedAt(TIME) })]);
    };
    beforeEach(async () => {
      for (const [n, from] of ALIKE.entries()) await one(from, `alike-${n}`);
    });
    const left = async () => {
      const messages = documentsOf(await runCli(['export', `--local=${running().url}`]));
      return ALIKE.filter((sender) => messages.some(({ from }) => from === sender));
    };

    it.each([
      ['0437000111', ALIKE.slice(0, 2), ALIKE.slice(2, 3), ALIKE.slice(2)],
      ['+437000111', ALIKE.slice(3), ALIKE.slice(2, 3), ALIKE.slice(0, 3)],
      [
        '437000111',
        ALIKE.slice(2, 3),
        [0, 1, 3].map((n) => ALIKE[n] ?? ''),
        [0, 1, 3].map((n) => ALIKE[n] ?? ''),
      ],
    ])('%j deletes what is certain, and names the rest', async (given, forms, doubtful, kept) => {
      const dry = await forget(given, '--dry-run');
      for (const form of doubtful) {
        expect(dry.stdout).toContain(
          `1 message from ${printable(form)} may be of that sender or of a number in another country, and will be kept. To delete them: bin/inbound-sms forget ${form.replace(/[^+\d]/g, '')} --local=${running().url}\n`,
        );
      }
      const result = await forget(given, '--yes', '--json');
      expect(result).toMatchObject({ code: 0, stderr: '' });
      const { doubtful: told, ...sum } = documentsOf(result).at(-1);
      expect(sum).toMatchObject({ found: forms.length, deleted: forms.length });
      expect(sum.forms.toSorted()).toEqual(forms.toSorted());
      expect(told.map(({ from }: { from: string }) => from).toSorted()).toEqual(
        doubtful.toSorted(),
      );
      expect(await left()).toEqual(kept);
    });

    it('is told where nothing is certain', async () => {
      await forget(...ALIKE.slice(0, 2), '--yes');
      const { code, stdout } = await forget('0437000111');
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^1 message from 437 000\\xa0111 may be .*\n.*certainly of that sender.*\n$/,
      );
    });
  });

  it('takes a cell of an export with its guard', async () => {
    expect((await forget("'+61491570006", '--dry-run')).stdout).toContain('40 messages from ');
  });

  it('says that there is nothing', async () => {
    expect(await forget('a shop')).toMatchObject({
      code: 0,
      stdout: 'No message of that sender is stored.\n',
    });
  });

  it.each(['', ' '])('does not take %j for all who withheld their number', async (sender) => {
    await store(running(), [someRecord({ message_id: 'withheld', from: '', ...publishedAt(1) })]);
    const { code, stderr } = await forget('+61491570006', sender, '--yes');
    expect(code).toBe(2);
    expect(stderr).toContain('An argument is empty.');
    expect(await stored()).toEqual(ALL_THERE);
  });

  it('needs to know whom', async () => {
    expect(await forget()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'senders'"),
    });
  });
});

/**
 * The SDK's retry quota: a client has 500 tokens, and a repeated call takes 14. It gets them back only if
 * the repeated call succeeds. A deletion that is repeated after it was done does not: its condition fails.
 */
const RETRIES = Math.floor(500 / 14);

describe('forget counts correctly', () => {
  const args = ({ url }: FaultyAws) => [
    'forget',
    `--local=${url}`,
    '+61491570006',
    '--yes',
    '--json',
  ];
  const sumOf = (result: { stdout: string }) => documentsOf(result).at(-1);
  const isDelete = (operation: string) => operation === 'DeleteItem';

  /** Loses the answer to the first deletion of so many messages. */
  const loseAnswers = (aws: FaultyAws, count: number) => {
    const lost = new Set<unknown>();
    aws.dynamodb.setFault(({ operation, body }) => {
      const key = JSON.stringify(body.Key);
      if (!isDelete(operation) || lost.has(key) || lost.size === count) return undefined;
      lost.add(key);
      return { kind: 'drop-answer' };
    });
    return lost;
  };

  it('when the answer to a deletion is lost, and the SDK repeats it', async () => {
    await using aws = await startFaultyAws(running());
    const lost = loseAnswers(aws, RETRIES);
    const result = await runCli(args(aws));
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(lost.size).toBe(RETRIES);
    expect(sumOf(result)).toMatchObject({ found: 40, deleted: 36, pending: 4, uncertain: 0 });
    expect(await stored()).toEqual([1, 1, 1, 1, 10, 10, 10]);
  });

  it('when more answers are lost than the SDK repeats: run again, it deletes the rest', async () => {
    await using aws = await startFaultyAws(running());
    const lost = loseAnswers(aws, 40);
    const result = await runCli(args(aws));
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^error: AWS cannot be reached/);
    expect(lost.size).toBeGreaterThan(RETRIES);
    const left = (await stored()).slice(0, 4).reduce((sum, count) => sum + count, 0);
    expect(sumOf(result)).toMatchObject({ found: 40, deleted: 40 - left, uncertain: 0 });
    aws.dynamodb.setFault(() => undefined);
    expect(sumOf(await runCli(args(aws)))).toMatchObject({ deleted: left - 4, pending: 4 });
  });

  it('when every answer to a deletion is lost', async () => {
    await using aws = await startFaultyAws(running());
    aws.dynamodb.setFault(({ operation }) =>
      isDelete(operation)
        ? { kind: 'error-after', code: 'InternalServerError', status: 500 }
        : undefined,
    );
    const result = await runCli([...args(aws), '--pending']);
    expect(result.code).toBe(1);
    const left = (await stored()).slice(0, 4).reduce((sum, count) => sum + count, 0);
    expect(left).toBeLessThan(40);
    expect(sumOf(result)).toMatchObject({ deleted: 40 - left, pending: 0, uncertain: 0 });
  });

  it('when it can be neither deleted nor checked', async () => {
    await using aws = await startFaultyAws(running());
    aws.dynamodb.setFault(({ operation }) => {
      if (isDelete(operation))
        return { kind: 'error-after', code: 'InternalServerError', status: 500 };
      return operation === 'GetItem' ? { kind: 'reset' } : undefined;
    });
    const result = await runCli(args(aws));
    expect(result.code).toBe(1);
    const { deleted, uncertain } = sumOf(result);
    const left = (await stored()).slice(0, 4).reduce((sum, count) => sum + count, 0);
    expect(uncertain).toBeGreaterThan(0);
    expect(deleted).toBeLessThanOrEqual(40 - left);
    expect(deleted + uncertain).toBeGreaterThanOrEqual(40 - left);
  });

  it('when it is stopped while a deletion is under way', async () => {
    await using aws = await startFaultyAws(running());
    let isStopped = false;
    aws.dynamodb.setFault(({ operation, nth }) => {
      if (!isDelete(operation) || nth < 8) return undefined;
      return { kind: 'after', run: () => vi.waitFor(() => expect(isStopped).toBe(true), 10_000) };
    });
    const command = await startCli([...args(aws), '--pending']);
    const deletions = () => aws.dynamodb.calls.filter(({ operation }) => isDelete(operation));
    await vi.waitFor(() => expect(deletions()).toHaveLength(16), 10_000);
    command.child.kill('SIGINT');
    isStopped = true;
    const result = await command.result;
    expect(result.code).toBe(130);
    const left = (await stored()).slice(0, 4).reduce((sum, count) => sum + count, 0);
    expect(left).toBeLessThanOrEqual(24);
    expect(sumOf(result)).toMatchObject({ deleted: 40 - left, uncertain: 0 });
  });
});
