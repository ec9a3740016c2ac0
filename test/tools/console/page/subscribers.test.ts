import { describe, expect, it } from 'vitest';
import type {
  SubscriberEmail,
  SubscriberMessage,
  SubscriberStatus,
} from '../../../../tools/console/lab-protocol.ts';
import {
  policyExamples,
  subscribeCommand,
} from '../../../../tools/console/page/subscribers/filter.ts';
import {
  matchesOf,
  matchSummary,
  mergeReceived,
} from '../../../../tools/console/page/subscribers/queue.ts';
import {
  failureText,
  figuresOf,
  mergeEmails,
} from '../../../../tools/console/page/subscribers/statuses.ts';

function received(id: string, attributes: Record<string, string> = {}): SubscriberMessage {
  return { id, at: 1, message_id: 'm1', message: '{}', attributes };
}

describe('what was received', () => {
  it('has the latest first and each delivery once', () => {
    const merged = mergeReceived([received('a')], [received('a'), received('b'), received('c')]);
    expect(merged.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });

  it('is 500 messages at most', () => {
    const many = Array.from({ length: 500 }, (_, n) => received(`r${n}`));
    const merged = mergeReceived(many, [received('new')]);
    expect(merged).toHaveLength(500);
    expect(merged.at(-1)?.id).toBe('r498');
  });
});

describe('matches', () => {
  it('are told from others, and from what was not looked at', () => {
    const matchOf = matchesOf({ matching: ['a'], others: ['b'] });
    expect(['a', 'b', 'c'].map(matchOf)).toEqual(['match', 'other', 'unknown']);
    expect(matchesOf(undefined)('a')).toBe('unknown');
  });

  it.each([
    [[], ['a', 'b'], '0 of 2 match'],
    [['a'], ['b'], '1 of 2 matches'],
    [['a', 'b'], [], '2 of 2 match'],
  ])('%j and others %j are counted as %s', (matching, others, summary) => {
    expect(matchSummary({ matching, others })).toBe(summary);
  });
});

describe('the examples', () => {
  it('are policies, each with a name of its own', () => {
    const examples = policyExamples([]);
    expect(examples.length).toBeGreaterThan(1);
    for (const { policy } of examples) {
      const values: unknown[] = Object.values(JSON.parse(policy));
      expect(values.map(Array.isArray)).toContain(true);
      expect(values.map(Array.isArray)).not.toContain(false);
    }
    expect(new Set(examples.map(({ label }) => label)).size).toBe(examples.length);
  });

  it('fit the latest message', () => {
    const latest = received('a', { from: 'Shop', sms_number: '+61491570157' });
    const policies = policyExamples([latest, received('b')]).map(({ policy }) => policy);
    expect(policies.join()).toContain('"Shop"');
    expect(policies.join()).toContain('"+61491570157"');
  });
});

describe('the command', () => {
  it('subscribes with the policy, compact and as JSON in JSON', () => {
    const command = subscribeCommand('{\n  "from": ["+61491570006"]\n}') ?? '';
    expect(command).toContain('aws sns subscribe --topic-arn "$TOPIC_ARN" --protocol sqs');
    expect(command).toContain(
      String.raw`--attributes '{"FilterPolicy":"{\"from\":[\"+61491570006\"]}"}'`,
    );
  });

  it('leaves nothing for the shell to interpret', () => {
    const command = subscribeCommand(JSON.stringify({ from: ["O'Hara $(date)"] })) ?? '';
    expect(command).toContain(String.raw`O'\''Hara $(date)`);
  });

  it('is not there while the policy is no JSON', () => {
    expect(subscribeCommand('{"from":')).toBeUndefined();
  });
});

describe('the figures of a subscriber', () => {
  const crm: SubscriberStatus = {
    ...{ name: 'crm', kind: 'https' },
    ...{ waiting: 2, failing: 0, delivered: 11, dead: 0 },
  };
  const texts = (status: SubscriberStatus) =>
    figuresOf(status).map(({ label, value, tone }) => `${label} ${value} ${tone}`);

  it('say where its messages are', () => {
    expect(texts(crm)).toEqual([
      'Waiting 2 neutral',
      'Failing 0 neutral',
      'Delivered 11 neutral',
      'Dead 0 neutral',
    ]);
  });

  it('stand out where messages fail or are dead', () => {
    expect(texts({ ...crm, failing: 1, dead: 3 })).toEqual([
      'Waiting 2 neutral',
      'Failing 1 warn',
      'Delivered 11 neutral',
      'Dead 3 bad',
    ]);
  });

  it('of a queue leave out what only its consumer knows', () => {
    const jobs: SubscriberStatus = { name: 'jobs', kind: 'queue', waiting: 7, failing: 0, dead: 1 };
    expect(texts(jobs)).toEqual(['Waiting 7 neutral', 'Dead 1 bad']);
  });
});

it.each([
  [{ at: 1, reason: '500', attempt: 3 }, '500, attempt 3'],
  [{ at: 1, reason: 'timeout' }, 'timeout'],
])('the failure %j is said as %s', (failure, text) => {
  expect(failureText(failure)).toBe(text);
});

describe('e-mails', () => {
  const email = (id: string): SubscriberEmail => ({
    ...{ id, at: 1, subscriber: 'team', from: 'a', to: 'b', subject: 'S', text: 'T' },
  });

  it('have the latest first and each once', () => {
    const merged = mergeEmails([email('a')], [email('a'), email('b'), email('c')]);
    expect(merged.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });

  it('are 200 at most', () => {
    const many = Array.from({ length: 200 }, (_, n) => email(`e${n}`));
    const merged = mergeEmails(many, [email('new')]);
    expect(merged).toHaveLength(200);
    expect(merged.at(-1)?.id).toBe('e198');
  });
});
