import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toItem } from '../../../lib/aws/message-item.ts';
import type { MessageRecord } from '../../../lib/messages/message-record.ts';
import { main } from '../../../tools/cli/main.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { postForm, startTestStack } from '../../helpers/local-stack.ts';
import { serveStack } from './fake-local-stack.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { store } from './stored-messages.ts';

const ID = '297abf7f-99d9-4b7d-9c46-1d7c13687b11';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
  await postForm(stack.webhookUrl, {
    message_id: ID,
    service_id: '4711',
    from: '+61400000001',
    sms_number: '+61290000001',
    body: 'Grüße\n\x9b31mred',
    timestamp: '1576391654',
    webhook_url: stack.webhookUrl,
    campaign: 'A\nB',
  });
});
afterAll(() => stack?.close());

const show = (...args: string[]) => runCli(['show', `--local=${stack.url}`, ...args]);

/** What a person sees on a terminal. */
async function shownOnTerminal(id: string, url = stack.url, columns = 160): Promise<string> {
  const { runtime, read } = fakeTerminal({}, columns);
  expect(await main(['show', id, `--local=${url}`], runtime)).toBe(0);
  return stripVTControlCharacters(read());
}

it('shows all that is stored of a message, and its text', async () => {
  const stdout = await shownOnTerminal(ID);
  expect(stdout).toMatch(new RegExp(`^message_id +${ID}$`, 'm'));
  expect(stdout).toMatch(/^state +published$/m);
  expect(stdout).toMatch(/^from +\+61400000001$/m);
  expect(stdout).toMatch(/^to +\+61290000001$/m);
  expect(stdout).toMatch(/^service_id +4711$/m);
  expect(stdout).toMatch(/^sent +2019-12-15 06:34:14$/m);
  expect(stdout).toMatch(/^received +\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/m);
  expect(stdout).toMatch(/^PBX requests +1$/m);
  expect(stdout).toMatch(/^publish attempts +1$/m);
  expect(stdout).toMatch(/^sns_message_id +[\w-]{36}$/m);
  expect(stdout).toMatch(/^published +\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/m);
  expect(stdout).toMatch(/^deleted after +\d{4}-/m);
  expect(stdout).toMatch(/^extra\.webhook_url +http:\/\/localhost:\d+\/sms\/REDACTED$/m);
  expect(stdout).toMatch(/^extra\.campaign +A ⏎ B$/m);
  expect(stdout).toMatch(/\n\n {2}Grüße\n {2}\\x9b31mred\n$/);
});

it('is for scripts in a pipe: a name and its whole value in each line', async () => {
  const { code, stdout } = await show(ID);
  expect(code).toBe(0);
  const fields = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(fields.every(({ length }) => length === 2)).toBe(true);
  expect(Object.fromEntries(fields)).toMatchObject({
    message_id: ID,
    state: 'published',
    from: '+61400000001',
    'PBX requests': '1',
    'extra.campaign': 'A\\x0aB',
    text: 'Grüße\\x0a\\x9b31mred',
  });
});

it('finds a UUID in capitals', async () => {
  const [message] = documentsOf(await show(ID.toUpperCase(), '--json'));
  expect(message).toMatchObject({ message_id: ID, service_id: '4711', body: 'Grüße\n\x9b31mred' });
});

it('shows who is publishing a message right now', async () => {
  const claim = { owner: 'somebody', until: Date.now() + 60_000 };
  await store(stack, [someRecord({ message_id: 'claimed', claim, timestamp: 0 })]);
  const stdout = await shownOnTerminal('claimed');
  expect(stdout).toMatch(/^state +publishing$/m);
  expect(stdout).toMatch(/^claimed until +\d{4}-/m);
  expect(stdout).toMatch(/^sent +1970-01-01 00:00:00$/m);
  expect(stdout).not.toMatch(/^(published|deleted after|sns_message_id)/m);
  expect(documentsOf(await show('claimed', '--json'))).toMatchObject([
    { state: 'publishing', claim },
  ]);
});

it('shows a message that is not published any more as pending', async () => {
  const claim = { owner: 'somebody', until: Date.now() - 1 };
  await store(stack, [someRecord({ message_id: 'abandoned', claim })]);
  expect(await shownOnTerminal('abandoned')).toMatch(/^state +pending$/m);
});

it('ends with 3 if there is no such message', async () => {
  expect(await show('unknown')).toEqual({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(
      /^error: There is no message unknown in inbound-sms-local\.\n.+\n$/,
    ),
  });
});

it('asks for the id', async () => {
  expect(await show()).toMatchObject({
    code: 2,
    stderr: "error: missing required argument 'id'\nSee: bin/inbound-sms show --help\n",
  });
});

describe('a sender', () => {
  const OURS =
    /^(message_id|state|from|to|service_id|sent|received|PBX requests|publish attempts|claimed until|published|sns_message_id|deleted after)[ \t]/;
  const FAKES = ['state  published', 'published     2026-11-07 10:00:00'];

  /** The lines of ours that are shown of a message with these changes: on a terminal, and elsewhere. */
  async function shown(changes: Partial<MessageRecord>) {
    const record = someRecord({ message_id: 'm', ...changes });
    const item = { body: { Item: toItem(record) } };
    const url = await serveStack([], { GetItem: () => item });
    const onTerminal = (await shownOnTerminal('m', url, 60))
      .split('\n')
      .flatMap((line) => line.match(/.{1,60}/gu) ?? []);
    const elsewhere = (await runCli(['show', 'm', `--local=${url}`])).stdout.split('\n');
    return [onTerminal, elsewhere];
  }

  it.each([
    ['a field', { extra: { state: 'published', 'deleted after': 'x', published: 'x' } }],
    ['a field with a line break', { extra: { [`a\n${FAKES[0]}`]: `b\n${FAKES[1]}` } }],
    ['a long field', { extra: { [`${'x'.repeat(60)}${FAKES[0]}`]: 'x' } }],
    ['a value that fills lines', { extra: { a: FAKES.join('').padStart(300).padEnd(600) } }],
    ['a sender that fills lines', { from: FAKES.map((fake) => fake.padStart(60)).join('') }],
    ['a text', { body: `\n\n${FAKES.join('\n')}` }],
    ['a text that fills lines', { body: FAKES.map((fake) => fake.padStart(60)).join('') }],
    ['a text of wide characters', { body: `${'漢'.repeat(30)}${FAKES[0]}` }],
  ])('can imitate nothing of ours by %s', async (_, changes) => {
    const all = await shown(changes);
    for (const lines of all) {
      const ours = lines.flatMap((line) => OURS.exec(line)?.[1] ?? []);
      expect(ours).toEqual([
        'message_id',
        'state',
        'from',
        'to',
        'service_id',
        'sent',
        'received',
        'PBX requests',
        'publish attempts',
      ]);
      expect(lines).toContainEqual(expect.stringMatching(/^state[ \t]+pending$/));
    }
  });

  it('names a field that is not plain in quotes, and cuts a long one', async () => {
    const family = '👩‍👩‍👧';
    const extra = { 'a  b': '1', ['x'.repeat(100)]: '2', ｓtate: '3', [family.repeat(31)]: '4' };
    const [onTerminal = [], elsewhere = []] = await shown({ extra });
    const named = (lines: string[]) => lines.filter((line) => line.startsWith('extra.'));
    expect(named(onTerminal).map((line) => line.trim())).toEqual([
      expect.stringMatching(/^extra\."a {2}b" +1$/),
      expect.stringMatching(/^extra\."x{30}…" +2$/),
      expect.stringMatching(/^extra\."ｓtate" +3$/),
      expect.stringMatching(/^extra\."(👩‍👩‍👧){1,30}/u),
    ]);
    expect(named(elsewhere)).toEqual([
      'extra.a  b\t1',
      `extra.${'x'.repeat(100)}\t2`,
      'extra.ｓtate\t3',
      `extra.${family.repeat(31)}\t4`,
    ]);
  });
});
