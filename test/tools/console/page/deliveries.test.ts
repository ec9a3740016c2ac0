import { describe, expect, it } from 'vitest';
import type { PbxDelivery, PbxDeliveryAttempt } from '../../../../tools/console/lab-protocol.ts';
import {
  groupDeliveries,
  mergeDeliveries,
  mergeEmails,
} from '../../../../tools/console/page/send/pbx.ts';
import {
  progressOf,
  statusOf,
  stepsOf,
  summaryOf,
} from '../../../../tools/console/page/send/progress.ts';

const failed: PbxDeliveryAttempt = { at: 1, ms: 5, status: 503, answer: '' };
const accepted: PbxDeliveryAttempt = { at: 2, ms: 5, status: 200, answer: '' };

function delivery(id: string, given: Partial<PbxDelivery> = {}): PbxDelivery {
  return {
    id,
    message_id: 'm1',
    from: '+61491570006',
    sms_number: '+61491570156',
    body: 'Hello',
    request: 'POST /sms/test',
    started_at: 1,
    attempts: [],
    state: 'under way',
    ...given,
  };
}
const email = { at: 1, to: 'you@example.com', subject: 'SMS', text: 'Hello', message_id: 'm1' };

describe('merged deliveries', () => {
  it('have the new ones first, the latest at the top', () => {
    const merged = mergeDeliveries([delivery('a')], [delivery('b'), delivery('c')]);
    expect(merged.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });

  it('are brought up to date where they stand', () => {
    const later = delivery('a', { attempts: [failed] });
    expect(mergeDeliveries([delivery('b'), delivery('a')], [later])).toEqual([
      delivery('b'),
      later,
    ]);
  });

  it('never go back to what was before', () => {
    const done = delivery('a', { attempts: [failed, accepted], state: 'delivered' });
    const late = delivery('a', { attempts: [failed] });
    const undone = delivery('a', { attempts: [failed, accepted] });
    expect(mergeDeliveries([done], [late, undone])).toEqual([done]);
  });

  it('are 500 at most: the oldest go', () => {
    const many = Array.from({ length: 500 }, (_, n) => delivery(`d${n}`));
    const merged = mergeDeliveries(many, [delivery('new')]);
    expect(merged).toHaveLength(500);
    expect(merged[0]?.id).toBe('new');
    expect(merged.at(-1)?.id).toBe('d498');
  });
});

describe('merged e-mails', () => {
  it('have the latest first and each one once', () => {
    const other = { ...email, at: 2, message_id: 'm2' };
    expect(mergeEmails([email], [email, other], true)).toEqual([other, email]);
  });

  it('can be alike: copies of a post that were given up at the same time', () => {
    expect(mergeEmails([email], [email], false)).toEqual([email, email]);
  });

  it('are 200 at most', () => {
    const many = Array.from({ length: 201 }, (_, at) => ({ ...email, at }));
    expect(mergeEmails([], many, false).map(({ at }) => at)).toEqual(
      Array.from({ length: 200 }, (_, n) => 200 - n),
    );
  });
});

describe('groups', () => {
  it('hold the posts of one message together, and a conflict apart', () => {
    const conflict = delivery('c', { body: 'Another text' });
    const groups = groupDeliveries([delivery('a'), conflict, delivery('b')]);
    expect(groups.map(({ deliveries }) => deliveries.map(({ id }) => id))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    expect(new Set(groups.map(({ key }) => key)).size).toBe(2);
  });
});

describe('progress', () => {
  it.each([
    [{}, 'Attempt 1 of 10'],
    [{ attempts: [failed, failed] }, 'Attempt 3 of 10'],
    [{ attempts: Array(10).fill(failed) }, 'Attempt 10 of 10'],
    [{ attempts: [accepted], state: 'delivered' }, 'Delivered at the first attempt'],
    [{ attempts: [failed, accepted], state: 'delivered' }, 'Delivered at attempt 2'],
    [{ attempts: Array(10).fill(failed), state: 'e-mailed' }, 'E-mailed after 10 attempts'],
  ] satisfies [Partial<PbxDelivery>, string][])('of %j is told as %s', (given, told) => {
    expect(progressOf(delivery('a', given))).toBe(told);
  });

  it('has ten steps', () => {
    const rest = (count: number) => Array(count).fill('not needed');
    expect(stepsOf(delivery('a', { attempts: [failed] }))).toEqual([
      'failed',
      'under way',
      ...rest(8),
    ]);
    const done = delivery('a', { attempts: [failed, accepted], state: 'delivered' });
    expect(stepsOf(done)).toEqual(['failed', 'accepted', ...rest(8)]);
    const lost = delivery('a', { attempts: Array(10).fill(failed), state: 'e-mailed' });
    expect(stepsOf(lost)).toEqual(Array(10).fill('failed'));
  });

  it('of several is a count of each state', () => {
    const done = delivery('a', { attempts: [accepted], state: 'delivered' });
    expect(summaryOf([delivery('b'), done, done])).toBe('2 delivered, 1 under way');
  });

  it('says when there was no answer', () => {
    expect(statusOf(accepted)).toBe('200');
    expect(statusOf({ at: 1, ms: 1, answer: 'TimeoutError' })).toBe('No answer');
  });
});
