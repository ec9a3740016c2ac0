import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, beginSession } from '../../helpers/console-site.ts';
import { hasMoto } from './moto.ts';
import { type MotoStack, startMotoStack } from './moto-stack.ts';
import { type Recorder, startRecorder } from './recorder.ts';
import { documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt } from './stored-messages.ts';

const STACK = 'inbound-sms-prod';
const REGION = 'us-east-1';
const ACCOUNT = '123456789012';
const TIME = Date.parse('2026-11-07T10:00:00Z');

const topicArn = (region: string) => `arn:aws:sns:${region}:${ACCOUNT}:gone`;

describe.skipIf(!hasMoto)('a table whose stack was removed', () => {
  let stack: MotoStack;
  let recorder: Recorder;
  const clients = new DisposableStack();
  const settings = () => ({
    endpoint: stack.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  });

  beforeAll(async () => {
    stack = await startMotoStack(STACK, REGION);
    recorder = await startRecorder(stack.endpoint, ACCOUNT);
    const message = { received_at: TIME, ...publishedAt(TIME) };
    await stack.store({ ...message, message_id: 'a', from: '0412 345 678' });
    await stack.store({ ...message, message_id: 'b', from: '+61412345678', received_at: TIME + 1 });
    await stack.store({ ...message, message_id: 'c', from: 'MyBank', received_at: TIME + 2 });
    const cloudformation = clients.adopt(new CloudFormationClient(settings()), (made) =>
      made.destroy(),
    );
    await cloudformation.send(new DeleteStackCommand({ StackName: STACK }));
  }, 60_000);
  afterAll(async () => {
    clients.dispose();
    await recorder?.[Symbol.asyncDispose]();
    await stack?.[Symbol.asyncDispose]();
  });

  const env = () => ({
    AWS_ENDPOINT_URL: recorder.url,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  const run = (command: string, ...args: string[]) =>
    runCli([command, ...args, '--table', stack.tableName, '--region', REGION], { env: env() });
  const idsOf = (result: { stdout: string }) =>
    documentsOf(result).map(({ message_id }) => message_id);

  it('is not found by its stage', async () => {
    const { code, stderr } = await runCli(['list', '--stage', 'prod', '--region', REGION], {
      env: env(),
    });
    expect(code).toBe(3);
    expect(stderr).toContain('There is no stack inbound-sms-prod');
  });

  it('is read by list, show, stats and export', async () => {
    const before = recorder.uses.length;
    expect(idsOf(await run('list', '--json'))).toEqual(['c', 'b', 'a']);
    expect(idsOf(await run('list', '--json', '--from', '0412345678'))).toEqual(['b', 'a']);
    expect(idsOf(await run('show', 'c', '--json'))).toEqual(['c']);
    expect(idsOf(await run('export'))).toEqual(['a', 'b', 'c']);
    const since = ['--since', '2026-11-07', '--until', '2026-11-07'];
    expect(documentsOf(await run('stats', '--json', ...since))).toMatchObject([{ messages: 3 }]);
    const services = recorder.uses.slice(before).map(({ action }) => action.split(':')[0]);
    expect(new Set(services)).toEqual(new Set(['dynamodb']));
  });

  it('is compared with a list of ids', async () => {
    const result = await run('reconcile', '--ids', '-', '--since', '2026-11-07', '--json');
    expect(result.code).toBe(1);
    expect(idsOf(result).slice(0, -1)).toEqual(['a', 'b', 'c']);
  });

  it('is shown by the console, without the requests of the webhook', async () => {
    const args = ['console', '--table', stack.tableName, '--region', REGION, '--json'];
    const running = await startCli(args, { env: env() });
    await vi.waitFor(() => expect(running.stdout()).toContain('\n'), 25_000);
    const [{ url }] = documentsOf({ stdout: running.stdout() });
    const headers = await beginSession(url);
    const get = async (path: string) =>
      (await ask(new URL(`/_console/api/${path}`, url).href, { headers })).json;
    expect(await get('messages?limit=1')).toMatchObject({ messages: [{ message_id: 'c' }] });
    expect(await get('messages/a')).toMatchObject({ record: { message_id: 'a' } });
    expect(await get('attempts')).toMatchObject({ attempts: [] });
    expect(await get('stack')).toMatchObject({ activityMs: 0 });
    running.child.kill('SIGINT');
    expect((await running.result).code).toBe(130);
  });

  it('is published again to a topic that is named', async () => {
    const sns = clients.adopt(new SNSClient(settings()), (made) => made.destroy());
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'anew' }));
    const format = ['--format', 'inbound-sms'];
    const { code, stdout } = await run('replay', 'c', '--topic-arn', TopicArn, ...format);
    expect(code).toBe(0);
    expect(stdout).toContain('1 message published again');
    expect(recorder.uses.at(-1)).toEqual({ action: 'sns:Publish', resource: TopicArn });
  });

  it('is not published to a topic that does not exist', async () => {
    const args = ['replay', 'c', '--topic-arn', topicArn(REGION), '--format', 'inbound-sms'];
    const [command = '', ...rest] = args;
    expect(await run(command, ...rest)).toEqual({
      code: 3,
      stdout: expect.stringMatching(/^0 messages published again, as replay \S+\.\n$/),
      stderr: expect.stringMatching(
        /^Replay \S+ begins\. .*\nTo continue, .*\nerror: There is no topic \S+:gone\.\nCheck --topic-arn\.\n$/,
      ),
    });
  });

  it.each([
    [['list', '--conflicts'], 'This needs a stack with its logs and its topic'],
    [
      ['replay'],
      'error: With --table, also give:\nmessages: ids, or --since, --until, --from or --to\nthe topic to publish to: --topic-arn\nthe format to publish in: --format inbound-sms or ',
    ],
    [
      ['replay', '--dry-run'],
      'also give:\nmessages: ids, or --since, --until, --from or --to\nthe format',
    ],
    [
      ['replay', 'c', '--format', 'inbound-sms'],
      'also give:\nthe topic to publish to: --topic-arn\n',
    ],
    [['replay', 'c', '--topic-arn', topicArn('us-east-1')], 'also give:\nthe format to publish in'],
    [
      ['replay', 'c', '--topic-arn', topicArn('eu-west-1'), '--format', 'inbound-sms'],
      'The topic is in eu-west-1, the table in us-east-1.\nName a topic in us-east-1.',
    ],
    [['reconcile', '--subscriber', 'crm'], '--table gives only a table'],
    [['console', '--allow-replay'], '--table gives only a table'],
    [['list', '--stack', 'other'], "cannot be used with option '--stack"],
    [['list', '--local'], "option '--local [url]' cannot be used with"],
    [['tail'], "unknown option '--table'"],
  ])('is not enough for %j', async ([command = '', ...args], message) => {
    const { code, stdout, stderr } = await run(command, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('is not found by another name or in another region', async () => {
    const args = ['list', '--table', 'other', '--region', 'eu-west-1'];
    const { code, stderr } = await runCli(args, { env: env() });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: There is no table other in eu-west-1\.\n.*--region.*\n$/);
  });

  it('forgets a number', async () => {
    const { code, stdout } = await run('forget', '0412345678', '--yes');
    expect(code).toBe(0);
    expect(stdout).toContain('2 of 2 from 0412 345 678 and +61412345678 deleted.');
    expect(idsOf(await run('list', '--json'))).toEqual(['c']);
  });
});
