import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QuarantineEntry } from '../../../lib/messages/quarantine.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { formOf, KEPT, someEntry, someInvalidEntry } from '../../fixtures/quarantined.ts';
import { type SubscribedQueue, startTestStack, subscribeQueue } from '../../helpers/local-stack.ts';
import { startFaultyAws } from './behind-faults.ts';
import { type CliResult, documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt, quarantine, store } from './stored-messages.ts';

const idOf = (name: string) => hash('sha256', name).slice(0, 32);

/** A message of its own, that was refused for its number. */
function entryOf(name: string, changes: Partial<QuarantineEntry> = {}): QuarantineEntry {
  return someEntry({
    ...{ quarantine_id: idOf(name), sent_message_id: name },
    ...{ form: formOf({ ...KEPT, message_id: name }), ...changes },
  });
}

let stack: LocalStack;
let queue: SubscribedQueue;
beforeAll(async () => {
  stack = await startTestStack();
  queue = await subscribeQueue(stack);
}, 60_000);
afterAll(async () => {
  await queue?.close();
  await stack?.close();
});

const cli = (...args: string[]): Promise<CliResult> =>
  runCli(['quarantine', ...args, `--local=${stack.url}`]);
const textsOf = async (count: number) =>
  (await queue.receive(count)).map(({ message }) => JSON.parse(message));
const stateOf = async (name: string) => {
  const [entry] = documentsOf(await cli('show', idOf(name), '--json'));
  return entry?.state;
};

describe('quarantine accept', () => {
  it('says what it would do, then does it once', async () => {
    await quarantine(stack, [entryOf('one')]);
    const id = idOf('one').slice(0, 12);
    const dry = await cli('accept', id, '--dry-run');
    expect(dry).toEqual({ code: 0, stdout: `${id} would be accepted as one.\n`, stderr: '' });
    expect(await queue.all()).toEqual([]);
    const accepted = await cli('accept', id);
    expect(accepted).toEqual({
      code: 0,
      stdout: `${id} is accepted: one is published.\n`,
      stderr: '',
    });
    expect(await textsOf(1)).toMatchObject([{ message_id: 'one', body: KEPT.body }]);
    const again = await cli('accept', id, '--json');
    const outcome = 'accepted-before';
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(documentsOf(again)).toEqual([
      { quarantine_id: idOf('one'), outcome, message_id: 'one', dry_run: false },
    ]);
    expect(await queue.all()).toEqual([]);
    const shown = await runCli(['show', 'one', `--local=${stack.url}`, '--json']);
    const [{ published_at, expires_at }] = documentsOf(shown);
    expect(expires_at - published_at / 1_000).toBeCloseTo(90 * 86_400, -2);
  });

  it('says which values are missing, and takes them', async () => {
    const { sent_message_id: _, ...invalid } = someInvalidEntry(
      { from: undefined, message_id: undefined },
      'message_id is missing; from is missing',
    );
    await quarantine(stack, [{ ...invalid, quarantine_id: idOf('invalid') }]);
    const id = idOf('invalid').slice(0, 12);
    for (const flags of [[], ['--dry-run']]) {
      const { code, stdout, stderr } = await cli('accept', id, ...flags);
      expect(code).toBe(1);
      expect(stdout + stderr).toContain(
        `${id} cannot be accepted: from is missing.\nAdd --set from=VALUE.\n`,
      );
    }
    const { code, stdout } = await cli('accept', id, '--set', 'from=', '--set', 'body=Mended');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${id} is accepted: quarantine-${idOf('invalid')} is published.\n`,
    });
    expect(await textsOf(1)).toMatchObject([{ from: '', body: 'Mended' }]);
  });

  it('gives a conflict a new id, and a message whose id is taken as well', async () => {
    await store(stack, [
      someRecord({ message_id: 'taken', ...publishedAt(1) }),
      someRecord({ message_id: 'conflict', ...publishedAt(1) }),
    ]);
    await quarantine(stack, [entryOf('taken'), entryOf('conflict', { reason: 'conflict' })]);
    for (const name of ['taken', 'conflict']) {
      const { stdout } = await cli('accept', name, '--json');
      const message_id = `${name}.conflict-${idOf(name).slice(0, 16)}`;
      expect(documentsOf({ stdout })).toMatchObject([{ outcome: 'published', message_id }]);
      expect(await textsOf(1)).toMatchObject([{ message_id, extra: { conflicts_with: name } }]);
    }
  });

  it.each<[string, Partial<QuarantineEntry>, RegExp]>([
    [
      'cut',
      { is_cut: true },
      /more was sent than is kept.\nIf it was a message, look for it in the fallback e-mails/,
    ],
    ['gone', { discarded_at: 1 }, /is discarded: nothing of it is left/],
    [
      'begun',
      { acceptance: { message_id: 'x', fingerprint: 'f', set: { from: 'a' } } },
      /Somebody has begun to accept \w+ as x, with --set from=a.\nLeave out --set/,
    ],
  ])('refuses what is %s', async (name, changes, said) => {
    await quarantine(stack, [entryOf(name, changes)]);
    const { code, stdout, stderr } = await cli('accept', idOf(name), '--set', 'service_id=7');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(said);
  });

  it('publishes nothing if the corrected entry has the id of another message', async () => {
    await store(stack, [someRecord({ message_id: 'same', ...publishedAt(1) })]);
    const invalid = someInvalidEntry({ from: undefined, message_id: 'same' }, 'from is missing');
    await quarantine(stack, [{ ...invalid, sent_message_id: 'same', quarantine_id: idOf('same') }]);
    const { code, stderr } = await cli('accept', 'same', '--set', 'from=a');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'another message has the id same.\nCompare them: bin/inbound-sms show same',
    );
    expect(await stateOf('same')).toBe('waiting');
    expect(await queue.all()).toEqual([]);
  });

  it('accepts all with a reason, the oldest first, and names the entries that stay', async () => {
    const reason = 'source-not-allowed';
    const at = (received_at: number) => ({ reason, received_at }) as const;
    await quarantine(stack, [
      ...[entryOf('all-2', at(2)), entryOf('all-1', at(1)), entryOf('all-3', at(3))],
      entryOf('all-cut', { ...at(4), is_cut: true }),
    ]);
    const all = ['accept', '--all', '--reason', reason];
    expect((await cli(...all, '--from', '+6140000', '--yes')).stderr).toContain(
      'No quarantined message matches',
    );
    const asked = await cli(...all);
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toMatch(/^error: 4 quarantined messages will be published to every/);
    const dry = await cli(...all, '--dry-run');
    expect(dry.code).toBe(1);
    expect(dry.stderr).toContain('error: 1 quarantined message cannot be accepted.');
    expect(dry.stdout.match(/would be accepted as all-\d/g)).toEqual(
      ['all-1', 'all-2', 'all-3'].map((id) => `would be accepted as ${id}`),
    );
    expect(dry.stdout).toMatch(/\n3 of 4 quarantined messages would be accepted\.\n$/);
    const { code, stdout, stderr } = await cli(...all, '--yes', '--set', 'service_id=7');
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: '3 of 4 quarantined messages accepted.\n',
    });
    expect(stderr).toMatch(
      /cannot be accepted: more was sent.*\n.*\nerror: 1 quarantined message could/,
    );
    const texts = await textsOf(3);
    expect(texts.map(({ message_id }) => message_id).toSorted()).toEqual([
      'all-1',
      'all-2',
      'all-3',
    ]);
    expect(new Set(texts.map(({ service_id }) => service_id))).toEqual(new Set(['7']));
    const rest = documentsOf(await cli(...all, '--yes', '--json'));
    expect(rest.at(-1)).toEqual({ accepted: 0, left: 1, dry_run: false, done: true });
  });

  it.each<[string, RegExp]>([
    ['accept', /No entry is named: give an id, or --all/],
    ['accept x --all', /Give an id, or options/],
    ['accept --all --set from=1', /--set from is for one message/],
    ['accept x --set colour=red', /must be FIELD=VALUE/],
    ['accept x --set from=1 --set from=2', /from is set twice/],
    ['discard --reason conflict', /No entry is named: give an id, or --all/],
  ])('%s is wrong usage', async (args, said) => {
    const { code, stderr } = await cli(...args.split(' '));
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
  });
});

describe('quarantine discard', () => {
  it('deletes the content of an entry after a confirmation', async () => {
    await quarantine(stack, [entryOf('secret')]);
    const id = idOf('secret').slice(0, 12);
    const asked = await cli('discard', id);
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toMatch(/The content of 1 quarantined message will be deleted/);
    expect((await cli('discard', id, '--dry-run')).stdout).toBe(`${id} would be discarded.\n`);
    expect(await stateOf('secret')).toBe('waiting');
    expect(await cli('discard', id, '--yes')).toMatchObject({
      code: 0,
      stdout: `${id} is discarded.\n`,
    });
    const shown = await cli('show', id, '--json');
    expect(documentsOf(shown)).toMatchObject([{ state: 'discarded', fields: {}, form: '' }]);
    expect(shown.stdout).not.toContain('+6140');
  });

  it('keeps an entry that somebody has begun to accept', async () => {
    const acceptance = { message_id: 'x', fingerprint: 'f', set: {} };
    await quarantine(stack, [entryOf('kept', { acceptance })]);
    for (const flag of ['--yes', '--dry-run']) {
      const { code, stderr } = await cli('discard', idOf('kept'), flag);
      expect(code).toBe(1);
      expect(stderr).toContain('is not discarded: somebody has begun to accept it as x.');
    }
  });
});

describe('a run that meets trouble', () => {
  const reason = 'invalid';
  const ALL = ['accept', '--all', '--reason', reason, '--from', KEPT.from, '--yes'];
  const fill = async (word: string) => {
    const names = Array.from({ length: 12 }, (_, n) => `${word}-${n}`);
    await quarantine(
      stack,
      names.map((name) => entryOf(name, { reason })),
    );
    return names;
  };
  const states = async () => {
    const listed = documentsOf(
      await cli('--all', '--reason', reason, '--from', KEPT.from, '--json'),
    );
    return new Map(listed.map(({ sent_message_id, state }) => [sent_message_id, state]));
  };

  it('goes on after Ctrl-C where it was', async () => {
    await using faulty = await startFaultyAws(stack);
    const names = await fill('interrupted');
    const run = ['quarantine', ...ALL, `--local=${faulty.url}`];
    const running = await startCli(run);
    faulty.sns.setFault(({ nth }) =>
      nth === 2 ? { kind: 'after', run: () => void running.child.kill('SIGINT') } : undefined,
    );
    const { code, stderr } = await running.result;
    expect(code).toBe(130);
    expect(stderr).toContain('To continue, run it again.');
    const before = await states();
    expect(names.filter((name) => before.get(name) === 'accepted').length).toBeLessThan(12);
    expect((await queue.all()).length).toBeLessThan(12);
    faulty.sns.setFault(undefined);
    expect(await runCli(run)).toMatchObject({ code: 0 });
    const after = await states();
    expect(new Set(names.map((name) => after.get(name)))).toEqual(new Set(['accepted']));
  });

  it('continues after a message that SNS refuses, and ends if SNS is down', async () => {
    await using faulty = await startFaultyAws(stack);
    await fill('refused');
    const run = ['quarantine', ...ALL, `--local=${faulty.url}`];
    const refuse = (code: string) => ({ kind: 'error-before', code }) as const;
    faulty.sns.setFault(({ body }) =>
      String(body.Message).includes('"refused-3"') ? refuse('InvalidParameter') : undefined,
    );
    const one = await runCli(run);
    expect(one).toMatchObject({ code: 1, stdout: '11 of 12 quarantined messages accepted.\n' });
    expect(one.stderr).toContain('SNS refuses the message (InvalidParameter');
    faulty.sns.setFault(() => refuse('AuthorizationError'));
    expect(await runCli(run)).toMatchObject({ code: 4 });
  });
});
