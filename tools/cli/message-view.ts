import type { ArchivedMessage } from '../archive/message-archive.ts';
import { printable } from '../shared/terminal-text.ts';
import { receiverCell, senderCell } from './cells.ts';
import type { Output } from './output.ts';
import type { Column, Row } from './table.ts';
import { localTime } from './times.ts';

/** `publishing`: an invocation holds a claim on it right now. */
export type MessageState = 'pending' | 'publishing' | 'published';

const COLOURS = { pending: 'yellow', publishing: 'cyan', published: 'green' } as const;

export function stateOf(message: ArchivedMessage, now = Date.now()): MessageState {
  if (message.published_at !== undefined) return 'published';
  return message.claim && message.claim.until > now ? 'publishing' : 'pending';
}

/** A message as `--json` shows it: its record, and the state. */
export function messageJson(message: ArchivedMessage): object {
  return { ...message, state: stateOf(message) };
}

/** The state, coloured. */
export function stateText(message: ArchivedMessage, output: Pick<Output, 'style'>): string {
  const state = stateOf(message);
  return output.style(COLOURS[state], state);
}

export const MESSAGE_COLUMNS: readonly Column[] = [
  { title: 'RECEIVED', width: 19 },
  { title: 'FROM', width: 15 },
  { title: 'TO', width: 15 },
  { title: 'STATE', width: 10 },
  { title: 'ID', width: 36 },
  { title: 'TEXT' },
];

export function messageRow(message: ArchivedMessage, output: Pick<Output, 'style'>): Row {
  return [
    localTime(message.received_at),
    senderCell(message.from),
    receiverCell(message.sms_number),
    stateText(message, output),
    printable(message.message_id),
    printable(message.body),
  ];
}
