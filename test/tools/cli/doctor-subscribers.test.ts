import { describe, expect, it } from 'vitest';
import type { Subscriber } from '../../../infra/plugin/subscribers.js';
import { secretsCheck, subscribersCheck } from '../../../tools/cli/doctor/subscriber-checks.ts';
import { subscriptionsCheck } from '../../../tools/cli/doctor/subscription-checks.ts';
import type { Stack } from '../../../tools/cli/stack.ts';
import type { DeployedSubscriber } from '../../../tools/shared/subscriber-outputs.ts';
import { type Answers, awsError, type Call, fakeStack } from './fake-stack.ts';

const { signal } = new AbortController();
const arnOf = (service: string, name: string) =>
  `arn:aws:${service}:us-east-1:123456789012:${name}`;

const CRM: DeployedSubscriber = {
  ...{ name: 'crm', kind: 'https', url: 'https://crm.example', secret: 'CRM_SECRET' },
  ...{ queue: 'https://sqs/crm', deadLetters: 'https://sqs/crm-dead' },
  subscription: `${arnOf('sns', 'messages')}:crm`,
};
const CHAT: DeployedSubscriber = { ...CRM, name: 'chat', kind: 'slack', secret: 'CHAT_URL' };
const JOBS: DeployedSubscriber = { ...CRM, name: 'jobs', kind: 'queue' };
const TEAM: DeployedSubscriber = {
  ...{ name: 'team', kind: 'email', topic: arnOf('sns', 'team') },
  ...{ queue: 'https://sqs/team', deadLetters: 'https://sqs/team-dead' },
  subscription: `${arnOf('sns', 'messages')}:team`,
};
const CONFIGURED: Subscriber = {
  ...{ name: 'crm', kind: 'https', url: 'https://crm.example', secret: 'CRM_SECRET' },
  place: 'settings.yml:3',
};
const TEAM_CONFIGURED: Subscriber = {
  ...{ name: 'team', kind: 'email', address: 'team@example.com' },
  place: 'settings.yml:4',
};

const SUBSCRIPTION = {
  RawMessageDelivery: 'true',
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf('sqs', 'crm-dead') }),
};
const EMAIL = {
  ...{ SubscriptionArn: `${arnOf('sns', 'team')}:1`, Protocol: 'email' },
  Endpoint: 'team@example.com',
};

/** Everything is as it should be. */
const WORKING: Answers = {
  GetQueueAttributes: ({ QueueUrl }: { readonly QueueUrl: string }) => ({
    Attributes: {
      QueueArn: arnOf('sqs', QueueUrl.endsWith('-dead') ? 'crm-dead' : 'crm'),
      ApproximateNumberOfMessages: '0',
    },
  }),
  GetSubscriptionAttributes: () => ({
    Attributes: { ...SUBSCRIPTION, ConfirmationWasAuthenticated: 'true' },
  }),
  ListEventSourceMappings: () => ({ EventSourceMappings: [{ UUID: 'uuid', State: 'Enabled' }] }),
  ListSubscriptionsByTopic: () => ({ Subscriptions: [EMAIL] }),
};
const attributes = (changes: object): Answers => ({
  GetSubscriptionAttributes: () => ({ Attributes: { ...SUBSCRIPTION, ...changes } }),
});

interface Case {
  readonly deployed?: readonly DeployedSubscriber[];
  readonly configured?: readonly Subscriber[] | undefined;
  readonly answers?: Answers;
  readonly stack?: Partial<Stack>;
}

async function found({ deployed = [CRM], answers = {}, stack = {}, ...others }: Case) {
  const configured = 'configured' in others ? others.configured : [CONFIGURED];
  const checked = fakeStack({ ...WORKING, ...answers }, { subscribers: deployed, ...stack });
  const findings = await subscribersCheck(() => configured).run(checked, signal);
  return {
    findings: findings.map(({ status, detail }) => `${status}: ${detail}`),
    hints: findings.map(({ hint = '' }) => hint).join('\n'),
  };
}

it('finds nothing wrong with a subscriber that works', async () => {
  expect(await found({})).toEqual({
    findings: ['ok: crm (https) is deployed as settings.yml has it'],
    hints: '',
  });
});

it('says that there are no subscribers', async () => {
  const { findings } = await found({ deployed: [], configured: undefined });
  expect(findings).toEqual(['ok: settings.yml has none']);
});

it('checks deployed subscribers without a settings.yml', async () => {
  const { findings } = await found({ configured: undefined });
  expect(findings).toEqual([
    'skipped: there is no settings.yml here to compare with',
    'ok: crm (https) is deployed',
  ]);
});

it('fails on settings.yml that cannot be read', async () => {
  const check = subscribersCheck(() => {
    throw new Error('settings.yml:3: crm needs one of email, slack');
  });
  const [finding] = await check.run(fakeStack(WORKING), signal);
  expect(finding).toMatchObject({ status: 'failed', detail: expect.stringContaining('crm needs') });
});

describe('compares settings.yml with what is deployed:', () => {
  const filter = { from: ['MyBank'] };
  it.each<[string, Case, string[], RegExp]>([
    [
      'missing',
      { deployed: [] },
      ['warning: crm (https) is in settings.yml, but not deployed'],
      /^Deploy\.$/,
    ],
    [
      'missing on the local stack',
      { deployed: [], stack: { isLocal: true } },
      ['warning: crm (https) is in settings.yml, but not deployed'],
      /^Start `npm start` again\.$/,
    ],
    [
      'extra',
      { configured: [] },
      ['warning: crm (https) is deployed, but not in settings.yml'],
      /--remove-subscribers crm/,
    ],
    [
      'another kind, URL and secret',
      { configured: [{ name: 'crm', kind: 'slack', secret: 'CHAT', place: '' }] },
      ['warning: crm (https) is deployed with another kind, url and secret than settings.yml has'],
      /^Deploy\.$/,
    ],
    [
      'a filter that is not deployed',
      { configured: [{ ...CONFIGURED, filterPolicy: filter, filterScope: 'MessageAttributes' }] },
      ['warning: crm (https) is deployed with another filter than settings.yml has'],
      /^Deploy\.$/,
    ],
    [
      'a filter that is no longer wanted',
      { answers: attributes({ FilterPolicy: JSON.stringify(filter) }) },
      ['warning: crm (https) is deployed with another filter than settings.yml has'],
      /^Deploy\.$/,
    ],
    [
      'a filter of another scope',
      {
        configured: [{ ...CONFIGURED, filterPolicy: filter, filterScope: 'MessageBody' }],
        answers: attributes({ FilterPolicy: JSON.stringify(filter) }),
      },
      ['warning: crm (https) is deployed with another filter than settings.yml has'],
      /^Deploy\.$/,
    ],
    [
      'the same filter, written otherwise',
      {
        configured: [
          {
            ...CONFIGURED,
            filterPolicy: { from: ['a'], sms_number: ['b'] },
            filterScope: 'MessageAttributes',
          },
        ],
        answers: attributes({ FilterPolicy: '{ "sms_number": ["b"], "from": ["a"] }' }),
      },
      ['ok: crm (https) is deployed as settings.yml has it'],
      /^$/,
    ],
  ])('%s', async (_, given, findings, hint) => {
    const result = await found(given);
    expect(result.findings).toEqual(findings);
    expect(result.hints).toMatch(hint);
  });
});

describe('finds a broken part:', () => {
  const gone = (name: string): Answers => ({
    GetQueueAttributes: async (input: { readonly QueueUrl: string }) => {
      if (input.QueueUrl.endsWith(name)) throw awsError('QueueDoesNotExist');
      return WORKING.GetQueueAttributes?.(input as never) ?? {};
    },
  });
  it.each<[string, Case, string[], RegExp]>([
    [
      'a subscription that is gone',
      {
        answers: {
          GetSubscriptionAttributes: async () => {
            throw awsError('NotFoundException');
          },
        },
      },
      ['failed: crm (https): its subscription is gone'],
      /docs\/operations\.md#changed-by-hand/,
    ],
    [
      'a queue that is gone',
      { answers: gone('/crm') },
      ['failed: crm (https): its queue is gone'],
      /docs\/operations\.md#changed-by-hand/,
    ],
    [
      'a dead-letter queue that is gone',
      { answers: gone('dead') },
      ['failed: crm (https): its dead-letter queue is gone'],
      /docs\/operations\.md#changed-by-hand/,
    ],
    [
      'a subscription that is not raw',
      { answers: attributes({ RawMessageDelivery: 'false' }) },
      ['warning: crm (https): its subscription has lost raw delivery or its dead-letter queue'],
      /changed-by-hand/,
    ],
    [
      'a subscription with another dead-letter queue',
      { answers: attributes({ RedrivePolicy: '{"deadLetterTargetArn":"arn:other"}' }) },
      ['warning: crm (https): its subscription has lost raw delivery or its dead-letter queue'],
      /changed-by-hand/,
    ],
    [
      'dead letters, those included that somebody has just received',
      {
        answers: {
          GetQueueAttributes: () => ({
            Attributes: {
              QueueArn: arnOf('sqs', 'crm-dead'),
              ...{ ApproximateNumberOfMessages: '2', ApproximateNumberOfMessagesNotVisible: '1' },
            },
          }),
        },
      },
      ['failed: crm (https): 3 in its dead-letter queue'],
      /inbound-sms subscribers --stage prod\. .*list --undelivered crm --stage prod\. .*inbound-sms redrive crm --stage prod$/,
    ],
    [
      'an event source mapping that is gone',
      { answers: { ListEventSourceMappings: () => ({ EventSourceMappings: [] }) } },
      ['failed: crm (https): nothing reads its queue'],
      /changed-by-hand/,
    ],
    [
      'an event source mapping that was switched off',
      {
        answers: {
          ListEventSourceMappings: () => ({
            EventSourceMappings: [{ UUID: 'uuid', State: 'Disabled' }],
          }),
        },
      },
      ['failed: crm (https): nothing reads its queue, because the mapping was switched off'],
      /aws lambda update-event-source-mapping --region us-east-1 --uuid uuid --enabled/,
    ],
  ])('%s', async (_, given, findings, hint) => {
    const result = await found(given);
    expect(result.findings).toEqual(findings);
    expect(result.hints).toMatch(hint);
  });

  it('asks for no event source mapping of a queue of one’s own, nor of the local stack', async () => {
    const answers = {
      ListEventSourceMappings: () => {
        throw new Error('It was asked');
      },
    };
    const own = { ...CONFIGURED, name: 'jobs', kind: 'queue' as const };
    expect((await found({ deployed: [JOBS], configured: [own], answers })).findings).toEqual([
      'ok: jobs (queue) is deployed as settings.yml has it',
    ]);
    expect((await found({ answers, stack: { isLocal: true } })).findings).toEqual([
      'ok: crm (https) is deployed as settings.yml has it',
    ]);
  });
});

describe('finds of an e-mail subscriber that', () => {
  const subscriptions = (...all: object[]): Answers => ({
    ListSubscriptionsByTopic: () => ({ Subscriptions: all }),
    ...attributes({
      RedrivePolicy: SUBSCRIPTION.RedrivePolicy,
      ConfirmationWasAuthenticated: 'true',
    }),
  });
  it.each<[string, Answers, string[], RegExp]>([
    [
      'it works',
      subscriptions(EMAIL),
      ['ok: team (email) is deployed as settings.yml has it'],
      /^$/,
    ],
    [
      'it was never confirmed, or ended by SNS’s link',
      subscriptions({ ...EMAIL, SubscriptionArn: 'Deleted' }),
      [
        'failed: team (email): nobody gets its e-mails. The address was never confirmed, or somebody has used the unsubscribe link',
      ],
      /aws sns subscribe .*--topic-arn arn:aws:sns:us-east-1:123456789012:team[\s\S]*subscribers confirm team LINK --stage prod/,
    ],
    [
      'it is not confirmed yet',
      subscriptions({ ...EMAIL, SubscriptionArn: 'PendingConfirmation' }),
      ['failed: team (email): its address is not confirmed, so it gets nothing'],
      /bin\/inbound-sms subscribers confirm team LINK --stage prod/,
    ],
    [
      'anybody can end it',
      {
        ...subscriptions(EMAIL),
        ...attributes({ ConfirmationWasAuthenticated: 'false' }),
      },
      [
        'warning: team (email): anybody who has one of its e-mails can end the subscription with the link in it',
      ],
      /aws sns unsubscribe [\s\S]*subscribers confirm team LINK --stage prod/,
    ],
    [
      'it has another address',
      subscriptions({ ...EMAIL, Endpoint: 'other@example.com' }),
      ['warning: team (email) goes to another address than the one in settings.yml'],
      /^Deploy\.$/,
    ],
  ])('%s', async (_, answers, findings, hint) => {
    const result = await found({ deployed: [TEAM], configured: [TEAM_CONFIGURED], answers });
    expect(result.findings).toEqual(findings);
    expect(result.hints).toMatch(hint);
    // An address is somebody's own.
    expect(result.findings.join() + result.hints).not.toContain('@example.com');
  });
});

describe('the secrets', () => {
  const run = async (
    subscribers: readonly DeployedSubscriber[],
    missing: readonly string[],
    stack = {},
  ) => {
    const calls: Call[] = [];
    const stored = [CRM, CHAT]
      .map(({ secret }) => `/inbound-sms/prod/${secret}`)
      .filter((name) => !missing.includes(name));
    const answers = {
      // A page each.
      DescribeParameters: ({ NextToken: page = '0' }: { NextToken?: string }) => ({
        Parameters: stored.slice(Number(page), Number(page) + 1).map((Name) => ({ Name })),
        ...(Number(page) < stored.length && { NextToken: String(Number(page) + 1) }),
      }),
    };
    const aws = fakeStack(answers, { subscribers, ...stack }, calls);
    const findings = await secretsCheck.run(aws, signal);
    return { findings: findings.map(({ check: _, ...rest }) => rest), calls };
  };

  it('are there', async () => {
    const { findings } = await run([CRM, CHAT, TEAM, JOBS], []);
    expect(findings).toEqual([{ status: 'ok', detail: 'CRM_SECRET and CHAT_URL' }]);
  });

  it('are named if they are missing, each once', async () => {
    const two = [CRM, { ...CRM, name: 'other' }];
    const { findings } = await run(two, ['/inbound-sms/prod/CRM_SECRET']);
    expect(findings).toEqual([
      {
        status: 'failed',
        detail: 'CRM_SECRET is missing: crm (https) and other (https) get nothing',
        hint: 'Set it: bin/inbound-sms secret set CRM_SECRET --stage prod. The messages wait, and are delivered after that.',
      },
    ]);
  });

  it('are in a file on the local stack', async () => {
    const { findings } = await run([CRM], ['/inbound-sms/prod/CRM_SECRET'], { isLocal: true });
    expect(findings).toMatchObject([
      { hint: 'Write CRM_SECRET=VALUE into .env, or into .env.local if that file exists.' },
    ]);
  });

  it('are not needed if no subscriber has one', async () => {
    const { findings, calls } = await run([TEAM], []);
    expect({ findings, calls }).toEqual({
      findings: [{ status: 'ok', detail: 'no subscriber needs one' }],
      calls: [],
    });
  });
});

it('does not report the subscriptions of settings.yml a second time', async () => {
  const listed = {
    SubscriptionArn: CRM.subscription,
    Protocol: 'sqs',
    Endpoint: arnOf('sqs', 'crm'),
  };
  const stack = fakeStack(
    { ListSubscriptionsByTopic: () => ({ Subscriptions: [listed] }) },
    { subscribers: [CRM] },
  );
  const findings = await subscriptionsCheck.run(stack, signal);
  expect(findings).toMatchObject([
    { status: 'ok', detail: 'there are only those of settings.yml' },
  ]);
});
