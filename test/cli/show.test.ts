import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../local/stack.ts';
import { someRecord } from '../fixtures/messages.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';
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

it('shows all that is stored of a message, and its text as it is', async () => {
  const { code, stdout } = await show(ID);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^message_id +${ID}$`, 'm'));
  expect(stdout).toMatch(/^state +published$/m);
  expect(stdout).toMatch(/^from +\+61400000001$/m);
  expect(stdout).toMatch(/^to +\+61290000001$/m);
  expect(stdout).toMatch(/^service_id +4711$/m);
  expect(stdout).toMatch(/^sent +2019-12-15 06:34:14$/m);
  expect(stdout).toMatch(/^received +\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/m);
  expect(stdout).toMatch(/^attempts +1$/m);
  expect(stdout).toMatch(/^sns_message_id +[\w-]{36}$/m);
  expect(stdout).toMatch(/^published +\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/m);
  expect(stdout).toMatch(/^deleted after +\d{4}-/m);
  expect(stdout).toMatch(/^webhook_url +http:\/\/localhost:\d+\/sms\/REDACTED$/m);
  expect(stdout).toMatch(/^campaign +A ⏎ B$/m);
  expect(stdout).toMatch(/\n\nGrüße\nred\n$/);
});

it('finds a UUID in capitals', async () => {
  const [message] = documentsOf(await show(ID.toUpperCase(), '--json'));
  expect(message).toMatchObject({ message_id: ID, service_id: '4711', body: 'Grüße\n\x9b31mred' });
});

it('shows who is publishing a message right now', async () => {
  const claim = { owner: 'somebody', until: Date.now() + 60_000 };
  await store(stack, [someRecord({ message_id: 'claimed', claim, timestamp: 0 })]);
  const { stdout } = await show('claimed');
  expect(stdout).toMatch(/^state +publishing$/m);
  expect(stdout).toMatch(/^claimed until +\d{4}-/m);
  expect(stdout).toMatch(/^sent +1970-01-01 00:00:00$/m);
  expect(stdout).not.toMatch(/^(published|deleted after|sns_message_id)/m);
  expect(documentsOf(await show('claimed', '--json'))).toMatchObject([
    { state: 'publishing', claim },
  ]);
});

it('shows as pending what nobody publishes any more', async () => {
  const claim = { owner: 'somebody', until: Date.now() - 1 };
  await store(stack, [someRecord({ message_id: 'abandoned', claim })]);
  expect((await show('abandoned')).stdout).toMatch(/^state +pending$/m);
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
    stderr: "error: missing required argument 'id'\nSee: npx inbound-sms show --help\n",
  });
});
