import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { CREDENTIALS, serve } from './in-place-of-aws.ts';
import { documentsOf, runCli } from './run-cli.ts';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:inbound-sms-prod-SubscriberTeamTopic-1';
const SUBSCRIPTION = `${TOPIC}:68762e72`;
const link = (params: Readonly<Record<string, string>>) =>
  `https://sns.us-east-1.amazonaws.com/confirmation.html?${new URLSearchParams(params)}`;
const LINK = link({ TopicArn: TOPIC, Token: 'the-token', Endpoint: 'team@example.com' });

const OUTPUTS = {
  SubscriberTeam: { name: 'team', kind: 'email', topic: TOPIC },
  SubscriberJobs: { name: 'jobs', kind: 'queue' },
};

/** Runs the command with an AWS that knows a stack, and takes one confirmation. */
async function confirm(...args: string[]) {
  const confirmed: object[] = [];
  const endpoint = await serve(async (request, response) => {
    const {
      Action,
      Version: _,
      ...input
    } = Object.fromEntries(new URLSearchParams(String(await buffer(request))));
    const isConfirmation = Action === 'ConfirmSubscription';
    if (isConfirmation) confirmed.push(input);
    const result = isConfirmation
      ? `<SubscriptionArn>${SUBSCRIPTION}</SubscriptionArn>`
      : `<Stacks><member><Outputs>${outputs()}</Outputs></member></Stacks>`;
    const metadata = '<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>';
    response.setHeader('content-type', 'text/xml');
    response.end(
      `<${Action}Response><${Action}Result>${result}</${Action}Result>${metadata}</${Action}Response>`,
    );
  });
  const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' };
  const result = await runCli(['subscribers', 'confirm', ...args, '--stage=prod'], { env });
  return { ...result, confirmed };
}

function outputs(): string {
  return Object.entries(OUTPUTS)
    .map(([key, value]) => {
      const text = JSON.stringify(value);
      return `<member><OutputKey>${key}</OutputKey><OutputValue>${text}</OutputValue></member>`;
    })
    .join('');
}

describe('subscribers confirm', () => {
  it('confirms such that only AWS users can unsubscribe', async () => {
    const { code, stdout, confirmed } = await confirm('team', LINK);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'team is confirmed. The link to unsubscribe now asks for a sign-in to AWS.\n',
    });
    expect(confirmed).toEqual([
      { TopicArn: TOPIC, Token: 'the-token', AuthenticateOnUnsubscribe: 'true' },
    ]);
  });

  it('names the subscription for scripts', async () => {
    const result = await confirm('team', LINK, '--json');
    expect(documentsOf(result)).toEqual([{ subscriber: 'team', subscription: SUBSCRIPTION }]);
  });

  it.each([
    [['jobs', LINK], 2, 'jobs is of the kind queue, and only email is confirmed.'],
    [['team', 'https://example.com/'], 2, 'This link does not confirm a subscription'],
    [['team', 'the-token'], 2, 'This link does not confirm a subscription'],
    [['team', link({ Token: 't', TopicArn: `${TOPIC}x` })], 2, 'The link is for another'],
    [['nobody', LINK], 3, 'has no subscriber nobody.\nIts subscribers are jobs, team.'],
    [['team'], 2, "missing required argument 'link'"],
  ])('refuses %j', async (args, code, message) => {
    const result = await confirm(...args);
    expect(result).toMatchObject({ code, stdout: '', confirmed: [] });
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('the-token');
  });
});
