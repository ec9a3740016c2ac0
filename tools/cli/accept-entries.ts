import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryFailed } from '../../lib/messages/delivery.ts';
import { notificationsIn } from '../../lib/messages/notification.ts';
import type { Acceptance } from '../../lib/messages/quarantine.ts';
import type { Written } from '../archive/accept-quarantined.ts';
import type { FieldValues } from '../archive/read-quarantined.ts';
import { CliError, EXIT } from './cli-error.ts';
import { confirm } from './confirm.ts';
import { type Decision, decideEach } from './decide-entries.ts';
import { explainError } from './explain-error.ts';
import { messageFormatOf } from './message-options.ts';
import type { Output } from './output.ts';
import { shortId } from './quarantine-columns.ts';
import {
  type Accepted,
  acceptedText,
  type DecisionText,
  entriesText,
  refusalText,
} from './quarantine-texts.ts';
import type { Runtime } from './runtime.ts';
import type { Stack } from './stack.ts';

/** Entries that are decided at the same time. */
const AT_ONCE = 8;
const DAY_MS = 86_400_000;

interface Selected {
  readonly stack: Stack;
  readonly output: Output;
  readonly ids: readonly string[];
  readonly isOne: boolean;
  readonly isDryRun: boolean;
  /** Does not ask. */
  readonly isConfirmed: boolean;
}

/** Accepts the entries with these ids: see acceptQuarantined. */
export async function acceptEntries(
  runtime: Runtime,
  { values, ...selected }: Selected & { readonly values: FieldValues },
): Promise<void> {
  const { stack, output, ids, isOne, isDryRun, isConfirmed } = selected;
  if (!isOne && !isDryRun && !isConfirmed && ids.length > 0) {
    const audience = `every subscriber of ${stack.topicArn}`;
    await confirm(runtime, `${entriesText(ids.length)} will be published to ${audience}.`);
  }
  const accept = isDryRun ? await planner(stack, values) : await accepter(stack, values);
  await decideEach({ ...selected, ...accept, words: WORDS.accept }, output);
}

const WORDS = {
  accept: { label: 'Accepting', done: 'accepted' },
  discard: { label: 'Discarding', done: 'discarded' },
} as const;

type Decider = Pick<Decision, 'decide' | 'atOnce'>;

/** Says what accepting an entry would do. */
async function planner(stack: Stack, values: FieldValues): Promise<Decider> {
  const { planAcceptance } = await import('../archive/accept-quarantined.ts');
  const store = await storeOf(stack);
  const decide: Decider['decide'] = async (id, signal) => {
    const entry = await store.find(id, signal);
    const plan = entry ? planAcceptance(entry, values) : { outcome: 'gone' as const };
    if ('outcome' in plan) return { json: plan, said: refusalText(id, plan) };
    const { message_id } = plan.message;
    const text = `${shortId(id)} would be accepted as ${message_id}.`;
    return { json: { outcome: 'acceptable', message_id }, said: { isDone: true, text, hint: '' } };
  };
  return { decide, atOnce: 1 };
}

async function accepter(stack: Stack, values: FieldValues): Promise<Decider> {
  const { acceptQuarantined, LEASE_MS } = await import('../archive/accept-quarantined.ts');
  const { DynamoDBMessageStore } = await import('../../lib/aws/message-store.ts');
  const acceptances = await storeOf(stack);
  const topic = await stack.topic();
  const delivery = {
    store: new DynamoDBMessageStore(await stack.clients.dynamodb(), stack.tableName),
    topic,
    toNotification: notificationsIn(messageFormatOf(stack, undefined)),
    now: Date.now,
    newOwner: randomUUID,
    leaseMs: LEASE_MS,
    retentionMs: stack.retentionDays * DAY_MS,
  };
  const decide: Decider['decide'] = async (id, signal) => {
    const pause = (ms: number) => delay(ms, undefined, { signal });
    const entry = await acceptances.find(id, signal);
    const result: Accepted = entry
      ? await acceptQuarantined(entry, values, { acceptances, delivery, pause, signal }).catch(
          refusedOrExplained,
        )
      : { outcome: 'gone' };
    return { json: result, said: acceptedText(id, result, stack) };
  };
  // A conversation's messages stay in their order.
  return { decide, atOnce: topic.keepsOrder ? 1 : AT_ONCE };
}

/** @throws {CliError} If the error does not concern this message alone. */
async function refusedOrExplained(error: unknown): Promise<Accepted> {
  if (!(error instanceof DeliveryFailed)) throw error;
  const { cause } = error;
  const { faultOfError } = await import('../../lib/aws/publish-faults.ts');
  if (error.step === 'publish' && faultOfError(cause) === 'entry') {
    return { outcome: 'refused', error: cause instanceof Error ? cause.name : 'unknown' };
  }
  const said = cause instanceof Error ? cause.message : String(cause);
  throw (
    explainError(cause) ?? new CliError(EXIT.failed, `${error.message}: ${said}`, 'Run it again.')
  );
}

/** Discards the entries with these ids. */
export async function discardEntries(runtime: Runtime, selected: Selected): Promise<void> {
  const { stack, output, ids, isDryRun, isConfirmed } = selected;
  if (!isDryRun && !isConfirmed && ids.length > 0) {
    await confirm(runtime, `The content of ${entriesText(ids.length)} will be deleted for good.`);
  }
  const store = await storeOf(stack);
  const decide: Decision['decide'] = async (id, signal) => {
    const written: Written = isDryRun
      ? { isDone: false, entry: await store.find(id, signal) }
      : await store.discard(id, Date.now(), signal);
    if (written.isDone) return told('discarded', id, 'is discarded.');
    const { entry } = written;
    if (!entry) return told('discarded', id, 'is gone: it was deleted meanwhile.');
    if (entry.acceptance) return begun(id, entry.acceptance, entry.accepted_at !== undefined);
    return told('discardable', id, 'would be discarded.');
  };
  await decideEach({ ...selected, decide, atOnce: AT_ONCE, words: WORDS.discard }, output);
}

function told(outcome: string, id: string, text: string) {
  return { json: { outcome }, said: { isDone: true, text: `${shortId(id)} ${text}`, hint: '' } };
}

function begun(id: string, { message_id }: Acceptance, isAccepted: boolean) {
  const said: DecisionText = isAccepted
    ? {
        isDone: false,
        text: `${shortId(id)} is not discarded: it was accepted as ${message_id}.`,
        hint: 'The entry expires by itself. The message stays.',
      }
    : {
        isDone: false,
        text: `${shortId(id)} is not discarded: somebody has begun to accept it as ${message_id}.`,
        hint: 'To finish that, accept it.',
      };
  return { json: { outcome: isAccepted ? 'accepted-before' : 'begun', message_id }, said };
}

async function storeOf(stack: Stack) {
  const { DynamoDBAcceptanceStore } = await import('../archive/acceptance-store.ts');
  return new DynamoDBAcceptanceStore(await stack.clients.dynamodb(), stack.tableName);
}
