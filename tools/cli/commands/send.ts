import { setMaxListeners } from 'node:events';
import { Option } from '@commander-js/extra-typings';
import { maskTokens, maskUrl } from '../../../infra/plugin/mask-token.js';
import { inParallel, Pacer } from '../../archive/pacing.ts';
import { MALFORMED, MALFORMED_KINDS, type MalformedKind } from '../../pbx-simulator/malformed.ts';
import { FICTITIOUS, pbxFields } from '../../pbx-simulator/request.ts';
import {
  MAX_ATTEMPTS,
  type PbxAttempt,
  type PbxOptions,
  type PbxResult,
  RETRY_DELAY_MS,
  sendAsPbx,
  TIMEOUT_MS,
} from '../../pbx-simulator/simulator.ts';
import { printable } from '../../shared/terminal-text.ts';
import { useProxies } from '../aws-http.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import { stackCommand, withStack } from '../command.ts';
import type { MessageToSend } from '../csv-message.ts';
import { wholeNumber } from '../message-options.ts';
import { messagesOfCsv, repeated } from '../messages-to-send.ts';
import { Output, type Progress } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { fieldsOf, parseField, parseUrl, secondsFrom, webhookUrlOf } from '../send-options.ts';

/** More messages than these have no row each on a terminal. */
const MAX_ROWS = 20;

/** `inbound-sms send` */
export function sendCommand(runtime: Runtime) {
  return stackCommand(runtime, 'send', {
    summary: 'send messages as the PBX does',
    description:
      "It posts the form of the provider's guide and keeps its rules: exactly 200 is delivered; anything else is tried again, 10 attempts in all, and then the PBX e-mails the message. The messages are real ones for the stack: it stores and publishes them. The default numbers are fictitious.\nIt ends with 1 if a message was not delivered.",
    // A withheld number, a message without words.
    mayBeEmpty: ['--from', '--to', '--body'],
    examples: [
      ['--local', 'one message to the local stack'],
      ['--url https://ENDPOINT/sms/test --body "Hello" --from +61491570006', 'to any endpoint'],
      ['--local --duplicates 3', 'a message that comes four times at once'],
      ['--local --malformed repeated-field --attempts 1', 'what no PBX should send'],
      ['--local --csv messages.csv --rate 20 --concurrency 5', 'a file, 20 messages a second'],
    ],
  })
    .addOption(
      new Option('--url <url>', 'webhook to post to, instead of that of a stack')
        .argParser(parseUrl)
        .conflicts(['local', 'stage', 'stack', 'region', 'profile']),
    )
    .option('--from <number>', `sender (${FICTITIOUS.from})`)
    .option('--to <number>', `number that it is sent to (${FICTITIOUS.sms_number})`)
    .option('--body <text>', 'text ("Test Message")')
    .option('--id <id>', 'message_id (a new UUID each)')
    .option('--field <name=value>', 'another field of the form; may be repeated', parseField)
    .option('--csv <file>', 'a message a row; the first line names fields of the form; - is stdin')
    .option('--exact', "CSV: a ' before a formula or a number is part of the text")
    .option('--count <count>', 'so many messages', wholeNumber)
    .option('--duplicates <count>', 'each message so many times more, all at once', wholeNumber)
    .addOption(
      new Option('--malformed <kind>', 'a request that a webhook must refuse').choices(
        MALFORMED_KINDS,
      ),
    )
    .option('--rate <count>', 'messages a second, at most', wholeNumber)
    .option('--concurrency <count>', 'messages under way at once', wholeNumber, 1)
    .option('--attempts <count>', 'attempts before it gives up', wholeNumber, MAX_ATTEMPTS)
    .option('--retry-delay <seconds>', 'between attempts', secondsFrom(0), RETRY_DELAY_MS / 1000)
    .option('--timeout <seconds>', 'to wait for an answer', secondsFrom(0.001), TIMEOUT_MS / 1000)
    .action(async (options) => {
      const { url, csv, count, concurrency, rate = Number.POSITIVE_INFINITY, id } = options;
      if (csv !== undefined && count !== undefined) {
        throw usageError('--csv has its own messages: it does not go with --count.');
      }
      if (id !== undefined && (csv ?? count) !== undefined) {
        throw usageError('--id is for one message: for the same one again, use --duplicates.');
      }
      if (options.exact && csv === undefined) throw usageError('--exact goes with --csv only.');
      const fields = fieldsOf(options);
      const note = (text: string) => new Output(runtime, options).note(text);
      const messages =
        csv === undefined
          ? repeated(fields, count ?? 1)
          : await messagesOfCsv(csv, runtime, { fields, isExact: options.exact, note });
      const sending = {
        messages,
        total: csv === undefined ? (count ?? 1) * (1 + (options.duplicates ?? 0)) : undefined,
        concurrency,
        pacer: new Pacer(rate),
        duplicates: options.duplicates ?? 0,
        malformed: options.malformed,
        retry: { attempts: options.attempts, delayMs: options.retryDelay * 1000 },
        timeoutMs: options.timeout * 1000,
        signal: runtime.signal,
      };
      if (url !== undefined) {
        useProxies(runtime.environment);
        await send(url, sending, new Output(runtime, options));
      } else {
        await withStack(runtime, options, (stack, output) =>
          send(webhookUrlOf(stack), { ...sending, headers: stack.edgeHeaders }, output),
        );
      }
      runtime.signal.throwIfAborted();
    });
}

interface Sending extends Required<Pick<PbxOptions, 'retry' | 'timeoutMs'>> {
  readonly messages: AsyncGenerator<MessageToSend>;
  /** With duplicates; nothing if nobody knows how long the file is. */
  readonly total: number | undefined;
  readonly concurrency: number;
  readonly pacer: Pacer;
  readonly duplicates: number;
  readonly malformed: MalformedKind | undefined;
  readonly headers?: PbxOptions['headers'];
  readonly signal: AbortSignal;
}

async function send(url: string, sending: Sending, output: Output): Promise<void> {
  const { messages, total, concurrency, pacer, duplicates, signal } = sending;
  // Each request under way listens to it.
  setMaxListeners(0, signal);
  output.note(`To ${maskUrl(url)}`);
  using progress = output.progress('Sending');
  // A row a message would hide those that fail.
  const showsFailuresOnly = output.isTerminal && (total ?? Number.POSITIVE_INFINITY) > MAX_ROWS;
  const view = attemptsView(output, { progress, showsFailuresOnly });
  let started = 0;
  let sent = 0;
  let delivered = 0;
  const show = () =>
    progress.update(total && sent / total, `${sent}${total ? ` of ${total}` : ''} sent`);
  try {
    await inParallel(messages, concurrency, async (message) => {
      await pacer.take(1, signal);
      const form = { fields: pbxFields(url, message.fields), repeated: message.repeated };
      started += 1 + duplicates;
      const copies = Array.from({ length: 1 + duplicates }, (_, copy) =>
        sendOne(url, form, copy, sending, view),
      );
      const results = await Promise.all(copies);
      sent += results.length;
      delivered += results.filter((result) => result.delivered).length;
      if (showsFailuresOnly) show();
    });
  } finally {
    progress.clear();
    output.note(summary({ delivered, sent, started, total, isStopped: signal.aborted }));
  }
  if (delivered === sent) return;
  throw new CliError(
    EXIT.failed,
    `${sent - delivered} of ${sent} were not delivered: the PBX e-mails them.`,
    'docs/errors.md says what each answer means.',
  );
}

interface Counts {
  readonly delivered: number;
  readonly sent: number;
  readonly started: number;
  readonly total: number | undefined;
  readonly isStopped: boolean;
}

/** A stopped run says what has not gone out. */
function summary({ delivered, sent, started, total, isStopped }: Counts): string {
  if (!isStopped) return `${delivered} of ${sent} delivered.`;
  const counts = [
    total === undefined ? `${delivered} delivered` : `${delivered} of ${total} delivered`,
    sent > delivered && `${sent - delivered} not delivered`,
    started > sent && `${started - sent} uncertain`,
    total !== undefined && `${total - started} not sent`,
  ];
  return `Stopped: ${counts.filter(Boolean).join(', ')}.`;
}

async function sendOne(
  url: string,
  form: Pick<PbxOptions, 'fields' | 'repeated'>,
  copy: number,
  { retry, timeoutMs, malformed, headers, signal }: Sending,
  view: AttemptsView,
): Promise<PbxResult> {
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
  return result;
}

interface AttemptsView {
  attempt(messageId: string, number: number, attempt: PbxAttempt): void;
  result(messageId: string, copy: number, result: PbxResult): Promise<void>;
}

/** For people a line an attempt, as it is made; for scripts a document a message. Some endpoints answer with their URL. */
function attemptsView(
  output: Output,
  {
    progress,
    showsFailuresOnly,
  }: { readonly progress: Progress; readonly showsFailuresOnly: boolean },
): AttemptsView {
  if (output.isJson) {
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
  const table = output.table([
    { title: 'ID', width: 36 },
    { title: 'ATTEMPT', width: 7, align: 'right' },
    { title: 'STATUS', width: 8 },
    { title: 'TIME', width: 8, align: 'right' },
    { title: 'ANSWER' },
  ]);
  let printing = Promise.resolve();
  return {
    attempt: (messageId, number, attempt) => {
      const isAnswer = 'status' in attempt;
      const status = isAnswer ? String(attempt.status) : 'none';
      const isDelivered = isAnswer && attempt.status === 200;
      if (isDelivered && showsFailuresOnly) return;
      const colour = isDelivered ? 'green' : 'red';
      const row = [
        printable(messageId),
        String(number),
        output.style(colour, status),
        { shown: `${attempt.ms} ms`, value: String(attempt.ms) },
        printable(isAnswer ? maskTokens(attempt.body) : attempt.error),
      ];
      printing = printing.then(() => {
        progress.clear();
        return table.write([row]);
      });
      // It is for `result` to fail.
      printing.catch(() => {});
    },
    result: () => printing,
  };
}
