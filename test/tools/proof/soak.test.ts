import { describe, expect, it } from 'vitest';
import { explains, idsOf, stepOf } from '../../../tools/proof/random-faults.ts';
import { Ledger, type Run, reconcile } from '../../../tools/proof/reconcile.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { runCommand } from '../bench/run-command.ts';

async function soak(...args: string[]): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await runCommand('soak', ...args);
  return { code, output: code === 0 ? stdout : `${stdout}${stderr}` };
}

/** A run of one message, `a`, that went well, with these changes. */
function runOf(
  changes: {
    sent?: Record<string, unknown> | null;
    stored?: Record<string, unknown> | null;
    arrived?: string[];
  } = {},
): Run {
  const { sent = {}, stored = {}, arrived = ['Hello'] } = changes;
  const message = { text: 'Hello', sends: 1, answered: 1, emailed: 0, explanations: 0, ...sent };
  const record = { text: 'Hello', published: true, pending: false, ...stored };
  return {
    sent: new Map(sent ? [['a', message]] : []),
    stored: new Map(stored ? [['a', record]] : []),
    arrived: arrived.map((text) => ({ id: 'a', text })),
  };
}

const problems = (run: Run) => reconcile(run).differences.map(({ problem }) => problem);

describe('reconcile accepts', () => {
  it.each<[string, Run]>([
    ['a message that was delivered', runOf()],
    ['no message at all', { sent: new Map(), stored: new Map(), arrived: [] }],
    ['a duplicate', runOf({ sent: { sends: 2, answered: 2 } })],
    ['a delivery given up beside one answered', runOf({ sent: { sends: 2, emailed: 1 } })],
    ['one e-mailed and not stored', runOf({ sent: EMAILED(), stored: null, arrived: [] })],
    ['one e-mailed and swept', runOf({ sent: EMAILED() })],
    ['a repetition explained', runOf({ sent: { explanations: 1 }, arrived: ['Hello', 'Hello'] })],
  ])('%s', (_, run) => expect(problems(run)).toEqual([]));
});

describe('reconcile reports', () => {
  it.each<[string, Run, string[]]>([
    [
      'a 200 for nothing',
      runOf({ stored: null, arrived: [] }),
      ['answered 200 but not stored', 'answered 200 but not published'],
    ],
    [
      'a 200 without the record',
      runOf({ stored: null }),
      ['answered 200 but not stored', 'published but not stored'],
    ],
    [
      'a 200 that was not published',
      runOf({ arrived: [] }),
      ['answered 200 but not published', 'stored but not published'],
    ],
    [
      'a record nobody publishes',
      runOf({ sent: EMAILED(), stored: { published: false, pending: true }, arrived: [] }),
      [
        'stored but not published',
        'still pending',
        'stored without the mark of a published record',
      ],
    ],
    [
      'a message that is nowhere',
      runOf({ sent: { answered: 0 }, stored: null, arrived: [] }),
      ['neither answered nor e-mailed'],
    ],
    [
      'a repetition without a reason',
      runOf({ arrived: ['Hello', 'Hello'] }),
      ['arrived 2 times, which no fault explains'],
    ],
    [
      'more repetitions than reasons',
      runOf({ sent: { explanations: 1 }, arrived: ['Hello', 'Hello', 'Hello'] }),
      ['arrived 3 times, which no fault explains'],
    ],
    ['another text in the table', runOf({ stored: { text: 'Bye' } }), ['stored with another text']],
    ['another text on the queue', runOf({ arrived: ['Bye'] }), ['published with another text']],
    ['a message nobody sent', runOf({ sent: null }), ['was never sent']],
  ])('%s', (_, run, expected) => expect(problems(run)).toEqual(expected));

  it('figures', () => {
    expect(reconcile(runOf({ arrived: ['Hello', 'Hello'] })).figures).toMatchObject({
      sent: 1,
      answered: 1,
      stored: 1,
      delivered: 1,
      repeated: 1,
      unexplained: 1,
      lost: 0,
    });
    expect(reconcile(runOf({ arrived: [] })).figures.lost).toBe(1);
  });
});

function EMAILED() {
  return { answered: 0, emailed: 1 };
}

describe('a fault', () => {
  const Key = { message_id: { S: 'a' } };
  const publish = { operation: 'Publish', body: { Message: '{"message_id":"a"}' } };
  const batch = {
    operation: 'PublishBatch',
    body: {
      'PublishBatchRequestEntries.member.1.Message': '{"message_id":"a"}',
      'PublishBatchRequestEntries.member.1.Subject': 'SMS',
      'PublishBatchRequestEntries.member.2.Message': '{"message_id":"b"}',
    },
  };
  const put = { operation: 'PutItem', body: { Item: Key } };
  const update = (UpdateExpression: string) => ({
    operation: 'UpdateItem',
    body: { Key, UpdateExpression },
  });
  const mark = update('SET published_at = :p REMOVE claim_owner');
  const release = update('REMOVE claim_owner');
  const claim = update('SET claim_owner = :o');

  it('excuses a repeat only after a publish or before a mark', () => {
    const all = { publish, batch, put, mark, release, claim };
    const explained = (isDone: boolean) =>
      Object.fromEntries(
        Object.entries(all)
          .map(([name, call]) => [name, explains(call, isDone)] as const)
          .filter(([, ids]) => ids.length > 0),
      );
    expect(explained(true)).toEqual({ publish: ['a'], batch: ['a', 'b'] });
    expect(explained(false)).toEqual({ mark: ['a'] });
    expect([mark, release, claim, put].map(stepOf)).toEqual([
      'mark',
      'release',
      'claim',
      'PutItem',
    ]);
    expect(idsOf({ operation: 'Query', body: {} })).toEqual([]);
  });

  it('is recorded once for each of its messages', () => {
    const ledger = new Ledger();
    ledger.begin('a', 'Hello');
    ledger.fault('kill-after', ['a', 'a', 'unknown']);
    expect(ledger.sent.get('a')?.explanations).toBe(1);
    expect(ledger.faultsText).toBe('kill-after 1');
  });
});

describe('npm run bench -- soak', () => {
  it('loses no message, and says so', { timeout: 100_000 }, async () => {
    const { code, output } = await soak(
      ...['--minutes', '0.1', '--rate', '10', '--package', packageDir()],
    );
    expect(output).toMatch(/^messages sent +60$/m);
    expect(output).toMatch(/^messages lost +0$/m);
    expect(output).toMatch(/^differences +0$/m);
    expect(output).toMatch(/^Seed \d+; faults: .*\d/m);
    expect(code, output).toBe(0);
  });

  it('explains itself', async () => {
    expect(await soak('--help')).toEqual({ code: 0, output: expect.stringContaining('--minutes') });
  });

  it.each([
    [['--rate', '0'], 'It takes a number above 0'],
    [['--minutes', 'x'], 'It takes a number above 0'],
    [['--faults', 'maybe'], 'Allowed choices are on, off'],
    [['--seed', 'a b'], 'It takes letters, digits'],
    [['--nonsense'], '--nonsense'],
  ])('refuses %j', async (args, said) => {
    const { code, output } = await soak(...args);
    expect(code).toBe(1);
    expect(output).toContain(said);
  });
});
