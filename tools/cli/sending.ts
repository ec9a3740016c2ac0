import { setMaxListeners } from 'node:events';
import { maskTokens, maskUrl } from '../../infra/plugin/mask-token.js';
import { inParallel, Pacer } from '../archive/pacing.ts';
import { MALFORMED, type MalformedKind, pbxFields } from '../pbx-simulator/request.ts';
import {
  type PbxAttempt,
  type PbxOptions,
  type PbxResult,
  sendAsPbx,
} from '../pbx-simulator/simulator.ts';
import { printable } from '../shared/terminal-text.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';
import type { MessageToSend } from './messages-to-send.ts';
import type { Output, Progress } from './output.ts';
import type { Stack } from './stack.ts';
import type { Row } from './table.ts';

/** Above this number of messages, a terminal shows no row for each. */
const MAX_ROWS = 20;

/** What is sent, and how. */
export interface Sending
  extends Required<Pick<PbxOptions, 'retry' | 'timeoutMs'>>,
    Pick<PbxOptions, 'headers'> {
  readonly messages: AsyncGenerator<MessageToSend>;
  /** With duplicates. Nothing if the length of the file is not known. */
  readonly total: number | undefined;
  /** Messages that are sent at once. */
  readonly concurrency: number;
  /** Messages a second, at most. */
  readonly rate: number;
  /** Copies that are sent with each message, at once. */
  readonly duplicates: number;
  readonly malformed: MalformedKind | undefined;
  /** Called when a message or a duplicate of it was answered 200. */
  readonly onDelivered?: (messageId: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Posts messages to a webhook as the PBX does, and shows what becomes of each.
 *
 * @throws {CliError} At the end, if one was not delivered.
 */
export async function sendMessages(url: string, sending: Sending, output: Output): Promise<void> {
  const { messages, total, concurrency, rate, duplicates, malformed, signal } = sending;
  const { retry, timeoutMs, headers } = sending;
  // Each running request listens to it.
  setMaxListeners(0, signal);
  output.note(`To ${maskUrl(url)}`);
  using progress = output.progress('Sending');
  // With a row for each message, the failures would be hard to see.
  const showsFailuresOnly = output.isTerminal && (total ?? Number.POSITIVE_INFINITY) > MAX_ROWS;
  const view = output.isJson
    ? jsonView(output)
    : tableView(output, { progress, showsFailuresOnly });
  const pacer = new Pacer(rate);
  const counts = { started: 0, sent: 0, delivered: 0 };

  const sendOne = async (form: Pick<PbxOptions, 'fields' | 'repeated'>, copy: number) => {
    let attempts = 0;
    const { message_id = '' } = form.fields;
    const result = await sendAsPbx({
      url,
      ...form,
      retry,
      timeoutMs,
      headers,
      signal,
      ...(malformed && { alter: MALFORMED[malformed].alter }),
      onAttempt: (attempt) => view.attempt(message_id, ++attempts, attempt),
    });
    await view.result(message_id, copy, result);
    if (result.delivered) sending.onDelivered?.(message_id);
    return result;
  };

  try {
    await inParallel(messages, concurrency, async (message) => {
      await pacer.take(1, signal);
      const form = { ...message, fields: pbxFields(url, message.fields) };
      counts.started += 1 + duplicates;
      const copies = Array.from({ length: 1 + duplicates }, (_, copy) => sendOne(form, copy));
      const results = await Promise.all(copies);
      counts.sent += results.length;
      counts.delivered += results.filter(({ delivered }) => delivered).length;
      if (!showsFailuresOnly) return;
      const { sent } = counts;
      progress.update(total && sent / total, `${sent}${total ? ` of ${total}` : ''} sent`);
    });
  } finally {
    progress.clear();
    output.note(summaryOf(counts, total, signal.aborted));
  }
  const failed = counts.sent - counts.delivered;
  if (failed === 0) return;
  throw new CliError(
    EXIT.failed,
    `${failed} of ${counts.sent} were not delivered. A real PBX would e-mail them.`,
    'docs/errors.md says what each answer means.',
  );
}

/** The last line. A stopped run also counts the messages that were not sent. */
function summaryOf(
  { started, sent, delivered }: Record<'started' | 'sent' | 'delivered', number>,
  total: number | undefined,
  isStopped: boolean,
): string {
  if (!isStopped) return `${delivered} of ${sent} delivered.`;
  const counts = [
    total === undefined ? `${delivered} delivered` : `${delivered} of ${total} delivered`,
    sent > delivered && `${sent - delivered} not delivered`,
    started > sent && `${started - sent} uncertain`,
    total !== undefined && `${total - started} not sent`,
  ];
  return `Stopped: ${counts.filter(Boolean).join(', ')}.`;
}

/** Shows attempts and results. Tokens in an answer are masked, because some endpoints answer with their URL. */
interface View {
  attempt(messageId: string, number: number, attempt: PbxAttempt): void;
  result(messageId: string, copy: number, result: PbxResult): Promise<void>;
}

function jsonView(output: Output): View {
  return {
    attempt: () => {},
    result: (message_id, copy, result) => {
      const attempts = result.attempts.map((attempt) =>
        'body' in attempt ? { ...attempt, body: maskTokens(attempt.body) } : attempt,
      );
      return output.json({ message_id, copy, ...result, attempts });
    },
  };
}

/** For people: a row for each attempt, at once. */
function tableView(
  output: Output,
  how: { readonly progress: Progress; readonly showsFailuresOnly: boolean },
): View {
  const table = output.table([
    { title: 'ID', width: 36 },
    { title: 'ATTEMPT', width: 7, align: 'right' },
    { title: 'STATUS', width: 8 },
    { title: 'TIME', width: 8, align: 'right' },
    { title: 'ANSWER' },
  ]);
  let printing = Promise.resolve();
  const print = async (row: Row) => {
    await printing;
    how.progress.clear();
    await table.write([row]);
  };
  return {
    attempt: (messageId, number, attempt) => {
      const isAnswer = 'status' in attempt;
      const isDelivered = isAnswer && attempt.status === 200;
      if (isDelivered && how.showsFailuresOnly) return;
      printing = print([
        printable(messageId),
        String(number),
        output.style(isDelivered ? 'green' : 'red', isAnswer ? String(attempt.status) : 'none'),
        { shown: `${attempt.ms} ms`, value: String(attempt.ms) },
        printable(isAnswer ? maskTokens(attempt.body) : attempt.error),
      ]);
      // `result` throws it.
      printing.catch(() => {});
    },
    result: () => printing,
  };
}

/**
 * The URL to give to the PBX.
 *
 * @throws {CliError} If this machine does not know the token.
 */
export async function webhookUrlOf(stack: Stack): Promise<string> {
  const known = await stack.webhookToken();
  if (known.token !== undefined) return `${stack.webhookBaseUrl}/${known.token}`;
  throw usageError(
    `The token of the webhook URL is not known here. ${known.why}`,
    'Set WEBHOOK_TOKENS, in the environment or in .env, or give --url.',
  );
}
