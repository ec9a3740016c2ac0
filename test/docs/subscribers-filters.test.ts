import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { readSubscribers } from '../../infra/plugin/subscribers.js';
import type { LocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { read } from '../helpers/documented-commands.ts';
import { subscribeFiltered } from '../helpers/filtered-queues.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';

/** The messages to send, by their text. */
const MESSAGES = [
  { from: '+61400000001', sms_number: '+61491570156', body: 'as international' },
  { from: '61400000001', sms_number: '61491570156', body: 'without plus' },
  { from: '0400000001', sms_number: '0491570157', body: 'as at home' },
  { from: '+61400000001', sms_number: '+61491570158', body: 'Stop' },
  { from: 'MYBANK', sms_number: '+61491570158', body: 'STOP it' },
  { from: '12345', sms_number: '+61491570158', body: 'please stop' },
  { from: '+64211234567', sms_number: '+61491570156', body: 'from abroad' },
  { from: '', sms_number: '+61491570156', body: 'withheld' },
];

/** The guide's subscribers, and the messages that they get. */
const PASSING: Readonly<Record<string, string[]>> = {
  sales: ['as international', 'without plus', 'as at home', 'from abroad', 'withheld'],
  bank: ['STOP it', 'please stop'],
  stops: ['Stop', 'STOP it'],
  others: ['from abroad', 'withheld'],
};

let stack: LocalStack;
let queues: Awaited<ReturnType<typeof subscribeFiltered>>;
beforeAll(async () => {
  stack = await startTestStack();
  const attributes = (await documentedSubscribers()).map(({ name, filterPolicy, filterScope }) => {
    const FilterPolicy = JSON.stringify(filterPolicy);
    return [name, { FilterPolicy, FilterPolicyScope: String(filterScope) }] as const;
  });
  queues = await subscribeFiltered(stack, new Map(attributes));
  for (const fields of MESSAGES) {
    expect((await postForm(stack.webhookUrl, someForm(fields))).status).toBe(200);
  }
});
afterAll(() => stack?.close());

it('docs/subscribers.md has these filters', () => {
  expect([...queues.keys()]).toEqual(Object.keys(PASSING));
});

it.each(Object.entries(PASSING))(
  'the filter of %s passes these messages: %j',
  async (name, passing) => {
    const bodies = (await queues.get(name)?.()) ?? [];
    const texts = bodies.map((body) => JSON.parse(body).body);
    expect(texts.toSorted()).toEqual(passing.toSorted());
  },
);

/** The subscribers of the guide's filter example, as packaging reads them. */
async function documentedSubscribers() {
  const [, section = ''] = read('docs/subscribers.md').split('\n## Only some messages\n');
  const [, text = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(section) ?? [];
  await using folder = await mkdtempDisposable(join(tmpdir(), 'inbound-sms-test-'));
  await writeFile(join(folder.path, 'settings.yml'), text);
  return readSubscribers(readSettings(folder.path), 'prod');
}
