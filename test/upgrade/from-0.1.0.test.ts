import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marksIn } from '../../lib/aws/delivery-marks.ts';
import type { Item } from '../../lib/aws/message-item.ts';
import { quarantineIdOfKey } from '../../lib/aws/quarantine-item.ts';
import { clientOf } from '../../tools/local/aws.ts';
import { type LocalStack, startLocalStack } from '../../tools/local/stack.ts';
import { postForm, type SubscribedQueue, subscribeQueue } from '../helpers/local-stack.ts';
import {
  DOTENV_0_1_0,
  LEFT_BY_0_1_0,
  type Left,
  SETTINGS_0_1_0,
} from '../helpers/version-0.1.0.ts';
import { ITEMS_BEFORE } from '../helpers/version-before.ts';
import { documentsOf, runCli } from '../tools/cli/run-cli.ts';

const of = (...states: Left['state'][]) =>
  LEFT_BY_0_1_0.filter(({ state }) => states.includes(state));
const idOf = ({ item }: { readonly item: Item }) => item.message_id?.S ?? '';
const entryIdOf = (left: Left) => quarantineIdOfKey(idOf(left));
const textOf = (name: string, { item }: { readonly item: Item }) => item[name]?.S;

const PUBLISHED = of('published');
const PENDING = of('unclaimed', 'claimed');
const ENTRIES = of('waiting', 'cut', 'begun', 'accepted', 'discarded');
const entry = (what: string) =>
  entryIdOf(ENTRIES.find((one) => one.what === what) ?? expect.unreachable());

/** The local stack with the settings of 0.1.0, and with what it and the version before it left in the table. */
describe('after an upgrade from 0.1.0', { timeout: 60_000 }, () => {
  let stack: LocalStack;
  let queue: SubscribedQueue;
  beforeAll(async () => {
    stack = await startLocalStack({
      schedules: false,
      settings: SETTINGS_0_1_0,
      secretFiles: [DOTENV_0_1_0],
    });
    queue = await subscribeQueue(stack);
    const { dynamodbEndpoint, tableName } = stack;
    const client = new DynamoDBClient(clientOf(dynamodbEndpoint));
    for (const { item: Item } of [...LEFT_BY_0_1_0, ...ITEMS_BEFORE]) {
      const RequestItems = { [tableName]: [{ PutRequest: { Item } }] };
      await client.send(new BatchWriteItemCommand({ RequestItems }));
    }
    client.destroy();
  }, 120_000);
  afterAll(async () => {
    await queue?.close();
    await stack?.close();
  });

  const cli = (...args: string[]) => runCli([...args, '--json', `--local=${stack.url}`]);
  const asked = async (...args: string[]) => documentsOf(await cli(...args));
  const arrived = async () => (await queue.all()).map(({ message }) => JSON.parse(message));
  const post = async (form: string) => (await postForm(stack.webhookUrl, form)).status;
  const accept = async (id: string, ...flags: string[]) => {
    const [{ outcome, message_id }] = await asked('quarantine', 'accept', id, ...flags);
    return { outcome, message_id, published: await arrived() };
  };

  it('there is one of each', () => {
    expect(PUBLISHED.length).toBeGreaterThan(3);
    expect(of('unclaimed').length).toBeGreaterThan(3);
    expect(of('claimed').length).toBeGreaterThan(0);
    for (const state of ['cut', 'begun', 'accepted', 'discarded', 'allowance'] as const) {
      expect(of(state)).toHaveLength(1);
    }
    expect(
      of('waiting')
        .map((one) => textOf('reason', one))
        .toSorted(),
    ).toEqual([
      'conflict',
      'invalid',
      'invalid',
      'not-a-form',
      'number-not-allowed',
      'source-not-allowed',
    ]);
  });

  it('has the subscribers of its settings', () => {
    expect(stack.subscribers.map(({ name }) => name)).toEqual(['crm', 'jobs']);
  });

  it('lists the messages, and which are pending', async () => {
    const before = (isPending: boolean) =>
      ITEMS_BEFORE.filter(({ state }) => (state === 'published') !== isPending);
    const idsOf = (listed: { message_id: string }[]) =>
      listed.map(({ message_id }) => message_id).toSorted();
    expect(idsOf(await asked('list', '--limit', '100'))).toEqual(
      [...PUBLISHED, ...PENDING, ...ITEMS_BEFORE].map(idOf).toSorted(),
    );
    expect(idsOf(await asked('list', '--limit', '100', '--pending'))).toEqual(
      [...PENDING, ...before(true)].map(idOf).toSorted(),
    );
  });

  it.each(PUBLISHED)('shows what became of its deliveries: $what', async (one) => {
    const [{ body, deliveries }] = await asked('show', idOf(one));
    expect(body).toBe(textOf('body', one));
    expect(deliveries).toEqual(marksIn(one.item));
    expect(deliveries).toHaveProperty('crm');
  });

  it('lists what is quarantined, with the state of each', async () => {
    const listed = await asked('quarantine', '--all', '--limit', '100');
    expect(
      new Map(listed.map(({ quarantine_id, state, reason }) => [quarantine_id, { state, reason }])),
    ).toEqual(
      new Map(
        ENTRIES.map((one) => [entryIdOf(one), { state: one.state, reason: textOf('reason', one) }]),
      ),
    );
  });

  it.each(PUBLISHED)('answers the PBX’s retry as a duplicate: $what', async ({ form }) => {
    expect(await post(form)).toBe(200);
    expect(await arrived()).toEqual([]);
  });

  it('counts the PBX’s retry of what is refused as an attempt of the same entry', async () => {
    const [malformed = expect.unreachable()] = of('waiting').filter(
      ({ what }) => what === 'refused: from is malformed',
    );
    expect(await post(malformed.form)).toBe(400);
    expect(await asked('quarantine', 'show', entryIdOf(malformed))).toMatchObject([
      { requests: 2 },
    ]);
    expect(await asked('quarantine', '--all', '--limit', '100')).toHaveLength(ENTRIES.length);
  });

  it('publishes what is pending: one by the PBX’s retry, the rest by a sweep', async () => {
    const [first = expect.unreachable(), ...rest] = PENDING;
    expect(await post(first.form)).toBe(200);
    expect(await arrived()).toMatchObject([
      { message_id: idOf(first), body: textOf('body', first) },
    ]);
    await stack.invoke('publishPending', {});
    const before = ITEMS_BEFORE.filter(({ state }) => state !== 'published');
    const messages = await arrived();
    expect(messages).toHaveLength(rest.length + before.length);
    expect(new Map(messages.map(({ message_id, body }) => [message_id, body]))).toEqual(
      new Map([...rest, ...before].map((one) => [idOf(one), textOf('body', one)])),
    );
    expect(await asked('list', '--pending')).toEqual([]);
  });

  it.each([
    ['the number is not allowed', []],
    ['the source is not allowed', []],
    ['from is malformed', ['--set', 'from=+61400000003']],
    ['no message_id', []],
    ['no form', ['from=a', 'sms_number=b', 'body=c'].flatMap((value) => ['--set', value])],
    ['the message_id is another message’s', []],
  ])('accepts what was refused as %s', async (what, flags) => {
    const { outcome, message_id, published } = await accept(entry(`refused: ${what}`), ...flags);
    expect(outcome).toBe('published');
    expect(published).toMatchObject([{ message_id }]);
  });

  it('makes one message of what somebody had begun to accept', async () => {
    const id = entry('begun: SNS was down');
    expect((await accept(id)).published).toEqual([]);
    expect(await asked('quarantine', 'show', id)).toMatchObject([{ state: 'accepted' }]);
  });

  it('publishes nothing again that was accepted, and nothing that was cut or discarded', async () => {
    expect(await accept(entry('accepted'))).toMatchObject({
      outcome: 'accepted-before',
      published: [],
    });
    for (const what of ['refused: larger than what is kept', 'discarded']) {
      expect((await cli('quarantine', 'accept', entry(what))).code).toBe(1);
    }
    expect(await arrived()).toEqual([]);
  });
});
