import { randomUUID } from 'node:crypto';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CANARY_ATTRIBUTE } from '../../lib/forwarding/subscriber.ts';
import { clientOf } from '../../tools/local/aws.ts';
import { ForwardingStack, SIGNING_SECRET } from '../helpers/forwarding-stack.ts';
import { runCli } from '../tools/cli/run-cli.ts';

let forwarding: ForwardingStack;
beforeAll(async () => {
  forwarding = await ForwardingStack.start({
    subscribers: (url) => {
      const https = (name: string, more = {}) => ({
        https: `${url}/${name}`,
        secret: 'CRM_SECRET',
        ...more,
      });
      return {
        crm: https('crm'),
        chat: { slack: 'SLACK_URL' },
        staff: { teams: 'TEAMS_URL', filter: { body: [{ 'equals-ignore-case': 'stop' }] } },
        team: { email: 'team@example.com' },
        jobs: { queue: true },
        mine: https('mine', { to: '0491 570 159' }),
        unsigned: https('unsigned', { secret: 'NEW_SECRET', from: '+61491570158' }),
      };
    },
  });
});
afterAll(() => forwarding?.[Symbol.asyncDispose]());

const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
const requestsOf = (name: string, id: string) =>
  forwarding.receiver.of(name).filter(({ body }) => body.includes(id));
const arrived = (name: string, id: string, count = 1) =>
  expect.poll(() => requestsOf(name, id), { timeout: 20_000 }).toHaveLength(count);

/** Publishes a message directly, without the service. */
async function publish(id: string, attributes: Readonly<Record<string, string>>): Promise<void> {
  const sns = new SNSClient(clientOf(forwarding.stack.snsEndpoint));
  onTestFinished(() => sns.destroy());
  const [{ body = '' } = {}] = requestsOf('crm', id);
  await sns.send(
    new PublishCommand({
      TopicArn: forwarding.stack.topicArn,
      Message: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, attribute(value)]),
      ),
    }),
  );
}

describe('a message arrives', () => {
  it('at an endpoint, as it was published, and signed', async () => {
    const id = await forwarding.post('hello');
    await arrived('crm', id);
    const [{ headers, body } = { headers: {}, body: '' }] = requestsOf('crm', id);
    const signed = headers as Record<string, string>;
    expect(signed).toMatchObject({
      'webhook-id': id,
      'content-type': 'application/json',
      'user-agent': 'inbound-sms',
    });
    const webhook = new Webhook(SIGNING_SECRET);
    expect(webhook.verify(body, signed)).toMatchObject({
      schema: 'inbound-sms/1',
      message_id: id,
      body: 'hello',
    });
    expect(() => webhook.verify(body.replace('hello', 'hellp'), signed)).toThrow('signature');
  });

  it('in a chat', async () => {
    const id = await forwarding.post('hello <!channel>');
    await arrived('chat', id);
    const [{ body } = { body: '' }] = requestsOf('chat', id);
    expect(JSON.parse(body)).toMatchObject({ blocks: expect.any(Array) });
    expect(requestsOf('staff', id)).toEqual([]);
  });

  it('in a Teams channel, if its text passes the filter', async () => {
    const id = await forwarding.post('Stop');
    await arrived('staff', id);
    const [{ body } = { body: '' }] = requestsOf('staff', id);
    expect(JSON.parse(body)).toMatchObject({
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }],
    });
  });

  it('as an e-mail', async () => {
    const id = await forwarding.post('hello');
    const emails = () => forwarding.emails.filter(({ text }) => text.includes(id));
    await expect.poll(emails, { timeout: 20_000 }).toHaveLength(1);
    expect(emails()).toMatchObject([
      {
        subscriber: 'team',
        to: 'team@example.com',
        subject: expect.stringContaining('61491570156'),
      },
    ]);
  });

  it('in a queue, as it was published, with its attributes', async () => {
    const id = await forwarding.post('hello');
    const QueueUrl = forwarding.queueUrl('jobs');
    await expect.poll(() => forwarding.idsIn('jobs')).toContain(id);
    const { Messages = [] } = await forwarding.sqs.receiveMessage({
      ...{ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] },
    });
    const mine = Messages.find(({ Body = '' }) => Body.includes(id));
    expect(JSON.parse(mine?.Body ?? '')).toMatchObject({ schema: 'inbound-sms/1', body: 'hello' });
    expect(mine?.MessageAttributes).toMatchObject({ message_id: { StringValue: id } });
  });

  it('for one number, in any spelling, if that is the filter', async () => {
    const other = await forwarding.post('other');
    const national = await forwarding.post('mine', { sms_number: '0491570159' });
    const full = await forwarding.post('mine', { sms_number: '+61491570159' });
    await arrived('mine', national);
    await arrived('mine', full);
    await arrived('crm', other);
    expect(requestsOf('mine', other)).toEqual([]);
  });

  it('with only the webhook’s three calls', async () => {
    const { dynamodb, sns } = forwarding.proxies;
    await forwarding.settled();
    const before = [dynamodb.calls.length, sns.calls.length] as const;
    const id = await forwarding.post('hello');
    await arrived('crm', id);
    await forwarding.settled();
    const isOfForwarder = (body: object) => JSON.stringify(body).includes('delivery_');
    const calls = [...dynamodb.calls.slice(before[0]), ...sns.calls.slice(before[1])]
      .filter(({ body }) => !isOfForwarder(body) && !String(body.TopicArn).includes('Subscriber'))
      .map(({ operation }) => operation);
    expect(calls.toSorted()).toEqual(['Publish', 'PutItem', 'UpdateItem']);
  });
});

describe('a message is marked', () => {
  it('with its delivery to each forwarded subscriber', async () => {
    const id = await forwarding.post('hello');
    await arrived('crm', id);
    await arrived('chat', id);
    await forwarding.settled();
    const mark = { attempts: 1, delivered_at: expect.any(Number) };
    await expect.poll(() => forwarding.marks(id)).toEqual({ crm: mark, chat: mark, team: mark });
  });

  it('and is not delivered again when it is published twice', async () => {
    const id = await forwarding.post('hello');
    await arrived('crm', id);
    await forwarding.settled();
    await publish(id, { message_id: id });
    await expect
      .poll(() => forwarding.linesOf('crm', id).map(({ outcome }) => outcome))
      .toEqual(['delivered', 'already-delivered']);
    expect(requestsOf('crm', id)).toHaveLength(1);
  });

  it('and is delivered again by a replay, with the attribute replay', async () => {
    const id = await forwarding.post('hello');
    await arrived('crm', id);
    await forwarding.settled();
    const first = await forwarding.marks(id);
    await publish(id, { message_id: id, replay: 'run-1' });
    await arrived('crm', id, 2);
    expect(requestsOf('crm', id).map(({ headers }) => headers['x-inbound-sms-replay'])).toEqual([
      undefined,
      'run-1',
    ]);
    await expect
      .poll(async () => (await forwarding.marks(id)).crm)
      .toEqual({ ...first.crm, replayed_at: expect.any(Number) });
  });
});

it('a canary goes to one subscriber and has no record', async () => {
  const id = randomUUID();
  await forwarding.sqs.sendMessage({
    QueueUrl: forwarding.queueUrl('crm'),
    MessageBody: JSON.stringify({
      ...{ schema: 'inbound-sms/1', message_id: id, service_id: 'test', from: 'test' },
      ...{ sms_number: '+61491570157', body: 'A test', timestamp: 1, received_at: 1, extra: {} },
    }),
    MessageAttributes: { [CANARY_ATTRIBUTE]: attribute('true') },
  });
  await arrived('crm', id);
  await forwarding.settled();
  expect(forwarding.lines.filter(({ message_id }) => message_id === id)).toMatchObject([
    { subscriber: 'crm', outcome: 'delivered' },
  ]);
  expect(await forwarding.marks(id)).toEqual({});
});

it('a message waits for a missing secret, and is delivered once it is set', async () => {
  const id = await forwarding.post('hello', { from: '+61491570158' });
  await expect
    .poll(() => forwarding.linesOf('unsigned', id), { timeout: 20_000 })
    .toMatchObject([{ outcome: 'failed', reason: 'secret missing', SecretMissing: 1 }]);
  await forwarding.setSecrets({ NEW_SECRET: SIGNING_SECRET });
  await forwarding.passTime(10_000);
  await arrived('unsigned', id);
});

it('a receiver that refuses the signature gets the message once it has the secret', async () => {
  const other = new Webhook(Buffer.from('another secret, of 24 bytes').toString('base64'));
  forwarding.receiver.answer('mine', (response, { body, headers }) => {
    let status = 204;
    try {
      other.verify(body, headers as Record<string, string>);
    } catch {
      status = 401;
    }
    response.writeHead(status).end();
  });
  const id = await forwarding.post('hello', { sms_number: '+61491570159' });
  await expect
    .poll(() => forwarding.linesOf('mine', id), { timeout: 20_000 })
    .toMatchObject([{ outcome: 'failed', status: 401, reason: '401' }]);
  // The others get the message, too. If their process ended meanwhile, one would wait for minutes.
  await forwarding.settled();
  await forwarding.setSecrets({
    CRM_SECRET: `whsec_${Buffer.from('another secret, of 24 bytes').toString('base64')}`,
  });
  // The process keeps a secret for minutes. It must not end while another subscriber gets the message.
  await forwarding.settled();
  await forwarding.stack.killInstances('forwardMessage');
  await forwarding.passTime(10_000);
  await expect
    .poll(() => forwarding.linesOf('mine', id).at(-1), { timeout: 20_000 })
    .toMatchObject({ outcome: 'delivered', attempt: 2 });
  await forwarding.setSecrets({ CRM_SECRET: SIGNING_SECRET });
  await forwarding.stack.killInstances('forwardMessage');
});

it('a redrive delivers dead letters', async () => {
  forwarding.receiver.answer('crm', 204);
  const id = await forwarding.post('hello', { sms_number: '+61491570151' });
  await arrived('crm', id);
  const unread = randomUUID();
  const [{ body = '' } = {}] = requestsOf('crm', id);
  await forwarding.sqs.sendMessage({
    QueueUrl: forwarding.queueUrl('crm-dead'),
    MessageBody: body.replaceAll(id, unread),
  });
  const result = await runCli(['redrive', 'crm', `--local=${forwarding.stack.url}`, '--json']);
  expect(result).toMatchObject({ code: 0 });
  await arrived('crm', unread);
  expect(await forwarding.idsIn('crm-dead')).toEqual([]);
});
