import { describe, expect, it, vi } from 'vitest';
import { toEmail } from '../../../../lib/forwarding/email.ts';
import type { Outgoing } from '../../../../lib/forwarding/outgoing.ts';
import {
  type LabSubscriber,
  type QueueDepths,
  SubscriberStates,
} from '../../../../tools/console/lab/subscribers.ts';
import type { SubscriberStatus } from '../../../../tools/console/lab-protocol.ts';
import type { Kind } from '../../../../tools/shared/subscriber-outputs.ts';

const deployed = (name: string, kind: Kind) => ({
  ...{ name, kind, deployed: { name, kind, queue: '', deadLetters: '', subscription: '' } },
});
const CRM: LabSubscriber = {
  ...deployed('crm', 'https'),
  target: 'https://crm.example.com:8443/hooks/not-for-everybody',
};
const JOBS: LabSubscriber = {
  ...deployed('jobs', 'queue'),
  filterPolicy: { sms_number: ['+61491570156'] },
};

/** States of a stack whose queues have these depths. */
function statesOf(depths: Record<string, QueueDepths>, configured = [CRM, JOBS]) {
  const states = new SubscriberStates();
  states.open({ configured, depths: async () => new Map(Object.entries(depths)) });
  return states;
}

function line(fields: object): string {
  return JSON.stringify({ level: 'INFO', subscriber: 'crm', message_id: 'm1', ...fields });
}

async function crm(states: SubscriberStates): Promise<SubscriberStatus | undefined> {
  return (await states.statuses()).find(({ name }) => name === 'crm');
}

describe('the status of a subscriber', () => {
  it('has how it is configured, and what is in its queues', async () => {
    const states = statesOf({ crm: { waiting: 2, dead: 1 }, jobs: { waiting: 7, dead: 0 } });
    expect(await states.statuses()).toEqual([
      {
        name: 'crm',
        kind: 'https',
        target: 'crm.example.com:8443',
        ...{ waiting: 2, failing: 0, delivered: 0, dead: 1 },
      },
      {
        name: 'jobs',
        kind: 'queue',
        filter: 'sms_number: +61491570156',
        ...{ waiting: 7, failing: 0, dead: 0 },
      },
    ]);
  });

  it('counts a message that failed until it is delivered', async () => {
    const states = statesOf({ crm: { waiting: 3, dead: 0 } });
    states.logged(line({ outcome: 'failed' }));
    states.logged(line({ outcome: 'failed' }));
    states.logged(line({ outcome: 'failed', message_id: 'm2' }));
    expect(await crm(states)).toMatchObject({ failing: 2, delivered: 0 });
    states.logged(line({ outcome: 'delivered' }));
    expect(await crm(states)).toMatchObject({ failing: 1, delivered: 1 });
    states.logged(line({ outcome: 'dead-lettered', message_id: 'm2' }));
    expect(await crm(states)).toMatchObject({ failing: 0, delivered: 1 });
  });

  it('does not count a message as failing that is no longer in the queue', async () => {
    const states = statesOf({ crm: { waiting: 0, dead: 0 } });
    states.logged(line({ outcome: 'failed' }));
    expect(await crm(states)).toMatchObject({ failing: 0 });
  });

  it('counts a message that was delivered already once', async () => {
    const states = statesOf({});
    states.logged(line({ outcome: 'delivered' }));
    states.logged(line({ outcome: 'already-delivered' }));
    expect(await crm(states)).toMatchObject({ delivered: 1 });
  });

  it.each(['team@example.com', 'SLACK_URL', 'inbound-sms-local-to-jobs'])(
    'has a target that is no URL as it is: %s',
    async (target) => {
      const [status] = await statesOf({}, [{ ...CRM, target }]).statuses();
      expect(status?.target).toBe(target);
    },
  );

  it('has the last failure, and when the next attempt is', async () => {
    const states = statesOf({});
    states.logged(line({ outcome: 'failed', reason: 'timeout' }), 1_000);
    states.logged(
      line({ outcome: 'failed', status: 500, reason: '500', attempt: 2, next_attempt_s: 40 }),
      2_000,
    );
    expect((await crm(states))?.lastFailure).toEqual({
      at: 2_000,
      reason: '500',
      message_id: 'm1',
      attempt: 2,
      next_at: 42_000,
    });
  });

  it('ignores lines that are of no subscriber', async () => {
    const states = statesOf({});
    for (const other of ['START', '{"outcome":"delivered"}', '{', line({ subscriber: 'gone' })]) {
      states.logged(other);
    }
    expect(await crm(states)).toMatchObject({ delivered: 0, failing: 0 });
  });

  it('is not there before the stack is, nor without subscribers', async () => {
    expect(await new SubscriberStates().statuses()).toEqual([]);
    expect(await statesOf({}, []).statuses()).toEqual([]);
  });
});

it('changes are told while somebody watches, and what stays the same is not', async () => {
  const depths = { crm: { waiting: 0, dead: 0 } };
  const states = statesOf(depths, [CRM]);
  const told: number[] = [];
  using _ = states.watch(([status]) => void told.push(status?.delivered ?? -1));
  await vi.waitFor(() => expect(told).toEqual([0]));
  states.logged(line({ outcome: 'delivered' }));
  await vi.waitFor(() => expect(told).toEqual([0, 1]), 5_000);
});

it('e-mails have the latest first, and an id each', () => {
  const states = new SubscriberStates();
  const email = { subscriber: 'team', from: 'a', to: 'b', subject: 'S', text: 'T' };
  states.emailed(email, 1);
  states.emailed({ ...email, message_id: 'm2' }, 2);
  expect(states.emails()).toEqual([
    { ...email, message_id: 'm2', id: '1', at: 2 },
    { ...email, id: '0', at: 1 },
  ]);
});

it('an e-mail is of the message that its end names', () => {
  const message = {
    ...{ message_id: 'm1', from: 'Shop', sms_number: '+61491570156' },
    ...{ body: 'Message id: m2', json: '{}', schema: 'inbound-sms/1', isCanary: false },
  };
  const team = { name: 'team', kind: 'email', topicArn: 'arn' } as const;
  const { subject, text } = toEmail(message, team, { timeZone: 'UTC' }) as Extract<
    Outgoing,
    { kind: 'publish' }
  >;
  const email = { subscriber: 'team', from: 'a', to: 'b', subject, text };
  expect(new SubscriberStates().emailed(email).message_id).toBe('m1');
});
