import { SNSClient, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { ask, beginSession } from '../../helpers/console-site.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';
import { withSubscribers } from './subscriber-stack.ts';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack?.close();
});

describe('subscribers, where a queue cannot be read,', () => {
  it('shows it in its row, and the others as ever', async () => {
    await using own = await withSubscribers(stack, [
      { name: 'crm', kind: 'queue' },
      { name: 'jobs', kind: 'queue' },
    ]);
    await own.deleteQueue(own.of('crm').queue);
    const args = ['subscribers', `--local=${own.url}`];
    const { code, stdout, stderr } = await runCli(args);
    expect(code).toBe(0);
    const rows = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split('\t').slice(3, 6))).toEqual([
      ['queue gone', '', '0'],
      ['0', '', '0'],
    ]);
    expect(stderr).toBe(
      `crm: queue gone. To see what to do: bin/inbound-sms doctor --local=${own.url}\n`,
    );
    const [crm] = documentsOf(await runCli([...args, '--json']));
    expect(crm).toMatchObject({ waiting: null, dead: 0, problems: ['queue gone'] });
  });

  it('says that a subscriber has lost its subscription', async () => {
    await using own = await withSubscribers(stack, [{ name: 'jobs', kind: 'queue' }]);
    const sns = new SNSClient(clientOf(stack.snsEndpoint));
    const { subscription: SubscriptionArn } = own.of('jobs');
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    sns.destroy();
    const args = ['subscribers', `--local=${own.url}`];
    expect((await runCli(args)).stdout).toMatch(/^jobs\tqueue\tno subscription\t/);
    const [jobs] = documentsOf(await runCli([...args, '--json']));
    expect(jobs).toMatchObject({ is_subscribed: false, filter_policy: null });
  });

  it('says so where it may not read it', async () => {
    await using own = await withSubscribers(stack, [{ name: 'jobs', kind: 'queue' }], {
      sqs: () => ({ __type: 'AccessDeniedException', message: 'Denied' }),
    });
    const { code, stdout } = await runCli(['subscribers', `--local=${own.url}`]);
    expect(code).toBe(0);
    expect(stdout.split('\t').slice(3, 6)).toEqual(['not allowed', '', 'not allowed']);
  });
});

describe('subscribers', () => {
  it('says that a stack has no subscribers', async () => {
    expect(await runCli(['subscribers', `--local=${stack.url}`])).toEqual({
      ...{ code: 0, stdout: '' },
      stderr:
        'inbound-sms-local has no subscribers of settings.yml. To add some: docs/subscribers.md\n',
    });
  });
});

describe('subscribers test, where the log tells nothing,', () => {
  it('ends after the time that it is given', async () => {
    await using own = await withSubscribers(
      stack,
      [{ name: 'crm', kind: 'https', secret: 'SECRET', url: 'https://crm.example' }],
      { logs: () => ({ events: [] }) },
    );
    const args = ['subscribers', 'test', 'crm', `--local=${own.url}`, '--timeout', '1'];
    const { code, stdout, stderr } = await runCli([...args, '--json']);
    expect(code).toBe(1);
    expect(documentsOf({ stdout })).toEqual([
      expect.objectContaining({ subscriber: 'crm', outcome: 'unknown' }),
    ]);
    expect(stderr).toContain('The log of the forwarder had no outcome after 1 s');
    expect(await own.take(own.of('crm').queue)).toHaveLength(1);
  });
});

describe('a message, where SQS fails,', () => {
  const id = 'message-1';
  const text = 'handed to SNS';

  async function failingStack() {
    const published = Date.now();
    const record = someRecord({ message_id: id, ...publishedAt(published) });
    await store(stack, [record]);
    const own = await withSubscribers(stack, [{ name: 'crm', kind: 'queue' }], {
      sqs: () => ({ __type: 'InvalidSecurity', message: 'Not now' }),
    });
    onTestFinished(() => own[Symbol.asyncDispose]());
    return own.url;
  }

  it('is shown', async () => {
    const { code, stdout } = await runCli(['show', id, `--local=${await failingStack()}`]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`\ndelivery.crm\t${text}\n`),
    });
  });

  it('is shown by the console', async () => {
    const running = await startCli(['console', `--local=${await failingStack()}`]);
    await vi.waitFor(() => expect(running.stdout() + running.stderr()).toMatch(/\n/), 20_000);
    const printed = running.stdout().trimEnd();
    const { origin } = new URL(printed);
    const headers = await beginSession(printed);
    const { json } = await ask(`${origin}/_console/api/messages/${id}`, { headers });
    expect(json.timeline).toContainEqual(
      expect.objectContaining({ kind: 'delivery', subscriber: 'crm', text }),
    );
  });
});
