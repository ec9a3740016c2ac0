import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { FICTITIOUS, MALFORMED_KINDS } from '../../pbx-simulator/request.ts';
import { MAX_ATTEMPTS, RETRY_DELAY_MS, TIMEOUT_MS } from '../../pbx-simulator/simulator.ts';
import { useProxies } from '../aws-http.ts';
import { usageError } from '../cli-error.ts';
import { CALLED, stackCommand, withStack } from '../command.ts';
import { FollowedDeliveries } from '../followed-deliveries.ts';
import { wholeNumber } from '../message-options.ts';
import { messagesOfCsv, repeated } from '../messages-to-send.ts';
import { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { sendMessages, webhookUrlOf } from '../sending.ts';

/** `inbound-sms send` */
export function sendCommand(runtime: Runtime) {
  return stackCommand(runtime, 'send', {
    summary: 'send messages as the PBX does',
    description:
      "Posts the form of the provider's guide by its rules: only 200 means delivered. After any other answer it tries again, 10 attempts in all. Then a real PBX e-mails the message. The stack stores and publishes the messages like real ones. The command waits up to 10 seconds for the subscribers of settings.yml, and shows each delivery. The default numbers are fictitious.\nThe exit code is 1 if a message was not delivered.",
    // A withheld number or a message without words is valid.
    mayBeEmpty: ['--from', '--to', '--body'],
    examples: [
      ['--local', 'one message to the local stack'],
      [
        '--url https://ENDPOINT/sms/test --body "Hello" --from +61491570006',
        'one message to any endpoint',
      ],
      ['--local --duplicates 3', 'a message and three copies at once'],
      ['--local --malformed repeated-field --attempts 1', 'a request that a webhook must refuse'],
      ['--local --csv messages.csv --rate 20 --concurrency 5', 'a file, 20 messages a second'],
    ],
  })
    .addOption(
      new Option('--url <url>', 'post to this webhook, instead of the one of a stack')
        .argParser(parseUrl)
        .conflicts(['local', 'stage', 'stack', 'region', 'profile']),
    )
    .option('--from <number>', `number or name of the sender (${FICTITIOUS.from})`)
    .option('--to <number>', `number of the recipient (${FICTITIOUS.sms_number})`)
    .option('--body <text>', 'text of the message ("Test Message")')
    .option('--id <id>', 'message_id (a new UUID for each message)')
    .option('--field <name=value>', 'another field of the form; may be repeated', parseField)
    .option(
      '--csv <file>',
      'send each row of a CSV file, whose first line names the fields; - is stdin',
    )
    .option('--exact', "with --csv: a ' before a formula or a number is part of the text")
    .option('--count <count>', 'send this many messages', wholeNumber)
    .option('--duplicates <count>', 'send this many copies with each message, at once', wholeNumber)
    .addOption(
      new Option('--malformed <kind>', 'send a request that a webhook must refuse').choices(
        MALFORMED_KINDS,
      ),
    )
    .option('--rate <count>', 'send at most this many messages a second', wholeNumber)
    .option('--concurrency <count>', 'send this many messages at once', wholeNumber, 1)
    .option('--attempts <count>', 'make at most this many attempts', wholeNumber, MAX_ATTEMPTS)
    .option(
      '--retry-delay <seconds>',
      'wait this long between attempts',
      secondsFrom(0),
      RETRY_DELAY_MS / 1000,
    )
    .option(
      '--timeout <seconds>',
      'wait this long for an answer',
      secondsFrom(0.001),
      TIMEOUT_MS / 1000,
    )
    .action(async (options) => {
      const { url, csv, count, id, concurrency, duplicates = 0, malformed } = options;
      if (csv !== undefined && count !== undefined) {
        throw usageError('--count cannot be used with --csv, which has its own messages.');
      }
      if (id !== undefined && (csv ?? count) !== undefined) {
        throw usageError(
          '--id is for one message. To send the same message again, use --duplicates.',
        );
      }
      if (options.exact && csv === undefined) throw usageError('--exact needs --csv.');
      const fields = fieldsOf(options);
      runtime.goOnUnread();
      const output = new Output(runtime, options);
      const note = (text: string) => output.note(text);
      const sending = {
        messages:
          csv === undefined
            ? repeated(fields, count ?? 1)
            : await messagesOfCsv(csv, runtime, { fields, isExact: options.exact, note }),
        total: csv === undefined ? (count ?? 1) * (1 + duplicates) : undefined,
        concurrency,
        rate: options.rate ?? Number.POSITIVE_INFINITY,
        duplicates,
        malformed,
        retry: { attempts: options.attempts, delayMs: options.retryDelay * 1000 },
        timeoutMs: options.timeout * 1000,
        signal: runtime.signal,
      };
      if (url !== undefined) {
        useProxies(runtime.environment);
        await sendMessages(url, sending, output);
      } else {
        await withStack(runtime, options, async (stack) => {
          const deliveries = new FollowedDeliveries(stack, output);
          const { edgeHeaders: headers } = stack;
          const onDelivered = (id: string) => deliveries.follow(id);
          try {
            const url = await webhookUrlOf(stack);
            await sendMessages(url, { ...sending, headers, onDelivered }, output);
          } finally {
            // Also if some of the messages were not delivered.
            if (!runtime.signal.aborted) await deliveries.show();
          }
        });
      }
      runtime.signal.throwIfAborted();
    });
}

type Fields = Readonly<Record<string, string>>;

interface FieldOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly body?: string | undefined;
  readonly id?: string | undefined;
  readonly field?: Fields | undefined;
}

/** The fields of the form that the options name, under the provider's names. */
export function fieldsOf({ from, to, body, id, field }: FieldOptions): Fields {
  const named = { from, sms_number: to, body, message_id: id };
  const given = Object.entries(named).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...Object.fromEntries(given), ...field };
}

/** @throws {InvalidArgumentError} For the parser to say. */
export function parseField(text: string, before: Fields = {}): Fields {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('It must be NAME=VALUE.');
  }
  return { ...before, [name]: value };
}

/** @throws {CliError} The parser's own error would quote the value, which may hold a token. */
export function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw usageError('--url must be an http or https URL.', `See: ${CALLED} send --help`);
}

/** Reads seconds, to the millisecond. What it returns throws an {@link InvalidArgumentError}, for the parser to say. */
export function secondsFrom(min: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,5}(\.\d{1,3})?$/.test(text) && Number(text) >= min) return Number(text);
    throw new InvalidArgumentError(
      `It must be seconds from ${min} to 99999.999, such as 5 or 0.2, with three decimals at most.`,
    );
  };
}
