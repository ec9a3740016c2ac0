import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { alarmNames } from '../../../infra/alarm-list.js';
import { AwsClients } from '../../../tools/cli/aws-clients.ts';
import { type Check, type Finding, runChecks } from '../../../tools/cli/doctor/check.ts';
import {
  alarmFindings,
  alarmStatesCheck,
  backlogCheck,
  parametersCheck,
  retentionCheck,
  stackCheck,
  tableCheck,
} from '../../../tools/cli/doctor/stack-checks.ts';
import { alarmSubscriptionCheck } from '../../../tools/cli/doctor/subscription-checks.ts';
import type { Stack } from '../../../tools/cli/stack.ts';
import { awsError, fakeStack } from './fake-stack.ts';

const { signal } = new AbortController();
afterEach(() => vi.restoreAllMocks());

/** Its findings, each as `status: detail`. */
async function found(check: Check, stack: Stack): Promise<string[]> {
  return (await check.run(stack, signal)).map(({ status, detail }) => `${status}: ${detail}`);
}

describe('checks', () => {
  const failing = (error: unknown): Check => ({
    name: 'it',
    run: () => Promise.reject(error),
  });
  async function all(checks: readonly Check[], until = signal): Promise<Finding[]> {
    const findings: Finding[] = [];
    for await (const each of runChecks(checks, fakeStack({}), until)) findings.push(each);
    return findings;
  }

  it('that cannot be made are findings, and the others go on', async () => {
    const checks = ['AccessDenied', 'ThrottlingException'].map((name) => failing(awsError(name)));
    expect(await all(checks)).toEqual([
      {
        ...{ check: 'it', status: 'skipped', detail: 'AWS does not allow it: Said AWS' },
        hint: expect.stringContaining('docs/permissions.md'),
      },
      {
        ...{ check: 'it', status: 'failed', hint: 'Try again in a minute.' },
        detail: 'AWS throttles the requests: ThrottlingException',
      },
    ]);
    const [plain] = await all([failing(awsError('InternalError'))]);
    expect(plain).not.toHaveProperty('hint');
  });

  it('do not suggest a deploy for a missing part, which a deploy does not restore', async () => {
    const [gone] = await all([failing(awsError('ResourceNotFoundException'))]);
    expect(gone).toMatchObject({ status: 'failed' });
    expect(gone?.hint).toMatch(/a deploy does not restore it/);
  });

  it('do not hide a defect', async () => {
    await expect(all([failing(new TypeError('a defect'))])).rejects.toThrow('a defect');
  });

  it('end with the command', async () => {
    const run = vi.fn(async () => []);
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(all([{ name: 'it', run }], stopped)).rejects.toThrow('stopped');
    expect(run).not.toHaveBeenCalled();
    const stopping = new AbortController();
    const check: Check = {
      name: 'it',
      run: async () => {
        stopping.abort(new Error('stopped'));
        throw awsError('AccessDenied');
      },
    };
    await expect(all([check], stopping.signal)).rejects.toThrow('stopped');
  });
});

describe('the stack', () => {
  it('is as CloudFormation says', async () => {
    const stack = fakeStack({
      DescribeStacks: () => ({ Stacks: [{ StackStatus: 'DELETE_FAILED' }] }),
    });
    expect(await found(stackCheck, stack)).toEqual([
      'failed: inbound-sms-prod in us-east-1: DELETE_FAILED',
    ]);
  });

  it.each([
    ['CREATE_FAILED', 'failed'],
    ['DELETE_COMPLETE', 'failed'],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'warning'],
    ['IMPORT_COMPLETE', 'ok'],
  ])('in the state %s is %s', async (StackStatus, status) => {
    const stack = fakeStack({ DescribeStacks: () => ({ Stacks: [{ StackStatus }] }) });
    expect(await stackCheck.run(stack, signal)).toMatchObject([{ status }]);
  });

  it('says its parameters', async () => {
    const outputs = { MessagesTableName: 't', MessagesTopicArn: 'a', WebhookBaseUrl: 'u' };
    const topicArn = 'arn:aws:sns:us-east-1:123456789012:messages.fifo';
    const fifo = fakeStack({}, { outputs: { ...outputs, MessageFormat: 'f' }, topicArn });
    expect(await found(parametersCheck, fifo)).toEqual(['ok: FIFO topic, messages as f']);
    expect(await found(parametersCheck, fakeStack({}, { outputs }))).toEqual([
      'ok: standard topic',
    ]);
    const old = fakeStack({}, { outputs: { MessagesTopicArn: 'a' } });
    expect(await found(parametersCheck, old)).toEqual([
      'failed: the stack has no output MessagesTableName, WebhookBaseUrl',
    ]);
  });
});

describe('the table', () => {
  const INDEXES = ['pending-index', 'timeline-index'];
  const table = (TableStatus: string | undefined, active = INDEXES, isProtected = true) =>
    fakeStack({
      DescribeTable: () => ({
        Table: {
          TableStatus,
          DeletionProtectionEnabled: isProtected,
          GlobalSecondaryIndexes: INDEXES.map((IndexName) => ({
            IndexName,
            IndexStatus: active.includes(IndexName) ? 'ACTIVE' : 'CREATING',
          })),
        },
      }),
    });

  it.each([
    [table('ACTIVE'), 'ok: messages'],
    [table('UPDATING'), 'ok: messages'],
    [table('ACTIVE', INDEXES, false), 'ok: messages, not protected against deletion'],
    [table('DELETING'), 'failed: messages is DELETING'],
    [table(undefined), 'failed: messages is not there'],
    [table('ACTIVE', ['pending-index']), 'failed: timeline-index of messages cannot be used'],
    [table('ACTIVE', []), 'failed: pending-index and timeline-index of messages cannot be used'],
  ])('%#: %s', async (stack, expected) => {
    expect(await found(tableCheck, stack)).toEqual([expected]);
  });

  it.each([
    ['CREATING', /^Wait/],
    ['INACCESSIBLE_ENCRYPTION_CREDENTIALS', /KMS key/],
    ['ARCHIVED', /a deploy does not restore it/],
  ])('that is %s says what helps', async (state, hint) => {
    const [found] = await tableCheck.run(table(state), signal);
    expect(found?.hint).toMatch(hint);
  });

  it('with an index that is being made asks to wait, without one to deploy', async () => {
    const [making] = await tableCheck.run(table('ACTIVE', ['pending-index']), signal);
    expect(making?.hint).toMatch(/^Wait/);
    const Table = { TableStatus: 'ACTIVE' };
    const [none] = await tableCheck.run(fakeStack({ DescribeTable: () => ({ Table }) }), signal);
    expect(none?.hint).toMatch(/^Deploy .* If that changes nothing: /);
  });

  it.each([
    [{ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires_at' }, 'ok'],
    [{ TimeToLiveStatus: 'ENABLING', AttributeName: 'expires_at' }, 'ok'],
    [{ TimeToLiveStatus: 'DISABLED', AttributeName: 'expires_at' }, 'failed'],
    [{ TimeToLiveStatus: 'ENABLED', AttributeName: 'received_at' }, 'failed'],
    [undefined, 'failed'],
  ])('with the time to live %j is %s', async (TimeToLiveDescription, status) => {
    const stack = fakeStack({ DescribeTimeToLive: () => ({ TimeToLiveDescription }) });
    expect(await retentionCheck.run(stack, signal)).toMatchObject([{ status }]);
  });
});

describe('the backlog', () => {
  it('is the oldest message that has waited for five minutes', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(1_000_000);
    const list = vi.fn(async function* () {
      yield { message_id: 'a', received_at: 1 };
    });
    const stack = fakeStack({}, { archive: async () => ({ list }) as never });
    expect(await found(backlogCheck, stack)).toEqual([
      expect.stringMatching(/^failed: a has waited since 1970-01-01 /),
    ]);
    const query = { isPending: true, order: 'oldest-first', limit: 1, until: 700_000 };
    expect(list).toHaveBeenCalledExactlyOnceWith(query, { signal });
  });
});

describe('alarms', () => {
  const AlarmTopicArn = 'arn:aws:sns:us-east-1:123456789012:alarms';
  const withSubscriptions = (...pages: string[][]) =>
    fakeStack(
      {
        ListSubscriptionsByTopic: ({ NextToken }: { NextToken?: string }) => {
          const page = Number(NextToken ?? 0);
          return {
            Subscriptions: pages[page]?.map((SubscriptionArn) => ({ SubscriptionArn })),
            ...(page + 1 < pages.length && { NextToken: String(page + 1) }),
          };
        },
      },
      { outputs: { AlarmTopicArn } },
    );
  const [YES, NOT_YET] = [`${AlarmTopicArn}:1`, 'PendingConfirmation'];

  it.each([
    [fakeStack({}), 'failed: the stack has no topic for alarms'],
    [withSubscriptions([]), 'warning: alarms go to nobody'],
    [withSubscriptions([YES, NOT_YET]), 'warning: 1 of 2 subscriptions are not confirmed'],
    [withSubscriptions([NOT_YET]), 'failed: 1 of 1 subscriptions are not confirmed'],
    [withSubscriptions([YES], [], [YES]), 'ok: 2 confirmed'],
    // Unsubscribed: SNS lists it for three days more.
    [withSubscriptions(['Deleted']), 'warning: alarms go to nobody'],
  ])('%#: %s', async (stack, expected) => {
    expect(await found(alarmSubscriptionCheck, stack)).toEqual([expected]);
  });

  it.each([
    ['waits for a confirmation', [NOT_YET], {}],
    ['was deleted, because nobody confirmed it', [], { AlarmEmail: 'ops@example.com' }],
  ])(
    'need another subscription, not a deploy, if the one there was %s',
    async (_, subscriptions, outputs) => {
      const stack = withSubscriptions(subscriptions);
      Object.assign(stack.outputs, outputs);
      const [{ hint } = {}] = await alarmSubscriptionCheck.run(stack, signal);
      expect(hint).toContain(`aws sns subscribe --region us-east-1 --topic-arn ${AlarmTopicArn}`);
      expect(hint).toContain('48 hours');
      expect(hint).not.toContain('deploy');
    },
  );

  it('tell to set an address if there was never one', async () => {
    const [{ hint } = {}] = await alarmSubscriptionCheck.run(withSubscriptions([]), signal);
    expect(hint).toContain('Set ALARM_EMAIL');
  });

  it('are those of the stack by their whole names, however many pages they take', async () => {
    const alarm = (name: string, StateValue: string) => ({
      ...{ AlarmName: `inbound-sms-prod-${name}`, StateValue },
    });
    const pages = [
      { MetricAlarms: [alarm('api-5xx', 'OK')], NextToken: '1' },
      {
        MetricAlarms: [
          alarm('throttles', 'INSUFFICIENT_DATA'),
          alarm('conflicts', 'ALARM'),
          alarm('pending-too-long', 'INSUFFICIENT_DATA'),
        ],
      },
    ];
    const inputs: object[] = [];
    const send = async ({ input }: { readonly input: object }) => {
      inputs.push({ ...input });
      return pages[inputs.length - 1] ?? {};
    };
    vi.spyOn(CloudWatchClient.prototype, 'send').mockImplementation(send as never);
    const destroy = vi.spyOn(CloudWatchClient.prototype, 'destroy');
    const clients = new AwsClients({ region: 'us-east-1' });
    const stack = fakeStack({}, { clients });
    expect(await found(alarmStatesCheck, stack)).toEqual([
      'failed: conflicts goes off',
      'failed: pending-too-long has no data: no sweep reports',
    ]);
    const AlarmNames = alarmNames([]).map((name) => `inbound-sms-prod-${name}`);
    expect(inputs).toEqual([{ AlarmNames }, { AlarmNames, NextToken: '1' }]);
    clients[Symbol.dispose]();
    await vi.waitFor(() => expect(destroy).toHaveBeenCalledOnce());
  });

  // A new alarm has no data for minutes: docs/operations.md#pending-too-long
  it.each([
    [0, 'warning: pending-too-long was made or changed 0 min ago, and has no data yet'],
    [14.9, 'warning: pending-too-long was made or changed 14 min ago, and has no data yet'],
    [15, 'failed: pending-too-long has no data: no sweep reports'],
  ])('without data %i minutes after the deploy: %s', async (minutes, expected) => {
    const alarm = {
      ...{ name: 'pending-too-long', state: 'INSUFFICIENT_DATA' },
      configuredAt: 1_000_000 - minutes * 60_000,
    };
    const findings = alarmFindings([alarm], { hadAlarms: true, now: 1_000_000 });
    expect(findings.map(({ status, detail }) => `${status}: ${detail}`)).toEqual([expected]);
  });

  it('of a subscriber’s dead letters have one section in the guide', () => {
    const alarm = { name: 'dead-letters-crm', state: 'ALARM', configuredAt: 0 };
    expect(alarmFindings([alarm], { hadAlarms: true, now: 1_000_000 })).toMatchObject([
      { detail: 'dead-letters-crm goes off', hint: 'See docs/operations.md#dead-letters' },
    ]);
  });

  it('that go off are failed, however new they are', () => {
    const alarm = { name: 'conflicts', state: 'ALARM', configuredAt: 1_000_000 };
    expect(alarmFindings([alarm], { hadAlarms: true, now: 1_000_000 })).toMatchObject([
      { status: 'failed' },
    ]);
  });
});
