import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { someRecord } from '../../fixtures/messages.ts';
import { formOf, KEPT, someEntry } from '../../fixtures/quarantined.ts';
import { startTestStack, subscribeQueue } from '../../helpers/local-stack.ts';
import { documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt, quarantine, store } from './stored-messages.ts';

const COUNT = 30;
const IDS = Array.from({ length: COUNT }, (_, n) => `unread-${n}`);

it.each([
  ['quarantine', 'accept', '--all', '--yes'],
  ['send', '--count', String(COUNT)],
])('%s %s goes on to its end after its reader has gone', async (...args) => {
  await using stack = await startTestStack();
  await using queue = await subscribeQueue(stack);
  const entries = IDS.map((id) =>
    someEntry({
      ...{ quarantine_id: hash('sha256', id).slice(0, 32), sent_message_id: id },
      form: formOf({ ...KEPT, message_id: id }),
    }),
  );
  await quarantine(stack, entries);
  const { child, result } = await startCli([...args, '--json', `--local=${stack.url}`]);
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect((await result).code).toBe(0);
  expect(await queue.receive(COUNT)).toHaveLength(COUNT);
});

it('forget goes on to its end after its reader has gone', async () => {
  await using stack = await startTestStack();
  const records = IDS.map((message_id) => someRecord({ message_id, ...publishedAt(Date.now()) }));
  await store(stack, records);
  const from = records[0]?.from ?? '';
  const { child, result } = await startCli(['forget', from, '--yes', `--local=${stack.url}`]);
  child.stdout?.destroy();
  expect((await result).code).toBe(0);
  expect(documentsOf(await runCli(['export', `--local=${stack.url}`]))).toEqual([]);
});
