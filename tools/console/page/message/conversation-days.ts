import type { MessageSummary } from '../../protocol.ts';
import { isSameDay } from '../ui/format.ts';

/** The messages of one day, newest first. */
export interface ConversationDay {
  /** Of its newest message, epoch ms. */
  readonly at: number;
  readonly messages: readonly MessageSummary[];
}

/** Messages by the day that they came on, where this is. */
export function daysOf(messages: readonly MessageSummary[]): ConversationDay[] {
  const days: { at: number; messages: MessageSummary[] }[] = [];
  for (const message of messages) {
    const last = days.at(-1);
    if (last && isSameDay(last.at, message.received_at)) last.messages.push(message);
    else days.push({ at: message.received_at, messages: [message] });
  }
  return days;
}
