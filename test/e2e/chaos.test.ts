import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsCall, Fault, FaultFunction } from '../../tools/local/fault-proxy.ts';
import { type PbxResult, sendAsPbx } from '../../tools/pbx-simulator/simulator.ts';
import { chance, idsOf, randomFaults, stepOf } from '../../tools/proof/random-faults.ts';
import {
  type ArrivedMessage,
  Ledger,
  reconcile,
  type StoredMessage,
  storedMessage,
} from '../../tools/proof/reconcile.ts';
import { type FaultyStack, startFaultyStack } from '../helpers/faulty-stack.ts';
import { type SubscribedQueue, subscribeQueue } from '../helpers/local-stack.ts';

const SEED = process.env.CHAOS_SEED || String(Date.now());
const MESSAGES = 60;
const CONCURRENCY = 5;
const FAULTS_PER_CALL = 0.25;
/** The shares of messages that SNS, or DynamoDB, always fails while faults are on. */
const UNPUBLISHABLE = 0.1;
const UNSTORABLE = 0.05;
/** The SDK does not retry this. */
const DENIED: Fault = { kind: 'error-before', code: 'AccessDeniedException' };

let service: FaultyStack;
let queue: SubscribedQueue;
beforeAll(async () => {
  service = await startFaultyStack();
  queue = await subscribeQueue(service.stack);
});
afterAll(async () => {
  await queue?.close();
  await service?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  service.reset();
  await queue.all();
});

const sweep = () => service.stack.invoke('publishPending', {});
const arrived = async (): Promise<ArrivedMessage[]> =>
  (await queue.all()).map(({ message }) => {
    const { message_id, body } = JSON.parse(message);
    return { id: message_id, text: body };
  });

function setFaults(fault: FaultFunction | undefined): void {
  service.dynamodb.setFault(fault);
  service.sns.setFault(fault);
}

function send(id: string, text: string, attempts = 10, send = fetch): Promise<PbxResult> {
  return sendAsPbx({
    url: service.stack.webhookUrl,
    fields: { message_id: id, from: '+61400000001', sms_number: '+61400000002', body: text },
    retry: { attempts, delayMs: 20 },
    fetch: send,
  });
}

/** The stored records of these messages. */
async function storedOf(ids: Iterable<string>): Promise<Map<string, StoredMessage>> {
  const stored = new Map<string, StoredMessage>();
  for (const id of ids) {
    const item = await service.item(id);
    if (item) stored.set(id, storedMessage(item));
  }
  return stored;
}

/** Runs sweeps without faults, with claims and grace made to end, until nothing is pending. */
async function settle(ids: readonly string[]): Promise<Map<string, StoredMessage>> {
  setFaults(undefined);
  for (let sweeps = 0; sweeps < 5; sweeps++) {
    const stored = await storedOf(ids);
    const pending = [...stored].filter(([, message]) => message.pending);
    if (pending.length === 0) return stored;
    for (const [id] of pending) await service.age(id);
    await sweep();
  }
  return storedOf(ids);
}

/** Kills a function's processes once, at one step of a message. */
function killOnce(functionName: string, step: string, when: 'before' | 'after') {
  const state = { killed: false };
  const fault = async (call: AwsCall): Promise<Fault | undefined> => {
    if (state.killed || stepOf(call) !== step) return undefined;
    state.killed = true;
    const run = () => service.stack.killInstances(functionName);
    if (when === 'after') return { kind: 'after', run };
    await run();
    return { kind: 'reset' };
  };
  return { state, fault };
}

describe('receiveSms is killed', () => {
  // Nobody else may publish it until its claim ends. The PBX is told to retry, and gives up.
  it.each([
    ['before', 'PutItem', { delivered: true, copies: 1 }],
    ['after', 'PutItem', { delivered: false, copies: 1 }],
    ['before', 'Publish', { delivered: false, copies: 1 }],
    ['after', 'Publish', { delivered: false, copies: 2 }],
    ['before', 'mark', { delivered: false, copies: 2 }],
    ['after', 'mark', { delivered: true, copies: 1 }],
  ] as const)('%s %s: no message is lost', async (when, step, { delivered, copies }) => {
    const id = `kill-${when}-${step}-${SEED}`;
    const { state, fault } = killOnce('receiveSms', step, when);
    setFaults(fault);
    const result = await send(id, 'Hello', 3);
    expect(state.killed).toBe(true);
    expect(result).toMatchObject({ delivered, emailed: !delivered });
    expect(result.attempts[0]).toMatchObject({ status: 500 });

    const stored = await settle([id]);
    expect(stored.get(id)).toEqual({ text: 'Hello', published: true, pending: false });
    expect(await arrived()).toEqual(Array(copies).fill({ id, text: 'Hello' }));
  });

  it.each([
    ['before', { delivered: false }],
    ['after', { delivered: true }],
  ] as const)('%s release: no message is lost', async (when, { delivered }) => {
    const id = `kill-${when}-release-${SEED}`;
    const { state, fault } = killOnce('receiveSms', 'release', when);
    setFaults((call) =>
      stepOf(call) === 'Publish' && !state.killed
        ? { kind: 'error-before', code: 'AuthorizationError', status: 403 }
        : fault(call),
    );
    expect(await send(id, 'Hello', 3)).toMatchObject({ delivered });
    expect((await settle([id])).get(id)).toMatchObject({ published: true, pending: false });
    expect(await arrived()).toEqual([{ id, text: 'Hello' }]);
  });
});

describe('publishPending is killed', () => {
  it.each([
    ['before', 'claim', 1],
    ['after', 'claim', 1],
    ['before', 'PublishBatch', 1],
    ['after', 'PublishBatch', 2],
    ['before', 'mark', 2],
    ['after', 'mark', 1],
  ] as const)('%s %s: the next sweep publishes it', async (when, step, copies) => {
    const id = `sweep-${when}-${step}-${SEED}`;
    service.sns.setFault(() => ({ kind: 'error-before', code: 'InternalError', status: 500 }));
    expect(await send(id, 'Hello', 1)).toMatchObject({ emailed: true });
    await service.age(id);
    const { fault } = killOnce('publishPending', step, when);
    setFaults(fault);
    await expect(sweep()).rejects.toThrow();

    expect((await settle([id])).get(id)).toMatchObject({ published: true, pending: false });
    expect(await arrived()).toEqual(Array(copies).fill({ id, text: 'Hello' }));
  });
});

it(`no message is lost under random faults, seed ${SEED}`, { timeout: 60_000 }, async () => {
  const ledger = new Ledger();
  const ids = Array.from({ length: MESSAGES }, (_, index) => `chaos-${SEED}-${index}`);
  const kill = () => service.stack.killInstances('receiveSms');
  const faults = randomFaults({ seed: SEED, rate: FAULTS_PER_CALL, ledger, kill });
  const isDoomed = (call: AwsCall, step: string, share: number) =>
    stepOf(call) === step && chance(SEED, idsOf(call)[0], step) < share;
  setFaults((call) => {
    const denied =
      isDoomed(call, 'Publish', UNPUBLISHABLE) || isDoomed(call, 'PutItem', UNSTORABLE);
    if (!denied) return faults(call);
    ledger.fault('denied');
    return DENIED;
  });

  const waiting = ids.values();
  const worker = async () => {
    for (const id of waiting) {
      const message = ledger.begin(id, `Message ${id}: ✓`);
      const { delivered } = await send(id, message.text, 10, (...request) =>
        ledger.during(id, () => fetch(...request)),
      );
      if (delivered) message.answered++;
      else message.emailed++;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));

  const run = { sent: ledger.sent, stored: await settle(ids), arrived: await arrived() };
  const { figures, differences } = reconcile(run);
  const { sent, answered, emailedOnly, stored, lost, repeated, unexplained } = figures;
  console.log(
    `chaos seed ${SEED}: ${sent} messages, ${answered} answered 200, ${emailedOnly} e-mailed, ` +
      `${stored} stored, ${lost} lost, ${repeated} repeated (${unexplained} unexplained); ` +
      `faults: ${ledger.faultsText}`,
  );
  expect(differences, `CHAOS_SEED=${SEED}`).toEqual([]);
  expect(figures).toMatchObject({ sent: MESSAGES, lost: 0, unexplained: 0 });
});
