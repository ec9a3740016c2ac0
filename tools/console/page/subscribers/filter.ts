import { signal } from '@preact/signals';
import type { FilterResult, SubscriberMessage } from '../../lab-protocol.ts';
import { ask } from '../api.ts';
import { parsedJson } from '../ui/format.ts';

/** What became of a policy. */
interface Filtering {
  readonly result?: FilterResult;
  /** Why SNS refuses it. */
  readonly error?: string;
}

/** The filter policy, as it was typed; kept while another view is shown. */
export const policy = signal('');

/** The messages that it lets through. Undefined while there is no policy. */
export const filtering = signal<Filtering | undefined>(undefined);

/** How long to wait for the next key. */
const TYPED_MS = 250;
/** How long to wait for more messages. */
const RECEIVED_MS = 500;

let timer: ReturnType<typeof setTimeout> | undefined;
let asked: AbortController | undefined;

export function changePolicy(text: string): void {
  policy.value = text;
  asked?.abort();
  asked = undefined;
  schedule(text.trim() === '' ? 0 : TYPED_MS);
}

/** Checks the policy again, because there are other messages. */
export function messagesChanged(): void {
  if (timer === undefined) schedule(RECEIVED_MS);
}

function schedule(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(look, ms);
}

async function look(): Promise<void> {
  timer = undefined;
  if (policy.value.trim() === '') {
    filtering.value = undefined;
    return;
  }
  if (asked) return schedule(RECEIVED_MS);
  const mine = new AbortController();
  asked = mine;
  const body = { policy: policy.value };
  const answer = await ask<FilterResult>('filter', { method: 'POST', body, signal: mine.signal })
    .then((result) => ({ result }))
    .catch(({ message }: Error) => ({ error: message }));
  if (asked !== mine) return;
  asked = undefined;
  filtering.value = answer;
}

/** Example policies, as JSON. Each matches some of the present messages. */
export function policyExamples(received: readonly SubscriberMessage[]) {
  const latest = received[0]?.attributes;
  const from = latest?.from ?? '+61491570006';
  const number = latest?.sms_number ?? '+61491570156';
  const examples = {
    'From Australian mobiles': { from: [{ prefix: '+614' }] },
    'To one number': { sms_number: [number] },
    'From anybody but one': { from: [{ 'anything-but': [from] }] },
    'Only replays': { replay: [{ exists: true }] },
    'No replays': { replay: [{ exists: false }] },
  };
  return Object.entries(examples).map(([label, policy]) => ({
    label,
    policy: JSON.stringify(policy),
  }));
}

/**
 * The command of docs/subscribe.md that subscribes a queue with a policy.
 *
 * @returns Undefined while the policy is no JSON.
 */
export function subscribeCommand(policy: string): string | undefined {
  const value = parsedJson(policy);
  if (value === undefined) return undefined;
  const attributes = JSON.stringify({ FilterPolicy: JSON.stringify(value) });
  return [
    'aws sns subscribe --topic-arn "$TOPIC_ARN" --protocol sqs',
    '--notification-endpoint "$QUEUE_ARN"',
    `--attributes ${shellQuoted(attributes)}`,
  ].join(' \\\n  ');
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
