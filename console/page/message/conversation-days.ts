import type { MessageSummary } from '../../protocol.ts';

/** The messages of one day, newest first. */
export interface ConversationDay {
  /** Of its newest message, epoch ms. */
  readonly at: number;
  readonly messages: readonly MessageSummary[];
}

/** Messages by the day that they came on, where this is. */
export function daysOf(messages: readonly MessageSummary[]): ConversationDay[] {
  const days: { at: number; messages: MessageSummary[] }[] = [];
  let last = '';
  for (const message of messages) {
    const name = new Date(message.received_at).toDateString();
    if (name !== last) days.push({ at: message.received_at, messages: [] });
    days.at(-1)?.messages.push(message);
    last = name;
  }
  return days;
}
