import { describe, expect, it, vi } from 'vitest';
import { EDGE_SECRET_HEADER } from '../../lib/http/edge.ts';

interface Stack {
  readonly outputs: Readonly<Record<string, string>>;
  readonly region: string;
  readonly stage: string;
  readonly token: string | undefined;
  readonly isTokenInForce?: boolean;
  readonly isTerminal: boolean;
}
const { nextSteps } = await vi.importActual<{
  nextSteps(stack: Stack): Record<string, string[]>;
}>('../../infra/plugin/next-steps.js');

const TOKEN = 'abcdefghijklmnopqrstuvwxyz';
const outputs = {
  WebhookBaseUrl: 'https://abc123.execute-api.ap-southeast-2.amazonaws.com/sms',
  MessagesTopicArn: 'arn:aws:sns:ap-southeast-2:123456789012:messages',
};
const textOf = (stack: Partial<Stack>) =>
  JSON.stringify(
    nextSteps({
      ...{ outputs, region: 'ap-southeast-2', stage: 'prod', token: TOKEN, isTerminal: true },
      ...stack,
    }),
  );

describe('the URL to paste', () => {
  it('is complete on a terminal', () => {
    expect(textOf({})).toContain(`${outputs.WebhookBaseUrl}/${TOKEN}"`);
  });

  it('is masked elsewhere, with a note', () => {
    const text = textOf({ isTerminal: false });
    expect(text).not.toContain(TOKEN);
    expect(text).toContain(`${outputs.WebhookBaseUrl}/********`);
    expect(text).toContain('shown only on a terminal');
  });

  it('lacks a token that is not set, and says how to set it', () => {
    const text = textOf({ token: undefined });
    expect(text).toContain(`${outputs.WebhookBaseUrl}/TOKEN`);
    expect(text).toContain('Set WEBHOOK_TOKENS');
  });
});

describe('the URL of a token that is not deployed', () => {
  it('is not shown, with a note on what to do', () => {
    const text = textOf({ isTokenInForce: false });
    expect(text).not.toContain(TOKEN);
    expect(text).toContain(`${outputs.WebhookBaseUrl}/TOKEN`);
    expect(text).toContain('The current token of WEBHOOK_TOKENS is not deployed yet');
  });
});

describe('an edge', () => {
  it('comes with its origin and its header', () => {
    const text = textOf({ outputs: { ...outputs, EdgeOriginDomain: 'origin.example.com' } });
    expect(text).toContain(
      'It sends requests to origin.example.com, with a secret of EDGE_SECRETS',
    );
    expect(text).toContain(EDGE_SECRET_HEADER);
  });

  it('is not mentioned if there is none', () => {
    expect(textOf({})).not.toContain('edge');
  });
});

describe('the subscribers', () => {
  const described = (subscriber: object) =>
    JSON.stringify({ queue: 'https://sqs.example/q', deadLetters: 'd', ...subscriber });
  const text = textOf({
    outputs: {
      ...outputs,
      SubscriberTeam: described({ name: 'team', kind: 'email', topic: 'arn' }),
      SubscriberCrm: described({ name: 'crm', kind: 'https', secret: 'CRM_SECRET' }),
      SubscriberJobs: described({ name: 'jobs', kind: 'queue' }),
      SubscriberJobsQueueUrl: 'https://sqs.example/q',
    },
  });

  it('come with what each needs, in words that stay true afterwards', () => {
    expect(text).toContain(
      "team: its address must be confirmed once. Copy the link from AWS's e-mail: bin/inbound-sms subscribers confirm team LINK --stage prod",
    );
    expect(text).toContain(
      'crm: reads the secret CRM_SECRET. Set or change it: bin/inbound-sms secret set CRM_SECRET --stage prod',
    );
    expect(text).toContain('jobs: https://sqs.example/q');
    expect(text).toContain('bin/inbound-sms doctor --stage prod');
  });

  it('are added to settings.yml first, if there are none, and then by hand', () => {
    const sections = textOf({});
    expect(sections).toContain('There are none. Add some to settings.yml');
    expect(sections.indexOf('settings.yml')).toBeLessThan(sections.indexOf('aws sns subscribe'));
  });
});

describe('the commands to subscribe', () => {
  it.each(['email', 'sqs', 'lambda', 'https'])('include one for %s', (protocol) => {
    expect(textOf({})).toContain(
      `aws sns subscribe --region ap-southeast-2 --topic-arn ${outputs.MessagesTopicArn} --protocol ${protocol} `,
    );
  });

  it('are only for SQS on a FIFO topic', () => {
    const MessagesTopicArn = `${outputs.MessagesTopicArn}.fifo`;
    const text = textOf({ outputs: { ...outputs, MessagesTopicArn } });
    expect(text.match(/--protocol \w+/g)).toEqual(['--protocol sqs']);
  });
});

describe('the alarms', () => {
  it('are reported if they go to nobody', () => {
    expect(textOf({})).toContain('They go to nobody');
  });

  it('go to an address that is not fully shown', () => {
    const text = textOf({ outputs: { ...outputs, AlarmEmail: 'ops@example.com' } });
    expect(text).toContain('They go to o***@example.com');
    expect(text).not.toContain('ops@');
  });
});
