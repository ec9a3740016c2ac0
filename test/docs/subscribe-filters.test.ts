import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { subscribeFiltered } from '../helpers/filtered-queues.ts';
import { rowsOf } from '../helpers/guide.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';

/** The messages to send, by their text. */
const MESSAGES = [
  { from: '+61400000001', sms_number: '+61400000002', body: 'stop' },
  { from: '+61411111111', sms_number: '+61400000003', body: 'Join us' },
  {
    from: 'Zoë',
    sms_number: '+61400000009',
    body: 'JOIN now',
    webhook_url_fallback: 'you@example.com',
  },
  {
    from: '+14255550182',
    sms_number: '+61400000002',
    body: 'please stop',
    webhook_url_fallback: 'you@example.org',
  },
];

/** The guide's filters, and the messages that pass them. */
const PASSING: Readonly<Record<string, string[]>> = {
  'to one of your numbers': ['stop', 'Join us', 'please stop'],
  'from a sender': ['stop'],
  'from anybody else': ['Join us', 'JOIN now', 'please stop'],
  'from Australian mobiles': ['stop', 'Join us'],
  'from one of them to one of yours': ['stop'],
  'that say STOP, and no more': ['stop'],
  'that begin with a word': ['Join us', 'JOIN now'],
  'with a fallback in your domain': ['JOIN now'],
};

const filters = rowsOf('Only some messages').map(([what = '', policy = '', scope = '']) => ({
  what,
  attributes: {
    FilterPolicy: unquoted(policy),
    ...(scope && { FilterPolicyScope: unquoted(scope) }),
  },
}));

let stack: LocalStack;
let queues: Awaited<ReturnType<typeof subscribeFiltered>>;
beforeAll(async () => {
  stack = await startTestStack();
  const attributes = filters.map(({ what, attributes }) => [what, attributes] as const);
  queues = await subscribeFiltered(stack, new Map(attributes));
  for (const fields of MESSAGES) {
    expect((await postForm(stack.webhookUrl, someForm(fields))).status).toBe(200);
  }
});
afterAll(() => stack?.close());

it('the guide has these filters', () => {
  expect([...queues.keys()]).toEqual(Object.keys(PASSING));
});

it.each(filters)('a filter for messages $what passes those', async ({ what }) => {
  const bodies = (await queues.get(what)?.()) ?? [];
  expect(bodies.map((body) => JSON.parse(body).body)).toEqual(PASSING[what]);
});

function unquoted(code: string): string {
  return code.replace(/^`(.*)`$/, '$1');
}
