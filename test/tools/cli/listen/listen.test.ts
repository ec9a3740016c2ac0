import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ListSubscriptionsCommand, SNSClient } from '@aws-sdk/client-sns';
import { DeleteQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { tailQueuePrefix } from '../../../../tools/cli/tail-queue.ts';
import { clientOf } from '../../../../tools/local/aws.ts';
import { type LocalStack, STACK_NAME } from '../../../../tools/local/stack.ts';
import { postForm, startTestStack } from '../../../helpers/local-stack.ts';
import { type Received, type Receiver, startReceiver } from '../../../helpers/receiver.ts';
import { temporaryDir } from '../../local/temporary-dir.ts';
import { documentsOf, type RunningCli, startCli } from '../run-cli.ts';

// Each starts a process or two.
vi.setConfig({ testTimeout: 90_000 });

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const LISTENING = 'Listening. Ctrl-C ends it.\n';

let stack: LocalStack;
let sqs: SQSClient;
let sns: SNSClient;
beforeAll(async () => {
  stack = await startTestStack();
  sqs = new SQSClient(clientOf(stack.snsEndpoint));
  sns = new SNSClient(clientOf(stack.snsEndpoint));
});
afterAll(async () => {
  sqs?.destroy();
  sns?.destroy();
  await stack?.close();
});

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver?.[Symbol.asyncDispose]());

const argsTo = (url: string, ...args: string[]) => [
  ...['listen', `--local=${stack.url}`, '--forward-to', url],
  ...args,
];

/** Ready once its queue is subscribed. */
async function listen(cwd: string, ...args: string[]): Promise<RunningCli> {
  const env = { INBOUND_SMS_SECRET: SECRET };
  const running = await startCli(argsTo(`${receiver.url}/app`, ...args), { cwd, env });
  const isReady = () =>
    args.includes('--json')
      ? expect(running.stdout()).toContain('forward_to')
      : expect(running.stderr()).toContain(LISTENING);
  await vi.waitFor(isReady, 20_000);
  return running;
}

async function interrupt(running: RunningCli) {
  running.child.kill('SIGINT');
  return running.result;
}

async function post(fields: Record<string, string> = {}): Promise<string> {
  const message_id = randomUUID();
  const form = { message_id, from: '+61400000001', sms_number: '+61290000001', body: 'Hello' };
  expect((await postForm(stack.webhookUrl, { ...form, ...fields })).status).toBe(200);
  return message_id;
}

const idsOf = (received: readonly Received[]) =>
  received.map(({ headers }) => String(headers['webhook-id']));
const arrivedAt = (ids: readonly string[]) =>
  vi.waitFor(() => expect(idsOf(receiver.received)).toEqual(ids), 20_000);

const leftovers = async () => {
  const list = new ListQueuesCommand({ QueueNamePrefix: tailQueuePrefix(STACK_NAME) });
  const { QueueUrls = [] } = await sqs.send(list);
  const { Subscriptions = [] } = await sns.send(new ListSubscriptionsCommand({}));
  return { queues: QueueUrls, subscriptions: Subscriptions };
};
const NOTHING = { queues: [], subscriptions: [] };

describe('listen', () => {
  it('posts what is published, signed as for an https subscriber, and leaves nothing', async () => {
    await post();
    const running = await listen(await temporaryDir());
    const id = await post({ body: 'Grüße 👋' });
    await arrivedAt([id]);
    const [{ headers, body } = expect.unreachable()] = receiver.received;
    const message = new Webhook(SECRET).verify(body, headers as Record<string, string>);
    expect(message).toMatchObject({ message_id: id, body: 'Grüße 👋' });
    const { code, stdout, stderr } = await interrupt(running);
    expect(code).toBe(130);
    expect(stdout.split('\t')).toEqual([
      ...['204', expect.stringMatching(/^\d+$/), expect.stringMatching(/^(archive|live)$/)],
      expect.stringMatching(/^[\d-]{10} [\d:]{8}$/),
      ...['+61400000001', '+61290000001', `${id}\n`],
    ]);
    expect(stderr).toBe(
      `The requests are signed with INBOUND_SMS_SECRET.\n${LISTENING}Posted 1 message. To go on: bin/inbound-sms listen --forward-to ${receiver.url}/app --resume --local=${stack.url}\n`,
    );
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('begins with what is stored, and goes on live without a gap or a repeat', async () => {
    const to = '+61290000077';
    const ids = [];
    for (let count = 0; count < 5; count++) ids.push(await post({ sms_number: to }));
    const starting = listen(await temporaryDir(), '--since', '1h', '--to', to, '--limit', '25');
    for (let count = 0; count < 20; count++) ids.push(await post({ sms_number: to }));
    const { code, stdout } = await (await starting).result;
    expect(code).toBe(0);
    expect(idsOf(receiver.received).toSorted()).toEqual(ids.toSorted());
    const sources = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[2]);
    expect(sources.slice(0, 5)).toEqual(Array(5).fill('archive'));
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('goes on with --resume, also after a kill, and removes what the killed one left', async () => {
    const cwd = await temporaryDir();
    const to = '+61290000088';
    const killed = await listen(cwd, '--to', to);
    const first = await post({ sms_number: to });
    await arrivedAt([first]);
    const folder = join(cwd, '.local', 'listen');
    const [name = ''] = await readdir(folder);
    await vi.waitFor(async () =>
      expect(await readFile(join(folder, name), 'utf8')).toContain(first),
    );
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    killed.child.kill('SIGKILL');
    await killed.result;
    expect((await leftovers()).queues).toHaveLength(1);
    const missed = [await post({ sms_number: to }), await post({ sms_number: to })];

    const resumed = await listen(cwd, '--to', to, '--resume');
    await arrivedAt([first, ...missed]);
    expect((await leftovers()).queues).toHaveLength(1);
    const live = await post({ sms_number: to });
    await arrivedAt([first, ...missed, live]);
    await interrupt(resumed);
    expect(await leftovers()).toEqual(NOTHING);
  });

  it('goes on from the archive when its queue is gone', async () => {
    const running = await listen(await temporaryDir());
    const {
      queues: [QueueUrl],
    } = await leftovers();
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    const id = await post();
    await arrivedAt([id]);
    await interrupt(running);
  }, 60_000);

  it('posts as SNS does with --format sns', async () => {
    const running = await listen(await temporaryDir(), '--format', 'sns');
    const id = await post();
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1), 20_000);
    const [{ headers, body } = expect.unreachable()] = receiver.received;
    const notification = JSON.parse(body);
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': notification.MessageId,
      'x-amz-sns-topic-arn': stack.topicArn,
    });
    expect(notification).toMatchObject({
      Type: 'Notification',
      TopicArn: stack.topicArn,
      MessageAttributes: { message_id: { Type: 'String', Value: id } },
    });
    expect(JSON.parse(notification.Message)).toMatchObject({ message_id: id });
    await interrupt(running);

    const again = await listen(await temporaryDir(), '--format', 'sns', '--since', '1m');
    const stored = () => receiver.received.slice(1).map((one) => JSON.parse(one.body));
    await vi.waitFor(() =>
      expect(stored().map(({ Message }) => Message)).toContain(notification.Message),
    );
    const archived = stored().find(({ Message }) => Message === notification.Message);
    expect(Object.keys(archived).toSorted()).toEqual(Object.keys(notification).toSorted());
    expect(archived).toMatchObject({ Signature: '', MessageId: notification.MessageId });
    await interrupt(again);
  });

  it('shows what is not accepted, and posts it once', async () => {
    receiver.answer('app', 500);
    const running = await listen(await temporaryDir(), '--json', '--limit', '2');
    const ids = [await post(), await post()];
    const result = await running.result;
    expect(result.code).toBe(0);
    expect(documentsOf(result)).toEqual([
      { forward_to: `${receiver.url}/app`, format: 'https' },
      ...ids.map((message_id) => expect.objectContaining({ message_id, status: 500 })),
    ]);
    expect(idsOf(receiver.received)).toEqual(ids);
  });

  it('posts a message again if the server ends without an answer', async () => {
    let isFirst = true;
    receiver.answer('app', (response) => {
      if (isFirst) response.destroy();
      else response.writeHead(204).end();
      isFirst = false;
    });
    const running = await listen(await temporaryDir());
    const id = await post();
    await arrivedAt([id, id]);
    const { stdout, stderr } = await interrupt(running);
    expect(stdout.trimEnd().split('\n')).toEqual([expect.stringMatching(/^204\t/)]);
    expect(stderr).toContain('Your URL: connection closed. The message is posted again');
  });

  it('shows the secret that it has made, which stays the same', async () => {
    const cwd = await temporaryDir();
    const secrets = [];
    for (let run = 0; run < 2; run++) {
      const args = argsTo(`${receiver.url}/app`, '--json', '--limit', '1');
      const running = await startCli(args, { cwd });
      await vi.waitFor(() => expect(running.stdout()).toContain('forward_to'), 20_000);
      const id = await post();
      const [{ secret }] = documentsOf(await running.result);
      secrets.push(secret);
      const { headers, body } = receiver.received.at(-1) ?? expect.unreachable();
      const verified = new Webhook(secret).verify(body, headers as Record<string, string>);
      expect(verified).toMatchObject({ message_id: id });
    }
    expect(secrets[0]).toBe(secrets[1]);
  });

  it('runs once for a URL, and says with which options it goes on', async () => {
    const cwd = await temporaryDir();
    const running = await listen(cwd, '--format', 'sns', '--from', 'My Bank');
    const second = await startCli(argsTo(`${receiver.url}/app`), { cwd });
    const { code, stderr } = await second.result;
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`runs already: process ${running.child.pid}`),
    });
    expect((await interrupt(running)).stderr).toContain(
      `--forward-to ${receiver.url}/app --format sns --from 'My Bank' --resume --local=`,
    );
  });

  it('waits until something listens at the URL', async () => {
    const port = Number(new URL(receiver.url).port);
    await receiver[Symbol.asyncDispose]();
    const running = await listen(await temporaryDir());
    const id = await post();
    await vi.waitFor(
      () =>
        expect(running.stderr()).toContain(
          'Your URL: connection refused. The message is posted again',
        ),
      20_000,
    );
    receiver = await startReceiver(port);
    await arrivedAt([id]);
    await interrupt(running);
  });

  it('posts only what a filter lets through', async () => {
    const filter = JSON.stringify({ body: [{ 'equals-ignore-case': 'stop' }] });
    const running = await listen(await temporaryDir(), '--filter', filter);
    await post({ body: 'Go' });
    const id = await post({ body: 'Stop' });
    await arrivedAt([id]);
    await interrupt(running);
  });
});
