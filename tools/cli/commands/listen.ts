import { Option } from '@commander-js/extra-typings';
import { SecretMalformed, SIGNING_BYTES, webhooksOf } from '../../../lib/forwarding/https.ts';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import { CALLED, calledOn, stackCommand, withStack } from '../command.ts';
import { quoted } from '../find-stack.ts';
import { heardFromArchive } from '../listen/heard-message.ts';
import { listen } from '../listen/listen.ts';
import { ListenFile } from '../listen/listen-file.ts';
import { POST_FORMATS } from '../listen/receiver.ts';
import { Results } from '../listen/results.ts';
import { wantedBy } from '../listen/wanted.ts';
import {
  fromOption,
  messageFormatOf,
  sinceOption,
  toOption,
  wholeNumber,
} from '../message-options.ts';
import type { Runtime } from '../runtime.ts';

/** `inbound-sms listen` */
export function listenCommand(runtime: Runtime) {
  return stackCommand(runtime, 'listen', {
    summary: 'post what a stack receives to your machine',
    description:
      'It posts each message to the URL once it is published, one at a time, and shows the answer. With --since it begins with stored messages; then it goes on live. Without an answer it posts a message again until there is one. A message that was answered with an error is not posted again.\nThe requests are those of a subscriber of the kind https, signed with a secret that it prints, or with --format sns those of SNS. It takes the secret from INBOUND_SMS_SECRET if that is set. SNS signs only what comes live.\nIt subscribes a queue of its own to the topic and removes both when it ends. If it is killed, the next `listen` or `tail` removes them. Other subscribers notice nothing.',
    examples: [
      ['--forward-to http://localhost:8080/sms --stage prod', 'from now on, until Ctrl-C'],
      ['--forward-to http://localhost:8080/sms --stage prod --since 1h', 'the last hour first'],
      ['--forward-to http://localhost:8080/sms --stage prod --resume', 'where the last one ended'],
      ['--forward-to http://localhost:8080/sms --stage prod --subscriber crm', 'what crm gets'],
    ],
  })
    .requiredOption('--forward-to <url>', 'the URL that gets the messages')
    .addOption(
      new Option('--format <format>', 'post as the forwarder does, or as SNS does')
        .choices(POST_FORMATS)
        .default(POST_FORMATS[0]),
    )
    .addOption(sinceOption())
    .addOption(
      new Option('--resume', 'go on where the last `listen` to this URL ended').conflicts('since'),
    )
    .addOption(fromOption())
    .addOption(toOption())
    .option('--filter <json>', 'those that this filter lets through, as in settings.yml')
    .option('--subscriber <name>', 'those that the filter of this subscriber lets through')
    .option('--limit <count>', 'end after this many', wholeNumber)
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { forwardTo: url, format = 'https', since, resume } = options;
        const { limit = Number.POSITIVE_INFINITY } = options;
        checkUrl(url);
        if (since && since.start > Date.now()) throw usageError('--since is in the future.');
        const { name: stackName, topicArn, webhookBaseUrl } = stack;
        const toNotification = notificationsIn(messageFormatOf(stack, undefined));
        const isWanted = await wantedBy(options, stack, output.signal);
        const place = { stackName, topicArn, webhookBaseUrl, forwardTo: url };
        const file = await ListenFile.open(runtime.projectDirectory, place);
        const given = givenSecret(runtime);
        const results = new Results(output, limit);
        const again = `listen --forward-to ${quoted(url)}${choiceOf(options)} --resume`;
        const start = resume ? file.progress : since?.start;
        if (resume && !start) output.note('There is nothing to resume. It begins now.');
        try {
          await listen({
            ...{ stack, output, file, start, isWanted, results },
            read: (message) => heardFromArchive(message, toNotification, topicArn),
            receiver: { url, format, secret: given ?? file.secret, topicArn },
            madeSecret: given === undefined ? file.secret : undefined,
          });
        } finally {
          results.end(calledOn(stack, again));
        }
      }),
    );
}

/** @throws {CliError} It does not quote the URL, which may hold a token. */
function checkUrl(url: string): void {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return;
  throw usageError('--forward-to must be an http or https URL.', `See: ${CALLED} listen --help`);
}

/** The options that say what is posted, and how, for the command that goes on. */
function choiceOf(options: {
  readonly format?: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly filter?: string | undefined;
  readonly subscriber?: string | undefined;
}): string {
  const { format, from, to, filter, subscriber } = options;
  const given = { ...(format !== POST_FORMATS[0] && { format }), from, to, filter, subscriber };
  return Object.entries(given)
    .flatMap(([name, value]) => (value === undefined ? [] : [` --${name} ${quoted(value)}`]))
    .join('');
}

/** @throws {CliError} If it cannot sign. No error quotes it. */
function givenSecret({ environment }: Runtime): string | undefined {
  const given = environment.INBOUND_SMS_SECRET?.trim();
  if (!given) return undefined;
  try {
    webhooksOf(given);
    return given;
  } catch (error) {
    if (!(error instanceof SecretMalformed)) throw error;
    const { min, max } = SIGNING_BYTES;
    throw new CliError(
      EXIT.usage,
      `INBOUND_SMS_SECRET is not base64 of ${min} to ${max} bytes, with or without whsec_ before it.`,
      'Give the secret that your receiver verifies with, or unset it.',
    );
  }
}
