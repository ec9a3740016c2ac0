import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../tools/cli/main.ts';
import { type LocalStack, startLocalStack } from '../../../tools/local/stack.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { withSubscribers } from './subscriber-stack.ts';

const TOKEN = 'new-token-of-the-webhook-0123456789';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack({ tokens: `old-token,${TOKEN}`, schedules: false });
}, 120_000);
afterAll(() => stack?.close());

const url = (...args: string[]) => runCli(['url', `--local=${stack.url}`, ...args]);

describe('url', () => {
  it('masks the token without a terminal', async () => {
    const { code, stdout, stderr } = await url();
    expect(code).toBe(0);
    expect(stdout).toContain(`Web Hook URL: ${stack.url}/sms/********\n`);
    expect(stderr).toBe('Add --show-token to see the whole URL here.\n');
    expect(stdout).not.toContain('-token');
    expect(documentsOf(await url('--json'))).toEqual([
      {
        url: `${stack.url}/sms/********`,
        webhook_base_url: `${stack.url}/sms`,
        topic_arn: stack.topicArn,
        region: 'ap-southeast-2',
        subscribers: [],
      },
    ]);
  });

  it('shows it with --show-token: the current one', async () => {
    expect((await url('--show-token')).stdout).toContain(`Web Hook URL: ${stack.webhookUrl}\n`);
    const [{ url: whole }] = documentsOf(await url('--show-token', '--json'));
    expect(whole).toBe(stack.webhookUrl);
    expect(whole.endsWith(`/${TOKEN}`)).toBe(true);
  });

  it('shows it on a terminal', async () => {
    const { runtime, read } = fakeTerminal();
    expect(await main(['url', '--local', stack.url], runtime)).toBe(0);
    expect(read()).toContain(`Web Hook URL: ${stack.webhookUrl}\n`);
  });

  it('shows commands to subscribe that work for the local stack', async () => {
    const { stdout } = await url();
    expect(stdout).toContain(
      `aws sns subscribe --endpoint-url ${stack.snsEndpoint} --region ap-southeast-2 --topic-arn ${stack.topicArn} --protocol sqs --notification-endpoint QUEUE_ARN\n`,
    );
    expect(stdout).not.toMatch(/--protocol (?!sqs)|alarms/);
  });

  it('says that the messages have no subscriber, and how to add one', async () => {
    const { stdout } = await url();
    expect(stdout).toMatch(/Nobody gets the messages, .+settings\.yml.+docs\/subscribers\.md\n/);
  });

  it('names the subscribers of settings.yml and their kinds', async () => {
    await using subscribers = await withSubscribers(stack, [
      { name: 'crm', kind: 'https', secret: 'SECRET', url: 'https://crm.example' },
      { name: 'jobs', kind: 'queue' },
    ]);
    const { stdout } = await runCli(['url', `--local=${subscribers.url}`]);
    expect(stdout).toContain('\n  crm (https)\n  jobs (queue)\n');
    const [document] = documentsOf(await runCli(['url', `--local=${subscribers.url}`, '--json']));
    expect(document.subscribers).toEqual([
      { name: 'crm', kind: 'https' },
      { name: 'jobs', kind: 'queue' },
    ]);
  });
});
