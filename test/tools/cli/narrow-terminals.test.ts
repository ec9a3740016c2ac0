import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../tools/cli/main.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { graphemesOf } from '../../../tools/shared/terminal-text.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { postForm, startTestStack } from '../../helpers/local-stack.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { store } from './stored-messages.ts';

const WIDTHS = [20, 40, 60, 80, 120, 200];
const RECEIVED = Date.parse('2026-03-05T12:00Z');
const FAMILY = '👩‍👩‍👧';
/** Cut anywhere, it is cut at one of these. */
const SENDER = `漢字${FAMILY}`.repeat(20);
const BODY = `${FAMILY}🇦🇺e\u0301漢`.repeat(100);

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
  const form = { message_id: 'taken', from: SENDER, sms_number: '+61290000001', body: BODY };
  await postForm(stack.webhookUrl, form);
  await postForm(stack.webhookUrl, { ...form, body: 'Another' });
  await store(stack, [
    someRecord({ message_id: 'x'.repeat(128), from: SENDER, body: BODY, received_at: RECEIVED }),
    someRecord({ message_id: 'plain', received_at: RECEIVED + 86_400_000 }),
  ]);
});
afterAll(() => stack?.close());

const RANGE = ['--since', '2026-03-01', '--until', '2026-03-08'];

/** The columns that each command says it has. */
const TABLES = {
  list: [['list'], 'RECEIVED FROM TO STATE ID TEXT'],
  'list --conflicts': [
    ['list', '--conflicts'],
    'LAST REFUSED TIMES ID STORED FROM STORED TO STORED TEXT',
  ],
  stats: [['stats', ...RANGE], 'DAY TO MESSAGES'],
  forget: [['forget', SENDER, '--dry-run'], 'FROM MESSAGES FIRST LAST'],
  send: [['send', '--count', '2'], 'ID ATTEMPT STATUS TIME ANSWER'],
  tail: [['tail', '--limit', '1'], 'RECEIVED FROM TO ID TEXT'],
} as const;

async function shown(args: readonly string[], columns: number): Promise<string[]> {
  const { runtime, read } = fakeTerminal({}, columns);
  const [command = '', ...others] = args;
  const running = main([command, `--local=${stack.url}`, ...others], runtime);
  if (command === 'tail') {
    let isOver = false;
    void running.finally(() => {
      isOver = true;
    });
    // Some may come before it listens.
    for (let count = 0; !isOver; count++) {
      const id = `tailed-${columns}-${count}`;
      const form = { message_id: id, from: SENDER, sms_number: '+61290000001', body: BODY };
      await postForm(stack.webhookUrl, form);
    }
  }
  expect(await running).toBe(0);
  return stripVTControlCharacters(read()).trimEnd().split('\n');
}

describe.each(Object.entries(TABLES))('the table of %s', (_, [args, titles]) => {
  it.each(WIDTHS)('fits a terminal of %d columns', async (columns) => {
    const lines = await shown(args, columns);
    const rows = lines.join(' ').replaceAll(/ +/g, ' ');
    expect(rows).toContain(titles);
    expect(rows).not.toContain('undefined');
    expect(lines.filter((line) => stringWidth(line) > columns && !isSentence(line))).toEqual([]);
    const whole = new Set([...graphemesOf(SENDER + BODY)]);
    const others = lines.flatMap(graphemesOf).filter((each) => /[^ -~…█▏▎▍▌▋▊▉]/u.test(each));
    expect(others.filter((each) => !whole.has(each))).toEqual([]);
  });
});

/** What a command says beside its table. */
function isSentence(line: string): boolean {
  return /^\d+ (quarantined )?messages? .*would be deleted\.$/.test(line);
}
