import { afterAll, describe, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { postForm, startTestStack, subscribeQueue } from '../helpers/local-stack.ts';
import { documentsOf, runCli } from '../tools/cli/run-cli.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const OURS = '+61400000002';
const FORGOTTEN = '+61400000003';

const quarantine = (stack: LocalStack, ...args: string[]) =>
  runCli(['quarantine', ...args, `--local=${stack.url}`]);
const statusOf = async (stack: LocalStack, fields: Record<string, string>) =>
  (await postForm(stack.webhookUrl, fields)).status;

describe('a message to a number that is missing in the settings', () => {
  it('is accepted once the setting is fixed, and the PBX’s next attempt is a duplicate', async () => {
    const dataDir = await temporaryDir();
    const start = (allowedSmsNumbers: string) =>
      startLocalStack({ tokens: 'test', schedules: false, dataDir, params: { allowedSmsNumbers } });
    const fields = someForm({ sms_number: FORGOTTEN, body: 'Hello?' });

    const wrong = await start(OURS);
    for (let attempt = 0; attempt < 10; attempt++) {
      const timestamp = String(1_700_000_000 + attempt);
      expect(await statusOf(wrong, { ...fields, timestamp })).toBe(403);
    }
    expect(documentsOf(await quarantine(wrong, '--json'))).toMatchObject([
      { reason: 'number-not-allowed', requests: 10, state: 'waiting', sms_number: FORGOTTEN },
    ]);
    await wrong.close();

    const mended = await start(`${OURS},${FORGOTTEN}`);
    try {
      await using queue = await subscribeQueue(mended);
      const accepted = await quarantine(mended, 'accept', fields.message_id);
      expect(accepted).toMatchObject({ code: 0, stdout: expect.stringContaining('is published') });
      const [notification] = await queue.receive(1);
      expect(JSON.parse(notification?.message ?? '')).toMatchObject({
        ...fields,
        timestamp: 1_700_000_000,
      });
      expect(await statusOf(mended, { ...fields, timestamp: '1700000010' })).toBe(200);
      expect(await queue.all()).toEqual([]);
      expect(documentsOf(await quarantine(mended, '--json'))).toEqual([]);
    } finally {
      await mended.close();
    }
  }, 240_000);
});

describe('an entry that the shipped bundle kept', () => {
  let stack: LocalStack;
  afterAll(() => stack?.close());

  it('becomes its own message after a conflict, and a message after its faults are fixed', async () => {
    stack = await startTestStack();
    await using queue = await subscribeQueue(stack);
    const fields = someForm();
    const [taken, other] = [fields, { ...fields, body: 'Another text' }];
    expect(await statusOf(stack, taken)).toBe(200);
    expect(await statusOf(stack, other)).toBe(409);
    const { from: _, ...faulty } = someForm({ body: 'Who am I?' });
    expect(await statusOf(stack, faulty)).toBe(400);
    await queue.receive(1);

    expect(await quarantine(stack, 'accept', fields.message_id)).toMatchObject({ code: 0 });
    const [conflict] = await queue.receive(1);
    const message = JSON.parse(conflict?.message ?? '');
    expect(message).toMatchObject({
      body: 'Another text',
      extra: { conflicts_with: fields.message_id },
    });
    expect(message.message_id).toMatch(new RegExp(`^${fields.message_id}\\.conflict-\\w{16}$`));

    const refused = await quarantine(stack, 'accept', faulty.message_id);
    expect(refused.stderr).toContain('from is missing.\nAdd --set from=VALUE.');
    const mended = await quarantine(stack, 'accept', faulty.message_id, '--set', 'from=MyBank');
    expect(mended).toMatchObject({ code: 0 });
    const [sent] = await queue.receive(1);
    expect(JSON.parse(sent?.message ?? '')).toMatchObject({ ...faulty, from: 'MyBank' });

    const states = documentsOf(await quarantine(stack, '--all', '--json'));
    expect(states.map(({ state }) => state)).toEqual(['accepted', 'accepted']);
    expect(await statusOf(stack, other)).toBe(409);
    expect(documentsOf(await quarantine(stack, '--json'))).toEqual([]);
  }, 120_000);
});
