import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { FaultFunction } from '../../tools/local/fault-proxy.ts';
import { sendAsPbx } from '../../tools/pbx-simulator/simulator.ts';
import { chance, randomFaults } from '../../tools/proof/random-faults.ts';
import {
  Ledger,
  reconcile,
  type StoredMessage,
  storedMessage,
} from '../../tools/proof/reconcile.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { postForm } from '../helpers/local-stack.ts';
import { startTwoVersions, type TwoVersions } from '../helpers/two-versions.ts';

const SEED = process.env.CHAOS_SEED || String(Date.now());
const MESSAGES = 30;
const CONCURRENCY = 5;
const FAULTS_PER_CALL = 0.15;

/** While a stack is updated, instances of both versions answer and sweep. */
let versions: TwoVersions;
beforeAll(async () => {
  versions = await startTwoVersions();
});
afterAll(() => versions?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await versions.reset();
});

const both = () => [versions.before, versions.now];
const arrived = async () => (await versions.queue.all()).map(({ message }) => JSON.parse(message));

function setFaults(fault: FaultFunction | undefined): void {
  versions.service.dynamodb.setFault(fault);
  versions.service.sns.setFault(fault);
}

/** Runs sweeps of either version, with claims made to end, until nothing is pending. */
async function settle(ids: readonly string[]): Promise<Map<string, StoredMessage>> {
  const stored = new Map<string, StoredMessage>();
  for (let sweeps = 0; sweeps < 6; sweeps++) {
    for (const id of ids) {
      const item = await versions.service.item(id);
      if (!item) continue;
      stored.set(id, storedMessage(item));
      if (item.pending_shard) await versions.service.age(id);
    }
    if ([...stored.values()].every(({ pending }) => !pending)) break;
    await both()[sweeps % 2]?.invoke('publishPending', {});
  }
  return stored;
}

it.each([
  ['the version before', 'this version', () => both()],
  ['this version', 'the version before', () => both().toReversed()],
])('a message of %s is never taken for another by %s', async (_, __, order) => {
  const [first, second] = order().map(({ webhookUrl }) => webhookUrl);
  const form = someForm();
  expect((await postForm(first ?? '', form)).status).toBe(200);
  expect((await postForm(second ?? '', { ...form, body: 'another' })).status).toBe(409);
  expect((await postForm(second ?? '', form)).status).toBe(200);

  versions.service.sns.setFault(() => ({ kind: 'error-before', code: 'AuthorizationError' }));
  const pending = someForm();
  expect((await postForm(first ?? '', pending)).status).toBe(503);
  versions.service.sns.setFault(undefined);
  expect((await postForm(second ?? '', { ...pending, body: 'another' })).status).toBe(409);
  expect((await postForm(second ?? '', pending)).status).toBe(200);
  expect(await arrived()).toMatchObject([form, pending]);
});

it.each([
  ['the version before', 'this version', () => both()],
  ['this version', 'the version before', () => both().toReversed()],
])('a claim of %s is respected by %s until it ends', async (_, __, order) => {
  const [first, second] = order();
  const form = someForm();
  const { message_id } = form;
  versions.service.sns.setFault(async () => {
    await first?.killInstances('receiveSms');
    return { kind: 'reset' };
  });
  expect((await postForm(first?.webhookUrl ?? '', form)).status).toBe(500);
  versions.service.sns.setFault(undefined);

  await versions.grow(message_id);
  await second?.invoke('publishPending', {});
  expect((await postForm(second?.webhookUrl ?? '', form)).status).toBe(503);
  expect(await arrived()).toEqual([]);

  await versions.service.age(message_id);
  await second?.invoke('publishPending', {});
  expect((await postForm(first?.webhookUrl ?? '', form)).status).toBe(200);
  expect(await arrived()).toMatchObject([form]);
});

it(`no message is lost or merged, seed ${SEED}`, { timeout: 120_000 }, async () => {
  const ledger = new Ledger();
  const ids = Array.from({ length: MESSAGES }, (_, index) => `both-${SEED}-${index}`);
  const kill = async () => {
    await Promise.all(both().map((stack) => stack.killInstances('receiveSms')));
  };
  setFaults(randomFaults({ seed: SEED, rate: FAULTS_PER_CALL, ledger, kill }));

  const answeredBy = new Map<string, number>();
  const send = async (id: string) => {
    const message = ledger.begin(id, `Message ${id}: ✓`);
    let attempt = 0;
    const { delivered } = await sendAsPbx({
      url: versions.now.webhookUrl,
      fields: someForm({ message_id: id, body: message.text }),
      retry: { attempts: 10, delayMs: 20 },
      fetch: (_, request) => {
        const isNow = chance(SEED, id, message.sends, attempt++) < 0.5;
        const url = (isNow ? versions.now : versions.before).webhookUrl;
        answeredBy.set(url, (answeredBy.get(url) ?? 0) + 1);
        return ledger.during(id, () => fetch(url, request));
      },
    });
    if (delivered) message.answered++;
    else message.emailed++;
  };
  const waiting = ids.values();
  const worker = async () => {
    for (const id of waiting) {
      await send(id);
      if (chance(SEED, id, 'duplicate') < 0.3) await send(id);
    }
  };
  let isSending = true;
  const sweeper = async (stack: (typeof versions)['now']) => {
    while (isSending) {
      await Promise.all([...new Set(ledger.inFlight)].map((id) => versions.grow(id)));
      // A sweep whose calls fail ends, and the next one begins.
      await stack.invoke('publishPending', {}).catch(() => {});
    }
  };
  const sweepers = Promise.all(both().map(sweeper));
  await Promise.all(Array.from({ length: CONCURRENCY }, worker)).finally(() => {
    isSending = false;
  });
  await sweepers;
  setFaults(undefined);

  const stored = await settle(ids);
  const messages = await arrived();
  const { figures, differences } = reconcile({
    ...{ sent: ledger.sent, stored },
    arrived: messages.map(({ message_id: id, body: text }) => ({ id, text })),
  });
  const { answered, emailedOnly, lost, repeated, unexplained } = figures;
  console.log(
    `two versions, seed ${SEED}: ${answered} answered 200, ${emailedOnly} e-mailed, ${lost} lost, ` +
      `${repeated} repeated (${unexplained} unexplained); faults: ${ledger.faultsText}`,
  );
  expect(differences, `CHAOS_SEED=${SEED}`).toEqual([]);
  expect(figures).toMatchObject({ sent: MESSAGES, lost: 0, unexplained: 0 });
  for (const { webhookUrl } of both())
    expect(answeredBy.get(webhookUrl)).toBeGreaterThan(MESSAGES / 3);
  // All copies are equal, from any version, except for the time that the test has changed.
  const contents = Map.groupBy(messages, ({ message_id }) => message_id);
  for (const [id, copies] of contents) {
    const texts = copies.map(({ received_at: _, ...message }) => JSON.stringify(message));
    expect(new Set(texts).size, id).toBe(1);
  }
});
