import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Item } from '../../lib/aws/message-item.ts';
import { quarantineKeyOf } from '../../lib/aws/quarantine-item.ts';
import type { FaultFunction } from '../../tools/local/fault-proxy.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { postForm } from '../helpers/local-stack.ts';
import {
  refuseEmptyAttributes,
  startTwoVersions,
  type TwoVersions,
} from '../helpers/two-versions.ts';
import { ITEMS_BEFORE, type ItemBefore } from '../helpers/version-before.ts';

let versions: TwoVersions;
beforeAll(async () => {
  versions = await startTwoVersions();
});
afterAll(() => versions?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await versions.reset();
  setFault(undefined);
});

/** The real SNS always refuses empty attributes, so this applies besides any other fault. */
function setFault(fault: FaultFunction | undefined): void {
  versions.service.sns.setFault((call) => refuseEmptyAttributes(call) ?? fault?.(call));
}
const snsIsDown: FaultFunction = () => ({
  kind: 'error-before',
  code: 'InternalError',
  status: 500,
});

const arrived = async () => (await versions.queue.all()).map(({ message }) => JSON.parse(message));
const post = async (stack: LocalStack, form: string | Record<string, string>) =>
  (await postForm(stack.webhookUrl, form)).status;
const sweep = (stack: LocalStack) => stack.invoke('publishPending', {});
const idOf = (item: Item) => item.message_id?.S ?? '';
const isMarked = async (id: string) => {
  const item = await versions.service.item(id);
  return item?.published_at !== undefined && item.pending_shard === undefined;
};

/** The record as if it was received ten minutes ago. */
function tenMinutesOld(item: Item): Item {
  const by = Date.now() - 600_000 - Number(item.received_at?.N);
  const times = Object.entries(item).filter(([name]) =>
    ['received_at', 'claim_until', 'published_at'].includes(name),
  );
  const moved = times.map(([name, { N }]) => [name, { N: String(Number(N) + by) }]);
  return { ...item, ...Object.fromEntries(moved) };
}

/** Not UTF-8. This version tells two such texts apart by their bytes, the one before by the decoded text. */
const isOdd = ({ what }: ItemBefore) => what.startsWith('in windows-1252');

describe('after an upgrade', () => {
  beforeAll(async () => {
    for (const { item } of ITEMS_BEFORE) await versions.put(tenMinutesOld(item));
  });
  const publishedBefore = ITEMS_BEFORE.filter(({ state }) => state === 'published');
  const pendingBefore = ITEMS_BEFORE.filter(({ state }) => state !== 'published');
  const [odd, plain] = [pendingBefore.filter(isOdd), pendingBefore.filter((one) => !isOdd(one))];

  it('there is one record of each state', () => {
    for (const some of [publishedBefore, odd, plain]) expect(some.length).toBeGreaterThan(0);
  });

  it.each(publishedBefore)(
    'the PBX’s retry of a published message is a duplicate: $what',
    async (one) => {
      expect(await post(versions.now, one.form)).toBe(isOdd(one) ? 409 : 200);
      expect(await arrived()).toEqual([]);
    },
  );

  it.each(odd)('the PBX’s retry of an odd text is a conflict: $what', async ({ form }) => {
    expect(await post(versions.now, form)).toBe(409);
    expect(await arrived()).toEqual([]);
  });

  it.each(plain.slice(0, 2))(
    'the PBX’s retry publishes a pending message: $what',
    async ({ form, item }) => {
      expect(await post(versions.now, form)).toBe(200);
      expect(await arrived()).toMatchObject([{ message_id: idOf(item), body: item.body?.S }]);
    },
  );

  it('a sweep publishes the rest as it was stored, odd texts included', async () => {
    await sweep(versions.now);
    const rest = [...plain.slice(2), ...odd];
    const bodies = new Map((await arrived()).map(({ message_id, body }) => [message_id, body]));
    expect(bodies).toEqual(new Map(rest.map(({ item }) => [idOf(item), item.body?.S])));
    for (const { item } of ITEMS_BEFORE) expect(await isMarked(idOf(item))).toBe(true);
  });
});

/** As large as the version before accepted and SNS accepts. */
it('a message with a large extra is published', async () => {
  const form = someForm();
  setFault(snsIsDown);
  const extra = `&large=${'\x01'.repeat(43_500)}`;
  expect(await post(versions.before, new URLSearchParams(form) + extra)).toBe(503);
  setFault(undefined);
  await versions.service.age(form.message_id);
  await sweep(versions.now);
  const [message] = await arrived();
  expect(message).toMatchObject(form);
  expect(message.extra.large).toHaveLength(43_500);
});

describe('after a rollback', () => {
  const HELD: Record<string, string>[] = [
    someForm(),
    someForm({ body: '', from: 'Zoë', timestamp: '1764115200', service_id: '4711' }),
    someForm({
      body: '\0\uFFFF 😀',
      webhook_url: 'https://endpoint/sms/test',
      carrier: 'x'.repeat(9_000),
    }),
  ];

  it('pending messages are published as they were stored, claimed or not', async () => {
    setFault(snsIsDown);
    for (const form of HELD) expect(await post(versions.now, form)).toBe(503);
    const killed = someForm();
    setFault(async () => {
      await versions.now.killInstances('receiveSms');
      return { kind: 'reset' };
    });
    expect(await post(versions.now, killed)).toBe(500);
    setFault(undefined);

    for (const { message_id = '' } of [...HELD, killed]) await versions.service.age(message_id);
    await sweep(versions.before);
    const bodies = new Map((await arrived()).map(({ message_id, body }) => [message_id, body]));
    expect(bodies).toEqual(
      new Map([...HELD, killed].map(({ message_id, body }) => [message_id, body])),
    );
    for (const { message_id = '' } of [...HELD, killed])
      expect(await isMarked(message_id)).toBe(true);
  });

  it('the PBX’s retry publishes a pending message', async () => {
    const form = someForm({ body: '✓' });
    setFault(snsIsDown);
    expect(await post(versions.now, form)).toBe(503);
    setFault(undefined);
    expect(await post(versions.before, form)).toBe(200);
    expect(await arrived()).toMatchObject([form]);
    expect(await isMarked(form.message_id)).toBe(true);
  });

  it('the PBX’s retry of a published message is a duplicate', async () => {
    const form = someForm({ body: '✓' });
    expect(await post(versions.now, form)).toBe(200);
    expect(await post(versions.before, form)).toBe(200);
    expect(await arrived()).toMatchObject([form]);
  });

  it('a message with a withheld number waits for this version, and does not delay others', async () => {
    const [withheld, other] = [someForm({ from: '' }), someForm()];
    setFault(snsIsDown);
    expect(await post(versions.now, withheld)).toBe(503);
    expect(await post(versions.now, other)).toBe(503);
    setFault(undefined);
    for (const { message_id } of [withheld, other]) await versions.service.age(message_id);
    await sweep(versions.before);
    expect(await arrived()).toMatchObject([other]);
    await sweep(versions.now);
    expect(await arrived()).toMatchObject([withheld]);
    expect(await isMarked(withheld.message_id)).toBe(true);
  });
});

it('the version before ignores what this version has refused and kept', async () => {
  const fields = { ...someForm(), from: '\n' };
  expect(await post(versions.now, fields)).toBe(400);
  const { quarantine_id } = JSON.parse(versions.service.logs.at(-1) ?? '{}');
  const kept = () => versions.service.item(quarantineKeyOf(quarantine_id));
  const entry = await kept();
  expect(entry).toMatchObject({ requests: { N: '1' } });

  await sweep(versions.before);
  expect(await post(versions.before, fields)).toBe(400);
  expect(await post(versions.before, { ...fields, from: '1' })).toBe(200);
  expect(await kept()).toEqual(entry);
  expect(await arrived()).toMatchObject([{ message_id: fields.message_id, from: '1' }]);
});
