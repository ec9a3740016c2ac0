import { hash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { QuarantineEntry } from '../../../lib/messages/quarantine.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { formOf, KEPT, someEntry } from '../../fixtures/quarantined.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { quarantine } from './stored-messages.ts';

const idOf = (name: string) => hash('sha256', name).slice(0, 32);
const entryOf = (name: string, changes: Partial<QuarantineEntry>): QuarantineEntry =>
  someEntry({ quarantine_id: idOf(name), ...changes });

/** Nothing of the sender could be read. */
function unread(name: string, form: string, content_type: string): QuarantineEntry {
  const { from, sms_number, fingerprint, sent_message_id, ...rest } = someEntry();
  const reason = 'not-a-form' as const;
  return { ...rest, reason, quarantine_id: idOf(name), form: Buffer.from(form), content_type };
}

/** Accepted with this sender. */
function acceptedFrom(from: string) {
  const acceptance = { message_id: 'accepted', fingerprint: 'f', set: { from } };
  return { acceptance, accepted_at: 1 };
}

const FORM = 'application/x-www-form-urlencoded';
const OF_THE_SENDER = [
  entryOf('same form', { from: '+61491570006' }),
  entryOf('another form', { from: '0491 570 006', accepted_at: 1 }),
  unread('json', '{"from":"+61491570006","text":"Hi"}', 'application/json'),
  unread('odd form', 'sender=%2B61+491+570+006&at=1576391654', FORM),
  unread('beside digits', '<sms>0491570006 1576391654</sms>', 'text/xml'),
  unread('repeated', 'sender=MyShop&sender=%2B61491570006', FORM),
  entryOf('set', acceptedFrom('+61491570006')),
  entryOf('set otherwise', { from: '+61491570006', ...acceptedFrom('MyShop') }),
  { ...unread('set on json', '{"text":"Hi"}', 'application/json'), ...acceptedFrom('0491570006') },
];
const OF_OTHERS = [
  entryOf('another number', {
    from: '+61400000001',
    form: formOf({ ...KEPT, body: '0491570006' }),
  }),
  unread('abroad', '{"from":"+44491570006"}', 'application/json'),
  unread('longer', '{"id":"1904915700061"}', 'application/json'),
  entryOf('set for another', acceptedFrom('+61400000001')),
];

const COUNT = OF_THE_SENDER.length;

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
  await quarantine(stack, [
    ...OF_THE_SENDER,
    ...OF_OTHERS,
    unread('a name', '{"from":"MyBank"}', 'application/json'),
  ]);
}, 60_000);
afterAll(() => stack?.close());

const cli = (...args: string[]) => runCli([...args, `--local=${stack.url}`]);
const left = async () =>
  documentsOf(await cli('quarantine', '--all', '--json'))
    .map(({ quarantine_id }) => quarantine_id)
    .toSorted();
const idsOf = (entries: readonly QuarantineEntry[]) =>
  entries.map(({ quarantine_id }) => quarantine_id);

it('counts a sender’s quarantined messages, and deletes nothing without a confirmation', async () => {
  const before = await left();
  const dry = await cli('forget', '0491570006', '--dry-run');
  expect(dry).toMatchObject({ code: 0 });
  expect(dry.stdout).toContain(`\n${COUNT} quarantined messages would be deleted.\n`);
  const asked = await cli('forget', '0491570006');
  expect(asked.stderr).toContain(
    `${COUNT} quarantined messages of that sender will be deleted for good.`,
  );
  expect(await left()).toEqual(before);
});

it('deletes a sender’s quarantined messages, also if only the raw body has the number', async () => {
  const done = await cli('forget', '0491570006', '--yes', '--json');
  expect(documentsOf(done).at(-1)).toMatchObject({
    quarantined: COUNT,
    quarantined_deleted: COUNT,
  });
  expect(await left()).toEqual([...idsOf(OF_OTHERS), idOf('a name')].toSorted());
});

it('deletes quarantined messages by a name', async () => {
  const named = await cli('forget', 'MyBank', '--yes');
  expect(named.stdout).toContain('\n1 of 1 quarantined message deleted.\n');
  expect(await left()).toEqual(idsOf(OF_OTHERS).toSorted());
});
