import { describe, expect, it } from 'vitest';
import { ANSWERS } from '../../../../lib/http/outcomes.ts';
import {
  attemptNumbers,
  attemptText,
  isExpected,
  type Step,
  stepsOf,
} from '../../../../tools/console/page/message/timeline-steps.ts';
import type { TimelineEvent } from '../../../../tools/console/protocol.ts';

/** Answered at this time, after so long. */
function attempt(at: number, ms: number, status = 200): TimelineEvent {
  return { kind: 'attempt', at, ms, status, message_id: 'a' };
}

/** Begun at this time. */
function call(at: number, purpose: string, subscriber?: string): TimelineEvent {
  const service = 'dynamodb';
  return {
    kind: 'call',
    at,
    ms: 3,
    service,
    operation: 'X',
    purpose,
    message_id: 'a',
    ...(subscriber !== undefined && { subscriber }),
    status: 200,
  };
}

function inWords(step: Step): string {
  if (step.kind === 'delivered') return `delivered${step.replay ? ' again' : ''}`;
  if (step.kind === 'recorded') return step.what;
  if (step.kind === 'sent' || step.kind === 'emailed') return step.kind;
  const calls = step.calls.map(({ purpose }) => purpose).join(', ');
  if (step.kind === 'delivery') return `${step.subscriber} ${step.state}: ${calls}`;
  if (step.kind === 'background') return `background: ${calls}`;
  if (step.kind === 'replay') return `replay ${step.replay}: ${calls}`;
  return `${step.attempts.map(({ status }) => status).join(' ')}: ${calls}`;
}

const steps = (...events: TimelineEvent[]) => stepsOf(events).map(inWords);

describe('a timeline', () => {
  it('has each request with the calls behind it', () => {
    expect(
      steps(
        call(1_002, 'put'),
        call(1_010, 'publish'),
        attempt(1_030, 30, 503),
        call(2_001, 'take over'),
        attempt(2_020, 20),
      ),
    ).toEqual(['503: put, publish', '200: take over']);
  });

  it('puts together requests that were under way at once', () => {
    expect(
      steps(attempt(1_030, 30), attempt(1_025, 20, 503), attempt(1_100, 10), call(1_010, 'put')),
    ).toEqual(['503 200: put', '200: ']);
  });

  it('keeps requests apart that follow each other at once', () => {
    expect(steps(attempt(1_010, 10, 503), attempt(1_020, 10))).toEqual(['503: ', '200: ']);
  });

  it('has calls without a request, by run', () => {
    expect(
      steps(
        attempt(1_000, 10, 503),
        call(5_000, 'claim'),
        call(5_010, 'publish'),
        call(65_000, 'claim'),
        call(65_010, 'publish'),
      ),
    ).toEqual(['503: ', 'background: claim, publish', 'background: claim, publish']);
  });

  it('begins another run after a request', () => {
    expect(steps(call(1_000, 'one'), attempt(1_200, 10), call(1_400, 'two'))).toEqual([
      'background: one',
      '200: ',
      'background: two',
    ]);
  });

  it('has what a request was answered, then the delivery that it led to', () => {
    expect(
      steps({ kind: 'delivered', at: 1_020 }, attempt(1_030, 30), {
        kind: 'delivered',
        at: 9_000,
        replay: 'r',
      }),
    ).toEqual(['200: ', 'delivered', 'delivered again']);
  });

  it('has the delivery to each subscriber with the calls of the forwarder, also before the answer', () => {
    const delivery = { kind: 'delivery', state: 'delivered', text: 'delivered' } as const;
    expect(
      steps(
        call(1_002, 'put'),
        call(1_012, 'read', 'crm'),
        call(1_014, 'read', 'team'),
        attempt(1_030, 30),
        call(1_040, 'mark', 'crm'),
        { ...delivery, at: 1_045, subscriber: 'crm' },
        { ...delivery, at: 1_001, subscriber: 'jobs', state: 'handed-over' },
      ),
    ).toEqual(['200: put', 'jobs handed-over: ', 'crm delivered: read, mark']);
  });

  it('begins with the PBX, also if its clock is ahead', () => {
    expect(steps(attempt(1_000, 10), { kind: 'sent', at: 2_000 })).toEqual(['sent', '200: ']);
  });

  it('has a replay apart from the sweeper', () => {
    const again = { ...call(5_020, 'publish once more'), replay: 'r-1' } as TimelineEvent;
    expect(steps(attempt(1_000, 10), call(5_000, 'claim'), again)).toEqual([
      '200: ',
      'background: claim',
      'replay r-1: publish once more',
    ]);
  });

  it('has what only the record knows', () => {
    expect(
      steps(
        { kind: 'recorded', at: 1, what: 'received' },
        { kind: 'recorded', at: 2, what: 'published' },
      ),
    ).toEqual(['received', 'published']);
  });
});

describe('a request', () => {
  it.each(Object.entries(ANSWERS))('that ended as %s has a title of its own', (outcome, answer) => {
    const { status } = answer;
    const { title, isGood, next } = attemptText({ at: 0, ms: 0, status, outcome });
    const plain = attemptText({ at: 0, ms: 0, status });
    expect(title).not.toBe(plain.title);
    expect(isGood).toBe(status === 200);
    const mails = answer.next === 'retries, then e-mails' && status < 500;
    expect(next.includes('e-mails')).toBe(mails || outcome === 'method-not-allowed');
  });

  it.each([
    [undefined, 'No answer'],
    [429, 'Throttled'],
    [500, 'The function crashed'],
    [418, 'Refused'],
    [200, 'Accepted'],
  ])('answered %s by whoever is before the function: %s', (status, title) => {
    expect(attemptText({ at: 0, ms: 0, ...(status !== undefined && { status }) }).title).toBe(
      title,
    );
  });
});

it.each([
  [{}, true],
  [{ error: 'ConditionalCheckFailedException' }, true],
  [{ error: 'ConditionalCheckFailedException, answer dropped' }, false],
  [{ error: 'not reachable' }, false],
])('a call with %j is as things go: %s', (call, expected) => {
  expect(isExpected(call)).toBe(expected);
});

describe('the tenth attempt', () => {
  const failing = (count: number) =>
    Array.from({ length: count }, (_, n) => attempt(1_000 * (n + 1), 10, 503));
  const nextOf = (events: readonly TimelineEvent[], seesEmails: boolean) => {
    const all = stepsOf(events);
    const numbers = attemptNumbers(all, seesEmails);
    return all.flatMap((step) =>
      step.kind === 'requests'
        ? step.attempts.map((each) => attemptText(each, numbers.get(each)).next)
        : [],
    );
  };
  const EMAILS = /tenth attempt: the PBX e-mails/;

  it('is the last one: the PBX tries no more', () => {
    const nexts = nextOf(failing(10), false);
    expect(nexts[8]).toBe('The PBX tries again.');
    expect(nexts[9]).toMatch(EMAILS);
  });

  it('is told where the e-mail is seen only if there is one: ten may be copies of one request', () => {
    expect(nextOf(failing(12), true).filter((next) => EMAILS.test(next))).toEqual([]);
    const emailed = [...failing(10), { kind: 'emailed', at: 99_000 } as const];
    expect(nextOf(emailed, true)[9]).toMatch(EMAILS);
  });
});
