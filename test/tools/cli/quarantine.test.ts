import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formIn } from '../../../tools/archive/read-quarantined.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { formOf, KEPT, someEntry, someInvalidEntry } from '../../fixtures/quarantined.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { publishedAt, quarantine, store } from './stored-messages.ts';

const TIME = Date.parse('2026-11-07T10:00:00Z');
const idOf = (name: string) => hash('sha256', name).slice(0, 32);
/** Each a minute after the one before. */
const at = (minute: number) => ({
  received_at: TIME + minute * 60_000,
  last_received_at: TIME + minute * 60_000 + 30_000,
});

const { fingerprint: _, from, sms_number, sent_message_id, ...unread } = someEntry();
const json = { form: Buffer.from('{"text":"Hi\u001b[2J"}'), content_type: 'application/json' };
const ENTRIES = {
  number: someEntry({ quarantine_id: idOf('number'), ...at(0) }),
  delivered: someEntry({
    ...{ quarantine_id: idOf('delivered'), ...at(1) },
    ...{ sent_message_id: 'delivered', from: '+61400000009' },
  }),
  invalid: {
    ...someInvalidEntry({ from: undefined }, 'from is missing'),
    ...{ quarantine_id: idOf('invalid'), ...at(2) },
  },
  json: {
    ...unread,
    reason: 'not-a-form' as const,
    ...json,
    quarantine_id: idOf('json'),
    ...at(3),
  },
  cut: {
    ...unread,
    reason: 'too-large' as const,
    is_cut: true,
    quarantine_id: idOf('cut'),
    ...at(4),
  },
  bytes: {
    ...{ ...unread, reason: 'not-a-form' as const, quarantine_id: idOf('bytes'), ...at(5) },
    ...{ form: Buffer.from([0x89, 0xff, 0x00]), content_type: 'image/png' },
  },
  conflict: someEntry({
    ...{ quarantine_id: idOf('conflict'), reason: 'conflict', ...at(6) },
    ...{ sent_message_id: 'MiXed', acceptance: { message_id: 'm', fingerprint: 'f', set: {} } },
  }),
  accepted: someEntry({
    ...{ quarantine_id: idOf('accepted'), ...at(7), accepted_at: TIME },
    acceptance: { message_id: 'done', fingerprint: 'f', set: { from: 'MyBank' } },
  }),
  discarded: {
    ...{ ...unread, quarantine_id: idOf('discarded'), ...at(8), discarded_at: TIME },
    ...{ form: undefined as never },
  },
};

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
  await quarantine(stack, Object.values(ENTRIES));
  const { fingerprint } = someEntry();
  const stored = someRecord({ message_id: 'delivered', ...publishedAt(TIME) });
  await store(stack, [{ ...stored, ...(fingerprint && { fingerprint }) }]);
}, 60_000);
afterAll(() => stack?.close());

const cli = (...args: string[]) => runCli(['quarantine', ...args, `--local=${stack.url}`]);
const namesOf = (documents: readonly { readonly quarantine_id: string }[]) =>
  documents.map(({ quarantine_id }) =>
    Object.keys(ENTRIES).find((name) => idOf(name) === quarantine_id),
  );

describe('quarantine', () => {
  it('lists entries that wait for a decision, the newest first, with their states', async () => {
    const { code, stdout, stderr } = await cli();
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `To see one: bin/inbound-sms quarantine show ID --local=${stack.url}\n`,
    });
    const rows = stdout.split('\n').slice(0, -1);
    expect(rows.map((row) => row.split('\t'))).toEqual([
      listed('conflict', '+61400000001', '+61400000002', 'begun', ''),
      listed('bytes', '', '', 'waiting', ''),
      listed('cut', '', '', 'cut', ''),
      listed('json', '', '', 'waiting', ''),
      listed('invalid', '', '+61400000002', 'waiting', 'from is missing'),
      listed('delivered', '+61400000009', '+61400000002', 'delivered since', ''),
      listed('number', '+61400000001', '+61400000002', 'waiting', ''),
    ]);
    expect(await cli('list')).toEqual({ code, stdout, stderr });
  });

  it.each<[string, string[]]>([
    ['--all', Object.keys(ENTRIES).toReversed()],
    ['--reason number-not-allowed', ['delivered', 'number']],
    ['--from 0400000009', ['delivered']],
    ['--to +61400000002 --reason conflict', ['conflict']],
    ['--since 2026-11-07T10:05Z --until 2026-11-07T10:06Z', ['bytes']],
    ['--limit 2', ['conflict', 'bytes']],
  ])('lists those that %s chooses', async (args, expected) => {
    const { stdout, stderr } = await cli(...args.split(' '), '--json');
    expect(stderr).toBe('');
    expect(namesOf(documentsOf({ stdout }))).toEqual(expected);
  });

  it('says that there are more, and that there is nothing', async () => {
    expect((await cli('--limit', '2')).stderr).toBe(
      'There are more: raise --limit, or set --until.\n',
    );
    const { code, stderr } = await cli('--since', '2026-12-01');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'No quarantined message matches.\n' });
  });

  it('tells scripts all of an entry', async () => {
    const [invalid] = documentsOf(await cli('--reason', 'invalid', '--json'));
    const { form: _, last_request, ...kept } = ENTRIES.invalid;
    const fields = Object.fromEntries(formIn(ENTRIES.invalid).fields);
    expect(invalid).toEqual({ ...kept, state: 'waiting', fields, repeated: [] });
  });
});

/** A line of the list. */
function listed(
  name: keyof typeof ENTRIES,
  sender: string,
  to: string,
  state: string,
  faults: string,
) {
  const { reason, requests, quarantine_id, received_at, last_received_at } = ENTRIES[name];
  const time = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  return [
    ...[time(received_at), time(last_received_at), String(requests), reason],
    ...[sender, to, state, quarantine_id, faults],
  ];
}

describe('quarantine show', () => {
  it('shows an entry by the beginning of its id or by the sent message_id', async () => {
    const { code, stdout, stderr } = await cli('show', idOf('invalid').slice(0, 8));
    expect(code).toBe(0);
    const lines = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')),
    );
    expect(lines).toMatchObject({
      ...{ id: idOf('invalid'), state: 'waiting', reason: 'invalid', faults: 'from is missing' },
      ...{ attempts: '10', 'first attempt': '2026-11-07 10:02:00', text: KEPT.body },
      'content type': 'application/x-www-form-urlencoded',
      ...{ 'sent.sms_number': KEPT.sms_number, 'sent.webhook_url': KEPT.webhook_url },
    });
    expect(stderr).toContain(
      `quarantine accept ${idOf('invalid').slice(0, 12)} --dry-run --local=`,
    );
    for (const id of ['MiXed', idOf('conflict')]) {
      expect((await cli('show', id)).stdout).toContain('accepted as\tm\n');
    }
    expect((await cli('show', idOf('accepted'))).stdout).toContain('set.from\tMyBank\n');
  });

  it('shows a body that is not a form, as text or bytes', async () => {
    expect((await cli('show', idOf('json'))).stdout).toMatch(/\ntext\t\{"text":"Hi\\x1b\[2J"\}\n$/);
    expect((await cli('show', idOf('bytes'))).stdout).toMatch(/\ntext\t89ff00\n$/);
    const [document] = documentsOf(await cli('show', idOf('bytes'), '--json'));
    expect(document).toMatchObject({
      fields: {},
      form: Buffer.from([0x89, 0xff, 0]).toString('base64'),
    });
  });

  it('leads to the only thing that can be done with what is cut', async () => {
    const id = idOf('cut').slice(0, 12);
    const { stderr } = await cli('show', id);
    expect(stderr).toContain(`It can only be discarded: bin/inbound-sms quarantine discard ${id}`);
    expect(stderr).not.toContain('accept');
  });

  it('says if there is none, or if the id may be several', async () => {
    const none = await cli('show', 'a-message');
    expect(none).toMatchObject({ code: 3, stdout: '' });
    expect(none.stderr).toContain('error: No quarantined message has the id a-message.');
    const several = await cli('show', KEPT.message_id);
    expect(several).toMatchObject({ code: 2, stdout: '' });
    expect(several.stderr).toMatch(/matches several ids: \w{32}, \w{32}/);
  });

  it.each(['--all', '--from 1', '--since 1d', '--reason invalid'])(
    'takes no %s',
    async (option) => {
      const { code, stderr } = await cli('show', 'x', ...option.split(' '));
      expect(code).toBe(2);
      expect(stderr).toContain('Give an id, or options');
    },
  );
});

it('an unknown subcommand is refused', async () => {
  const { code, stderr } = await cli('acept');
  expect(code).toBe(2);
  expect(stderr).toContain('Did you mean accept?');
});

it('shows a form of which everything is odd', async () => {
  const form = formOf({ 'a\nb': 'x', '': 'y' });
  await quarantine(stack, [{ ...ENTRIES.invalid, form, quarantine_id: idOf('odd') }]);
  const { stdout } = await cli('show', idOf('odd'));
  expect(stdout).toContain('sent.a\\x0ab\tx\n');
});
