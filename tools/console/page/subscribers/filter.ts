import { signal } from '@preact/signals';
import type { FilterResult } from '../../protocol.ts';
import { ask } from '../api.ts';

/** What became of a policy. */
export interface Filtering {
  readonly result?: FilterResult;
  /** Why SNS would not take it. */
  readonly error?: string;
}

/** The filter policy, as it was typed; kept while another view is shown. */
export const policy = signal('');

/** Which of the messages it lets through; nothing while there is no policy. */
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

/** Has it looked at again, because there are other messages. */
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
  const answer = await filterBy(policy.value, mine.signal);
  if (asked !== mine) return;
  asked = undefined;
  filtering.value = answer;
}

async function filterBy(text: string, signal: AbortSignal): Promise<Filtering> {
  try {
    const body = { policy: text };
    return { result: await ask<FilterResult>('filter', { method: 'POST', body, signal }) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
